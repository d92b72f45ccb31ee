"""Names that a module does not have, when its names are loaded as they are asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def missing_name(module: str, name: str, why: Callable[[], str]) -> AttributeError | ImportError:
    """Return what a module's ``__getattr__`` raises for a name that it does not have.

    ``from module import name`` would replace an :class:`AttributeError` by one that has lost its words, so it gets an
    :class:`ImportError`; everything else, ``hasattr`` above all, needs an :class:`AttributeError`. Nobody reads the
    words where Python itself asks, for its own names and for submodules that it is about to import.

    Args:
        module: The module's name.
        name: The name that it was asked for.
        why: Returns sentences that say so, and what to do.

    Example:
        >>> missing_name("shop", "ordres", lambda: "There is no 'ordres' in shop. Did you mean 'orders'?")
        AttributeError("There is no 'ordres' in shop. Did you mean 'orders'?")
    """
    asking = sys._getframe(2)
    if name.startswith("__") or asking.f_code.co_name == "_handle_fromlist":
        return AttributeError(f"module {module!r} has no attribute {name!r}", name=name)
    if _is_from_import(asking):
        return ImportError(why(), name=module)
    return AttributeError(why(), name=name)


def _is_from_import(frame: FrameType | None) -> bool:
    if frame is None or frame.f_lasti < 0:
        return False
    import opcode

    return frame.f_code.co_code[frame.f_lasti] == opcode.opmap["IMPORT_FROM"]
