"""One description of a method, from which the plain client gets one that answers and the async one that is awaited."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from service.calls.call import Call
from service.calls.exchange import Flow, Send
from service.calls.transports import AsyncTransport, PlainTransport

P = ParamSpec("P")
T = TypeVar("T")


class Operation(Generic[P, T]):
    """A method that is one call."""

    def __init__(self, call: Callable[P, Call[T]]) -> None:
        self.call, self.__doc__ = call, call.__doc__

    @overload
    def __get__(self, client: None, owner: type[Any]) -> "Operation[P, T]": ...
    @overload
    def __get__(self, client: PlainTransport, owner: type[Any]) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: AsyncTransport, owner: type[Any]) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, client: Any, owner: type[Any]) -> Any:
        """The method of that client."""
        if client is None:
            return self

        def method(*args: P.args, **more: P.kwargs) -> Any:
            return client.run(client.sending(self.call(*args, **more)))

        return _told(method, self.call)


class Task(Generic[P, T]):
    """A method that takes several calls; `steps` is given the client's way of sending and its largest batch."""

    def __init__(self, steps: Callable[Concatenate[Send, int, P], Flow[T]]) -> None:
        self.steps, self.__doc__ = steps, steps.__doc__

    @overload
    def __get__(self, client: None, owner: type[Any]) -> "Task[P, T]": ...
    @overload
    def __get__(self, client: PlainTransport, owner: type[Any]) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: AsyncTransport, owner: type[Any]) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, client: Any, owner: type[Any]) -> Any:
        """The method of that client."""
        if client is None:
            return self

        def method(*args: P.args, **more: P.kwargs) -> Any:
            return client.run(self.steps(client.sending, client.max_batch, *args, **more))

        return _told(method, self.steps)


class Pages(Generic[P, T]):
    """A method that gives row after row, and asks for the next page when one is used up."""

    def __init__(self, steps: Callable[Concatenate[Send, P], Flow[None]], row: type[T]) -> None:
        self.steps, self.row, self.__doc__ = steps, row, steps.__doc__

    @overload
    def __get__(self, client: None, owner: type[Any]) -> "Pages[P, T]": ...
    @overload
    def __get__(self, client: PlainTransport, owner: type[Any]) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: AsyncTransport, owner: type[Any]) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, client: Any, owner: type[Any]) -> Any:
        """The method of that client."""
        if client is None:
            return self

        def method(*args: P.args, **more: P.kwargs) -> Any:
            return client.each(self.steps(client.sending, *args, **more))

        return _told(method, self.steps)


def _told(method: Callable[..., Any], of: Callable[..., Any]) -> Callable[..., Any]:
    """For `help`: the method says what its description says."""
    method.__doc__, method.__name__ = of.__doc__, of.__name__
    return method
