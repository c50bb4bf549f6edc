"""The page itself: its one document at each of its addresses, and the files it loads.

They hold no secret, so they need no token; what they show does.
"""

from __future__ import annotations

import mimetypes
from importlib import resources
from pathlib import Path

from flask import Blueprint, Response, abort

api = Blueprint("page", __name__)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
    " media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
INDEX = "index.html"


def built() -> Path | None:
    """The folder of the built page: the wheel's, or that of a checkout; None if there is none."""
    carried = Path(str(resources.files("backend") / "page"))
    beside = Path(__file__).parents[2] / "web" / "dist"
    return next((folder for folder in (carried, beside) if (folder / INDEX).is_file()), None)


def _files(folder: Path) -> dict[str, Path]:
    """Every file of the page by its address. Nothing else can be asked for, whatever the path."""
    return {
        file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()
    }


@api.get("/")
@api.get("/sessions/<session>")
@api.get("/sessions/<session>/processing")
@api.get("/queue")
@api.get("/settings")
def show_page(session: str | None = None) -> Response:
    """The document, whatever part of it the address names."""
    return _send(INDEX)


@api.get("/assets/<name>")
def send_asset(name: str) -> Response:
    return _send(f"assets/{name}")


@api.get("/favicon.svg")
def send_icon() -> Response:
    return _send("favicon.svg")


def _send(name: str) -> Response:
    folder = built()
    if folder is None:
        if name != INDEX:
            abort(404)
        return Response(NOT_BUILT, 503, content_type="text/plain; charset=utf-8")
    file = _files(folder).get(name)
    if file is None:
        abort(404)
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind == "application/javascript":
        kind += "; charset=utf-8"
    headers = {"Content-Security-Policy": POLICY}
    if name.startswith("assets/"):
        # Names carry a hash of what is in them.
        headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return Response(file.read_bytes(), 200, headers, content_type=kind)


NOT_BUILT = (
    "The page has not been built. In a checkout, `make page` builds it; the `rushes` command does"
    " everything without it.\n"
)
