"""Paths beside the code that names them."""

from __future__ import annotations

import os


def file_relative_path(dunderfile: str, relative_path: str) -> str:
    """Return a path relative to the folder of a Python file.

    Args:
        dunderfile: The file: ``__file__``.
        relative_path: The path from its folder.

    Example:
        >>> file_relative_path("/srv/shop/definitions.py", "data/orders.csv")
        '/srv/shop/data/orders.csv'
    """
    return os.path.join(os.path.dirname(dunderfile), relative_path)
