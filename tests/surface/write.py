"""Writes what follows from the table of public names anew: ``python -m tests.surface.write``.

The stub ``earmark/__init__.pyi`` and the list of names that are not there yet; tests hold both to the table.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import earmark
import earmark.dagster

HEADER = '"""What type checkers read instead of the lazy table of ``__init__.py``; a test holds the two together."""'


def stub() -> str:
    by_module: dict[str, list[str]] = defaultdict(list)
    for name, module in earmark._EXPORTS.items():
        by_module[module].append(name)
    imports = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(by_module.items())]
    listed = "".join(f'    "{name}",\n' for name in sorted(earmark._EXPORTS))
    table = "__version__: str\n_EXPORTS: dict[str, str]\n"
    return "\n".join([HEADER, "", *imports, "", table, f"__all__ = [\n{listed}]", ""])


if __name__ == "__main__":
    Path(__file__).with_name("not_yet.txt").write_text("\n".join(sorted(earmark.dagster.not_yet())) + "\n")
    target = Path(earmark.__file__).with_suffix(".pyi")
    target.write_text(stub())
    ruff = Path(sys.executable).with_name("ruff")
    subprocess.run([ruff, "check", "--quiet", "--fix", target], check=True)
    subprocess.run([ruff, "format", "--quiet", target], check=True)
