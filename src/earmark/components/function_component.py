"""A component that runs a Python function."""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from earmark.components.asset_attributes import OpSpec
from earmark.components.executable import ExecutableComponent
from earmark.components.load_context import ComponentLoadContext
from earmark.components.resolution_context import ResolutionContext
from earmark.components.resolver import Resolver
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.values.errors import did_you_mean


def _function(context: ResolutionContext, name: str) -> Callable[..., Any]:
    """Return the function of a full name, or of one with a leading dot: counted from the folder, or the one above."""
    module_name, _, last = name.rpartition(".")
    bases = [""]
    if name.startswith("."):
        place: ComponentLoadContext = context.scope["context"]
        own = place.defs_relative_module_name(place.path)
        module_name = module_name.lstrip(".")
        bases = [f"{own}.", f"{own.rpartition('.')[0]}."]
    for base in bases:
        try:
            module = importlib.import_module(f"{base}{module_name}".strip("."))
        except ModuleNotFoundError as error:
            if error.name is None or not f"{base}{module_name}.".startswith(f"{error.name}."):
                raise
            continue
        found = getattr(module, last, None)
        if not callable(found):
            functions = [key for key, value in vars(module).items() if callable(value)]
            raise context.error(f"{module.__name__} has no function {last!r}.{did_you_mean(last, functions)}")
        return found  # type: ignore[no-any-return]
    raise context.error(
        f"There is no module {module_name!r} for {name!r}.",
        "Write module.function, or .module.function beside the file.",
    )


Named = Annotated[Callable[..., Any], Resolver(_function, model_field_type=str)]


@dataclass(kw_only=True)
class FunctionSpec(OpSpec):
    """A function as a step.

    Args:
        type: ``function``.
        fn: The function; in YAML its full name, or a name with a leading dot.
    """

    type: Literal["function"] = "function"
    fn: Named


def _execution(context: ResolutionContext, written: Any) -> Any:
    if isinstance(written, str):
        return _function(context, written)
    return FunctionSpec.resolve_from_model(context, written)


class FunctionComponent(ExecutableComponent):
    """A Python function, and the assets and checks that it writes and judges.

    The function is like that of a ``@multi_asset``: it takes a context, ``config``, resources, and returns or yields
    ``MaterializeResult`` and ``AssetCheckResult`` objects.

    Args:
        assets: The assets that it writes.
        checks: The checks that it judges.
        execution: The function. In YAML: its full name, one with a leading dot that is counted from the folder of
            the file, or a mapping with ``fn``, ``name``, ``tags``, ``pool`` and so on.

    Example:
        >>> def load(context: em.AssetExecutionContext):
        ...     return em.MaterializeResult(metadata={"rows": 3})
        >>> component = em.FunctionComponent(execution=load, assets=[em.AssetSpec("orders", tags={"domain": "sales"})])
        >>> defs = em.build_defs_for_component(component)
        >>> em.materialize(defs.assets).success
        True
    """

    execution: Annotated[
        FunctionSpec | Callable[..., Any], Resolver(_execution, model_field_type=str | FunctionSpec.model())
    ] = Field(description="The function that does the work.")

    @property
    def op_spec(self) -> OpSpec:
        """The step: what was written, or the function's name."""
        return self.execution if isinstance(self.execution, FunctionSpec) else OpSpec()

    @property
    def function(self) -> Callable[..., Any]:
        """The function that does the work."""
        return self.execution.fn if isinstance(self.execution, FunctionSpec) else self.execution

    def step_name(self) -> str:
        """Return the function's name."""
        return str(getattr(self.function, "__name__", super().step_name()))

    def invoke_execute_fn(self, context: Any, component_load_context: ComponentLoadContext) -> Iterable[Any]:
        """Call the function with the context alone, as a test may."""
        return self.function(context)  # type: ignore[no-any-return]

    def build_underlying_assets_def(self, component_load_context: ComponentLoadContext) -> AssetsDefinition:
        """Return the function as the definition of its assets and checks, with all that it takes."""
        return self.step_of(self.function)
