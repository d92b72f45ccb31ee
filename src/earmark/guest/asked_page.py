"""A page of memory by which a process tells another which condition it asks, with no word sent for it."""

from __future__ import annotations

import mmap
import struct

_HEAD = struct.Struct("=dH")
_SIZE = 4096


class AskedPage:
    """Says which condition a process asks just now; made before the process is forked, and shared with it.

    Example:
        >>> page = AskedPage()
        >>> page.read() is None
        True
        >>> page.say("own:OnWeekdays", 12.5)
        >>> page.read()
        ('own:OnWeekdays', 12.5)
        >>> page.close()
    """

    def __init__(self) -> None:
        self._map = mmap.mmap(-1, _SIZE)

    def say(self, kind: str | None, deadline: float) -> None:
        """Tell which kind of condition is asked from now on, if any, and when its time is over."""
        name = (kind or "").encode()[: _SIZE - _HEAD.size]
        _HEAD.pack_into(self._map, 0, 0.0, 0)
        self._map[_HEAD.size : _HEAD.size + len(name)] = name
        # Last, so that whoever reads meanwhile finds nothing rather than half a name.
        _HEAD.pack_into(self._map, 0, deadline, len(name))

    def read(self) -> tuple[str, float] | None:
        """Return which kind of condition is asked, and when its time is over; ``None`` if none is."""
        deadline, length = _HEAD.unpack_from(self._map, 0)
        if not length:
            return None
        return self._map[_HEAD.size : _HEAD.size + length].decode(errors="replace"), deadline

    def close(self) -> None:
        """Let go of the memory."""
        self._map.close()
