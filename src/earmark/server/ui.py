"""Serving the built UI: files with hashed names for ever, one page for every address of the client's own."""

from __future__ import annotations

import asyncio
import gzip
import html
import mimetypes
from functools import lru_cache
from pathlib import Path

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from earmark.server.addresses import names_something
from earmark.server.options import ServerOptions
from earmark.server.pages import Pages
from earmark.server.verbs import AnyRequest
from earmark.values.errors import StoreError
from earmark.views.faults import NotFoundError

HASHED = "assets-ui"
"""The folder of files whose names change with their content."""

_FOREVER = "public, max-age=31536000, immutable"
_COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg", "application/wasm")
_ABSENT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Earmark</title></head>
<body style="font-family: system-ui; max-width: 42rem; margin: 4rem auto; line-height: 1.5">
<h1>The web UI is not built</h1>
<p>This server works, and its API answers under <a href="api/status">api/</a>; only the pages are missing.</p>
<p>In a checkout, build them once with:</p>
<pre>cd web
npm ci
npm run build</pre>
<p>or install Earmark without <code>EARMARK_SKIP_UI=1</code>. A released wheel carries the pages.</p>
</body></html>
"""


def ui_handler(options: ServerOptions, pages: Pages) -> HTTPRouteHandler:
    """Return the handler of every address outside the API.

    An address that names nothing is answered by the same page, which tells the person; the status tells all others.

    Args:
        options: Where the built UI lies, and under which prefix it is served.
        pages: The instance, asked whether there is what an address names.
    """
    root = options.ui.resolve()

    # A coroutine: Litestar wraps a plain function once for each of its addresses, and answers with the wrapper's.
    @get(["/", "/{path:path}"], include_in_schema=False, name="ui", is_sent_as_it_is=True)
    async def serve(request: AnyRequest) -> Response[bytes]:
        return await asyncio.to_thread(answer, request)

    def answer(request: AnyRequest) -> Response[bytes]:
        name = str(request.path_params.get("path", "")).strip("/")
        is_hashed = name.startswith(f"{HASHED}/")
        file = file_of(root, name)
        if file is not None:
            return _file(file, is_hashed, request.headers.get("accept-encoding", ""))
        if is_hashed:
            raise NotFoundError(f"There is no file {name!r}.")
        return _page(root, options.prefix, status(request))

    def status(request: AnyRequest) -> int:
        sent = request.scope["raw_path"].partition(b"?")[0].decode("latin-1")
        is_known = request.scope.get("access") is not None
        try:
            found = names_something(pages if is_known else None, sent)
        except StoreError:
            return 503
        return 200 if found else 404

    return serve


def file_of(root: Path, name: str) -> Path | None:
    """Return the file of a name inside the folder of the UI; ``None`` for one that is not there, or lies outside."""
    if not name or name == "index.html" or "\x00" in name:
        return None
    try:
        file = (root / name).resolve()
        return file if file.is_relative_to(root) and file.is_file() else None
    except (OSError, ValueError):
        return None


def _page(root: Path, prefix: str, status: int) -> Response[bytes]:
    index, text = root / "index.html", _ABSENT
    if index.is_file():
        base = f'<base href="{html.escape(prefix, quote=True)}">'
        text = index.read_text(encoding="utf-8").replace('<base href="/">', base).replace('<base href="/" />', base)
    headers = {"Cache-Control": "no-cache"}
    return Response(text.encode(), status_code=status, media_type="text/html", headers=headers)


def _file(file: Path, hashed: bool, accepted: str) -> Response[bytes]:
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    headers = {"Cache-Control": _FOREVER if hashed else "no-cache", "Vary": "Accept-Encoding"}
    if kind.startswith(_COMPRESSED) or kind == "text/javascript":
        for suffix, coding in ((".br", "br"), (".gz", "gzip")):
            ready = file.with_name(file.name + suffix)
            if coding in accepted and ready.is_file():
                return Response(ready.read_bytes(), media_type=kind, headers={**headers, "Content-Encoding": coding})
        if "gzip" in accepted:
            body = _gzipped(file, file.stat().st_mtime_ns)
            return Response(body, media_type=kind, headers={**headers, "Content-Encoding": "gzip"})
    return Response(file.read_bytes(), media_type=kind, headers=headers)


@lru_cache(maxsize=256)
def _gzipped(file: Path, changed: int) -> bytes:
    """Return a file compressed; ``changed`` is part of the key, so that a new build is seen."""
    return gzip.compress(file.read_bytes(), 6)
