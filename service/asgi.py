"""What pure ASGI middleware needs of a request."""

from starlette.types import Scope


def first_header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of a name, in lower case; None where there is none."""
    for one, value in scope["headers"]:
        if one == name:
            found: bytes = value
            return found
    return None
