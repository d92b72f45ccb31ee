"""The OpenAPI document, from which the web's types are generated: ``python -m earmark.server.openapi FILE``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from earmark.server.app import make_app
from earmark.server.options import ServerOptions
from earmark.store.open import open_store
from earmark.system.clock import now
from earmark.views.ports import LocationState


class _NoLocations:
    version = 0

    def locations(self) -> Sequence[LocationState]:
        return ()

    def reload(self, name: str) -> None:
        raise NotImplementedError

    def ask(self, location: str, kind: str, payload: dict[str, Any], seconds: float = 60.0) -> dict[str, Any]:
        raise NotImplementedError


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document of the API."""
    store = open_store("memory://", clock=now)
    try:
        app = make_app(store, _NoLocations(), ServerOptions(Path(".")))
        return app.openapi_schema.to_schema()
    finally:
        store.close()


def write_openapi(path: Path) -> None:
    """Write the OpenAPI document, its keys sorted so that it only changes where the API does."""
    path.write_text(json.dumps(openapi_document(), indent=2, sort_keys=True, default=str) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_openapi(Path(sys.argv[1]))
