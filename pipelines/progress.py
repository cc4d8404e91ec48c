"""How a step says where it is. A step takes one callable; who calls the step decides what is shown."""

from collections.abc import Callable

Progress = Callable[[str, float | None], None]
"""Called as `progress(what, done)`: what is being done, and which part of it is, 0 to 1; None where nobody can tell."""


def quiet(what: str, done: float | None = None) -> None:
    """Say nothing."""
