"""The API's interactive pages at `/docs`: Swagger UI from files of this machine, so they work without a network.

Swagger UI (Apache-2.0) comes in the package fastapi-offline (MIT). The pages are open, as `/openapi.json` is: they hold
no data, and what they ask for needs a key as ever.
"""

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

ADDRESS = "/docs"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""What a browser may load: scripts and styles of this service, none that stand in a page, nothing from elsewhere."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_OURS = Path(__file__).parent / "pages"
_THEIRS = Path(str(files("fastapi_offline"))) / "static"
_FILES = {
    "start.js": _OURS / "start.js",
    "swagger-ui.css": _THEIRS / "swagger-ui.css",
    "swagger-ui-bundle.js": _THEIRS / "swagger-ui-bundle.js",
}


def install(app: FastAPI) -> None:
    """Add the pages to an app."""
    app.add_route(ADDRESS, _page, include_in_schema=False)
    app.add_route(f"{ADDRESS}/{{name}}", _part, include_in_schema=False)


async def _page(_request: Request) -> Response:
    return FileResponse(_OURS / "docs.html", headers=HEADERS)


async def _part(request: Request) -> Response:
    path = _FILES.get(request.path_params["name"])
    if path is None:
        raise HTTPException(404)
    return FileResponse(path, headers=HEADERS)
