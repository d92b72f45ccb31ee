"""Components that run a Python script in a process of its own."""

import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from earmark.components.asset_attributes import OpSpec
from earmark.components.executable import ExecutableComponent
from earmark.components.load_context import ComponentLoadContext
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.execute.pipes.subprocess_client import PipesSubprocessClient
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterSubprocessError, did_you_mean


@dataclass(kw_only=True)
class ScriptSpec(OpSpec):
    """A script as a step.

    Args:
        type: ``script``.
        path: The script, from the folder of the YAML file.
        args: Its arguments.
    """

    type: Literal["script"] = "script"
    path: str
    args: list[str] | None = None


class _ScriptComponent(ExecutableComponent):
    execution: ScriptSpec

    @property
    def op_spec(self) -> OpSpec:
        """The step: what was written, or the script's name."""
        return self.execution

    def step_name(self) -> str:
        """Return the script's name."""
        return "".join(letter if letter.isalnum() else "_" for letter in Path(self.execution.path).stem)

    def script(self, component_load_context: ComponentLoadContext) -> Path:
        """Return the script's file.

        Raises:
            DagsterInvalidDefinitionError: There is none.
        """
        place = component_load_context.path
        folder = place.parent if place.is_file() else place
        path = (folder / self.execution.path).resolve()
        if path.is_file():
            return path
        scripts = [one.name for one in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise DagsterInvalidDefinitionError(
            f"There is no script {self.execution.path!r} in {folder}.{did_you_mean(path.name, scripts)}"
        )

    def build_underlying_assets_def(self, component_load_context: ComponentLoadContext) -> AssetsDefinition:
        """Return the script as the definition of its assets and checks.

        Raises:
            DagsterInvalidDefinitionError: The script is not there.
        """
        self.script(component_load_context)
        return super().build_underlying_assets_def(component_load_context)

    def command(self, script: Path) -> list[str]:
        """Return the command that runs the script."""
        raise NotImplementedError

    def invoke_execute_fn(self, context: Any, component_load_context: ComponentLoadContext) -> Iterable[Any]:
        """Run the script and give what it reported.

        Raises:
            DagsterPipesExecutionError: It failed.
        """
        script = self.script(component_load_context)
        return PipesSubprocessClient().run(context=context, command=self.command(script)).get_results()


class PythonScriptComponent(_ScriptComponent):
    """A Python script, run by this interpreter in a process of its own, and the assets and checks of it.

    The script may report what it did by Pipes (``open_dagster_pipes``); assets of which it says nothing count as
    written when it ends well.

    Args:
        assets: The assets that the script writes.
        checks: The checks that it judges; it has to report them.
        execution: The script: ``path``, from the folder of the YAML file, ``args``, and ``name``, ``tags``, ``pool``
            of the step.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("load.py").write_text("print('loaded')")
        >>> component = em.PythonScriptComponent.from_attributes_dict(
        ...     attributes={"execution": {"path": "load.py"}, "assets": [{"key": "orders"}]}
        ... )
        >>> em.materialize(em.build_defs_for_component(component).assets).success
        True
    """

    def command(self, script: Path) -> list[str]:
        """Return the command that runs the script by this interpreter."""
        return [sys.executable, str(script), *(self.execution.args or [])]


class UvRunComponent(_ScriptComponent):
    """A Python script, run by ``uv run`` with the packages that it names itself, and the assets and checks of it.

    Args:
        assets: The assets that the script writes.
        checks: The checks that it judges; it has to report them.
        execution: The script, as of :class:`PythonScriptComponent`.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("load.py").write_text("print('loaded')")
        >>> component = em.UvRunComponent.from_attributes_dict(
        ...     attributes={"execution": {"path": "load.py", "args": ["--all"]}, "assets": [{"key": "orders"}]}
        ... )
        >>> component.execution.args
        ['--all']
    """

    def command(self, script: Path) -> list[str]:
        """Return the command that runs the script by uv.

        Raises:
            DagsterSubprocessError: There is no uv.
        """
        uv = shutil.which("uv")
        if uv is None:
            raise DagsterSubprocessError(
                "There is no command `uv` to run a UvRunComponent with.",
                hint="Install uv where runs are executed, or use PythonScriptComponent.",
            )
        return [uv, "run", str(script), *(self.execution.args or [])]
