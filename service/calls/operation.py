"""One description of a method, from which the plain client gets one that answers and the async one that is awaited."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from inspect import Signature, signature
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_args, overload

from service.calls.call import Call
from service.calls.exchange import Flow, Send
from service.calls.transports import AsyncTransport, PlainTransport

P = ParamSpec("P")
T = TypeVar("T")


class Operation(Generic[P, T]):
    """A method that is one call."""

    def __init__(self, call: Callable[P, Call[T]]) -> None:
        self.call, self.__doc__ = call, call.__doc__
        self.signature = _signature(call)

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

        return _told(method, self.call, self.signature)


class Task(Generic[P, T]):
    """A method that takes several calls; `steps` is given the client's way of sending and its largest batch."""

    def __init__(self, steps: Callable[Concatenate[Send, int, P], Flow[T]]) -> None:
        self.steps, self.__doc__ = steps, steps.__doc__
        self.signature = _signature(steps, without=2)

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

        return _told(method, self.steps, self.signature)


class Pages(Generic[P, T]):
    """A method that gives row after row, and asks for the next page when one is used up."""

    def __init__(self, steps: Callable[Concatenate[Send, P], Flow[None]], row: type[T]) -> None:
        self.steps, self.row, self.__doc__ = steps, row, steps.__doc__
        self.signature = _signature(steps, without=1).replace(return_annotation=Iterator[row])  # type: ignore[valid-type]

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

        return _told(method, self.steps, self.signature)


def _signature(of: Callable[..., Any], without: int = 0) -> Signature:
    """What a method takes and leads to: what its description does, but for what the client adds."""
    told = signature(of)
    led_to = get_args(told.return_annotation)[-1:] or [told.return_annotation]
    return told.replace(parameters=list(told.parameters.values())[without:], return_annotation=led_to[0])


def _told(method: Callable[..., Any], of: Callable[..., Any], takes: Signature) -> Callable[..., Any]:
    """For `help` and editors: the method says what its description says."""
    method.__doc__, method.__name__, method.__qualname__ = of.__doc__, of.__name__, of.__name__
    setattr(method, "__signature__", takes)  # noqa: B010 - a function's type has no such attribute
    return method
