"""Where the captured output of steps lies. Workers write there, the host reads."""

from __future__ import annotations

from pathlib import Path


def log_path(home: Path, run_id: str, step_key: str, stream: str) -> Path:
    """Return the file that keeps a stream (``out`` or ``err``) of a step."""
    name = "".join(c if c.isalnum() or c in "._-[]" else "_" for c in step_key)
    return home / "logs" / run_id / f"{name}.{stream}"
