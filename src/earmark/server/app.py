"""The application: one store, one set of code locations, one server."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from litestar import Litestar, get, route
from litestar.config.compression import CompressionConfig
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency, Provide
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.types import ASGIApp

from earmark.server import problems
from earmark.server.document import DocumentPlugin
from earmark.server.gate import Gate
from earmark.server.options import ServerOptions
from earmark.server.pages import Pages
from earmark.server.rates import rate_bound
from earmark.server.routes import assets, automation, deployment, jobs, launch, runs, shell, tags, tokens
from earmark.server.stream import Hub
from earmark.server.tokens import Access, Tokens
from earmark.server.ui import ui_handler
from earmark.server.verbs import AnyRequest, provide_access
from earmark.store.ports import Store
from earmark.values.errors import DagsterRunNotFoundError, did_you_mean
from earmark.values.version import __version__
from earmark.views.faults import NotFoundError
from earmark.views.ports import Locations
from earmark.views.shapes.common import Problem

_MODULES = (shell, assets, jobs, runs, launch, automation, tags, deployment, tokens)
_PROBLEMS = {
    400: "The request makes no sense.",
    401: "Nobody is logged in.",
    403: "The caller may not do that.",
    404: "There is no such thing.",
    409: "The state of the thing does not allow it.",
    413: "The body is too large.",
    422: "The body does not fit.",
    429: "Too many tries, or requests.",
    503: "The store is out of reach.",
}
_METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE]
_RESPONSES = {
    status: ResponseSpec(Problem, generate_examples=False, description=words, media_type=problems.MEDIA_TYPE)
    for status, words in _PROBLEMS.items()
}


@get("/healthz", include_in_schema=False, sync_to_thread=True)
def health(pages: NamedDependency[Pages]) -> dict[str, str]:
    """Say that the server works, reaches its store, and is of the store's version."""
    pages.store.require_same()
    return {"status": "ok"}


@route(["/api", "/api/{path:path}"], http_method=_METHODS, include_in_schema=False, sync_to_thread=False)
def nothing(request: AnyRequest) -> None:
    """Answer addresses of the API at which there is nothing, whatever is asked of them.

    Raises:
        NotFoundError: Always; it names the addresses that are near.
    """
    path = request.url.path
    known = [one.path for one in request.app.routes if one.path.startswith("/api/") and "{path:path}" not in one.path]
    written = [re.sub(r"{(\w+):\w+}", r"{\1}", one) for one in known]
    hint = "GET /api/openapi.json lists all."
    raise NotFoundError(f"There is nothing at {path}.{did_you_mean(path, written)}", hint=hint, path=path)


class Api(Litestar):
    """The application: Litestar without the plugins that it adds by itself where their libraries are installed."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        """Return what all handlers' arguments and answers are read by: they are structs.

        Litestar would load pydantic, both of its versions, to look for models of theirs in every handler: a sixth of
        what a host takes to start, and some ten megabytes of what it keeps.
        """
        return [*plugins, MsgspecDIPlugin()]


def make_app(store: Store, registry: Locations, options: ServerOptions) -> Litestar:
    """Return the application.

    Args:
        store: The store.
        registry: The code locations.
        options: How the server is set up.

    Example:
        >>> from pathlib import Path
        >>> from litestar.testing import TestClient
        >>> from earmark.store.open import open_store
        >>> from earmark.system.clock import now
        >>> class NoLocations:
        ...     version = 1
        ...
        ...     def locations(self):
        ...         return []
        >>> app = make_app(open_store("memory://", clock=now), NoLocations(), ServerOptions(Path(".")))
        >>> with TestClient(app, base_url="http://localhost") as client:
        ...     client.get("/api/status").json()["queued"]
        0
    """
    pages = Pages(store, registry, options)
    known = Tokens(store, options.session_seconds)
    hub = Hub(pages)

    def gate(app: ASGIApp, **_: Any) -> Gate:
        return Gate(app, options, known)

    @asynccontextmanager
    async def working(app: Litestar) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = options.threads
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(options.threads, "request"))
        hub.start()
        try:
            yield
        finally:
            hub.stop()

    handlers: list[HTTPRouteHandler] = [one for module in _MODULES for one in module.HANDLERS]
    for handler in handlers:
        handler.responses = {**_RESPONSES, **(handler.responses or {})}

    def always(value: Any) -> Callable[[], Any]:
        return lambda: value

    return Api(
        route_handlers=[health, nothing, ui_handler(options, pages), *handlers],
        dependencies={
            "pages": Provide(always(pages), sync_to_thread=False),
            "tokens": Provide(always(known), sync_to_thread=False),
            "hub": Provide(always(hub), sync_to_thread=False),
            "access": Provide(provide_access, sync_to_thread=False),
        },
        signature_namespace={"Pages": Pages, "Tokens": Tokens, "Hub": Hub, "Access": Access},
        middleware=[DefineMiddleware(gate), *rate_bound(options.requests_per_minute)],
        # Not what has the mark: files of the UI come compressed already, the stream is to go out change by change.
        compression_config=CompressionConfig("gzip", gzip_compress_level=5, exclude_opt_key="is_sent_as_it_is"),
        exception_handlers={**problems.HANDLERS, DagsterRunNotFoundError: _not_found(pages)},
        lifespan=[working],
        request_max_body_size=options.max_body,
        openapi_config=OpenAPIConfig(
            title="Earmark",
            version=__version__,
            path="/api/openapi.json",
            render_plugins=[DocumentPlugin(path="/")],
            use_handler_docstrings=True,
        ),
        response_headers=[ResponseHeader(name="Cache-Control", value="no-store", documentation_only=True)],
        logging_config=None,
        debug=False,
    )


def _not_found(pages: Pages) -> Callable[[AnyRequest, DagsterRunNotFoundError], Any]:
    """A run that is not there may be the beginning of an id: reading is led to the run that it means."""

    def handle(request: AnyRequest, error: DagsterRunNotFoundError) -> Any:
        run_id = str(request.path_params.get("run_id", ""))
        # A request may name another run besides; only the one in its path is looked for.
        if request.method == "GET" and run_id and error.facts.get("run_id", run_id) == run_id:
            try:
                return runs.to_whole_id(request, pages, run_id, error)
            except DagsterRunNotFoundError:
                return problems.on_own_error(request, error)
        return problems.on_own_error(request, error)

    return handle
