"""Resources as data: what a definition was given under a key, without the object itself."""

from __future__ import annotations

import msgspec

from earmark.specs.config import ConfigSpec


class ResourceSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A resource, as data.

    Args:
        key: The name under which ops and assets ask for it.
        type_name: What it is: the name of its class or function.
        description: A sentence for people.
        config: What its configuration looks like, what it was given already as defaults; ``None`` if it takes none.
        required_resources: Keys of the resources that it needs itself.
        nested: Resources it holds in its fields: from the field to the name of the class.
        is_io_manager: Whether it stores outputs and loads inputs.
    """

    key: str
    type_name: str = ""
    description: str | None = None
    config: ConfigSpec | None = None
    required_resources: frozenset[str] = frozenset()
    nested: dict[str, str] = {}
    is_io_manager: bool = False
