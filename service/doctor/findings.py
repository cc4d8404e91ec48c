"""What a check found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from recsys.errors import RecsysError

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """One line of a diagnosis."""

    check: str
    state: State
    what: str
    """What is there."""
    then: str = ""
    """What to do next; empty where all is well."""

    def line(self) -> str:
        """For people."""
        return f"{self.state:<8} {self.check:<14} {self.what}{f' → {self.then}' if self.then else ''}"


def ok(check: str, what: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", what)


def warning(check: str, what: str, then: str) -> Finding:
    """It works, but will not for ever or not for everybody."""
    return Finding(check, "warning", what, then)


def failed(check: str, what: str, then: str) -> Finding:
    """It does not work."""
    return Finding(check, "failed", what, then)


def tried(check: str, look: Callable[[], Iterator[Finding]], then: str) -> Iterator[Finding]:
    """What a look finds; an error on the way is a finding, too, and ends that look.

    Args:
        check: the name of what an error is about.
        look: yields findings.
        then: what to do about an error.
    """
    try:
        yield from look()
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        yield failed(check, " ".join(str(cause).split()) or type(cause).__name__, then)
    except (RecsysError, OSError, ValueError) as error:
        yield failed(check, str(error), then)
