"""The files that belong to one run: what its steps printed, and the values that they handed to each other."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path


def delete_run_files(home: Path, run_ids: Iterable[str]) -> None:
    """Delete the files of runs, where there are any; what was stored for assets lies elsewhere and stays.

    Raises:
        OSError: A file cannot be deleted.
    """
    for run_id in run_ids:
        for folder in (home / "logs" / run_id, home / "storage" / run_id):
            if folder.is_dir():
                shutil.rmtree(folder)
