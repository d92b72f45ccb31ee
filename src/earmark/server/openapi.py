"""The OpenAPI document, from which the web's types are generated: ``python -m earmark.server.openapi [FILE]``."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from earmark.server.app import make_app
from earmark.server.document import document_of
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
    """Return the OpenAPI document of the API.

    Its ``info`` carries ``x-shapes``, a digest of the shapes, by which generated types are known to be current.
    """
    store = open_store("memory://", clock=now)
    try:
        app = make_app(store, _NoLocations(), ServerOptions(Path(".")))
        document = document_of(app)
        document["info"]["x-shapes"] = digest_of(document["components"]["schemas"])
        return document
    finally:
        store.close()


def digest_of(shapes: dict[str, Any]) -> str:
    """Return a short digest of shapes, the same in whatever order they stand."""
    return hashlib.blake2b(json.dumps(shapes, sort_keys=True).encode(), digest_size=8).hexdigest()


def openapi_text() -> str:
    """Return the OpenAPI document as text, its keys sorted so that it only changes where the API does."""
    return json.dumps(openapi_document(), indent=2, sort_keys=True, default=str) + "\n"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(openapi_text(), encoding="utf-8")
    else:
        sys.stdout.write(openapi_text())
