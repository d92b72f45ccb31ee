"""The inputs of a step: loaded by IO managers, read from configuration, given by hand, or defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from earmark.define.function import EMPTY
from earmark.define.resources.io import is_io_manager
from earmark.define.types.type_loader import DagsterTypeLoaderContext
from earmark.define.types.types import resolve_type
from earmark.events.kinds import InputChecked, InputLoaded
from earmark.execute.io_contexts.input import InputContext
from earmark.execute.io_contexts.output import OutputContext
from earmark.execute.partition_mapping import upstream_keys
from earmark.execute.partitions import RunPartitions
from earmark.execute.resources import resource_config_of
from earmark.execute.scope import RunScope, StepScope
from earmark.plan.step import (
    FromAsset,
    FromCollected,
    FromConfig,
    FromJobInput,
    FromMany,
    FromMapped,
    FromStep,
    Step,
    StepInput,
    StepOutput,
    StepSource,
)
from earmark.specs.metadata import normalize_metadata
from earmark.specs.op import DEFAULT_IO_MANAGER
from earmark.values.errors import (
    DagsterExecutionLoadInputError,
    DagsterInvalidConfigError,
    DagsterInvalidDefinitionError,
    DagsterInvariantViolationError,
    DagsterTypeCheckDidNotPass,
    DagsterUnknownResourceError,
)
from earmark.values.keys import AssetKey

if TYPE_CHECKING:
    from earmark.partitions import PartitionsDefinition


_ABSENT: Any = object()


class InputPartitions(msgspec.Struct, frozen=True):
    """The partitions of an upstream asset that a step needs."""

    partitions_def: Any
    keys: Sequence[str]


def load_inputs(scope: StepScope) -> dict[str, Any]:
    """Return the values of a step's inputs by name; inputs that only order steps have none.

    Raises:
        DagsterExecutionLoadInputError: An IO manager raised.
        DagsterTypeCheckDidNotPass: A value is not of its input's type.
    """
    assert scope.step is not None
    values: dict[str, Any] = {}
    for step_input in scope.step.inputs:
        if step_input.is_nothing:
            continue
        value = _value(scope, step_input, step_input.source)
        if value is _ABSENT:
            continue
        values[step_input.name] = value
        _check_type(scope, step_input.name, value)
    return values


def _value(scope: StepScope, step_input: StepInput, source: StepSource) -> Any:
    run = _run(scope)
    match source:
        case FromStep() | FromMapped():
            mapping_key = scope.mapping_key if isinstance(source, FromMapped) else None
            return _from_step(scope, step_input, source, mapping_key)
        case FromCollected():
            return _collected(scope, step_input, source)
        case FromMany(sources):
            return [one for part in sources for one in _elements(scope, step_input, part)]
        case FromAsset(asset_key):
            return _from_asset(scope, step_input, asset_key)
        case FromJobInput(name):
            return _job_input(scope, step_input, name)
        case FromConfig(path, name, _):
            return _from_config(run, scope, step_input, path, name)


def _elements(scope: StepScope, step_input: StepInput, source: StepSource) -> list[Any]:
    run = _run(scope)
    if isinstance(source, FromCollected):
        found: list[Any] = _collected(scope, step_input, source)
        return found
    if isinstance(source, (FromStep, FromMapped)) and run.gave is not None and not run.gave(source.step, source.output):
        return []
    return [_value(scope, step_input, source)]


def _collected(scope: StepScope, step_input: StepInput, source: FromCollected) -> list[Any]:
    run = _run(scope)
    upstream = _planned(run, source.step)
    over = None if upstream is None else upstream.mapped_over
    mapped = over is not None
    keys: tuple[str, ...] = ()
    if run.mapping_keys is not None:
        keys = run.mapping_keys(source.step, source.output)
        if over is not None and not keys:
            # The elements were mapped by an earlier run; this one may have repeated some of them.
            keys = run.mapping_keys(over.step, over.output)
    found = []
    for key in keys:
        step = f"{source.step}[{key}]" if mapped else source.step
        if mapped and run.gave is not None and not run.gave(step, source.output):
            continue
        found.append(_from_step(scope, step_input, FromStep(step, source.output), None if mapped else key))
    return found


def _planned(run: RunScope, key: str) -> Step | None:
    """Return a step of the run, or one of its job that this run does not repeat."""
    return run.plan.by_key.get(key) or run.job.plan().by_key.get(key)


def _from_step(scope: StepScope, step_input: StepInput, source: FromStep | FromMapped, mapping_key: str | None) -> Any:
    """Load the output of a step; a step expanded over a mapping key has one value, a dynamic step one per key."""
    run = _run(scope)
    upstream_key, bracket, _ = source.step.partition("[")
    upstream = _planned(run, upstream_key)
    output = None if upstream is None else upstream.output(source.output)
    if upstream is not None and upstream.mapped_over is not None:
        step_key = source.step if bracket else f"{upstream_key}[{mapping_key}]"
        mapping_key = None
    else:
        step_key = upstream_key
    if output is None or upstream is None:
        raise DagsterInvariantViolationError(f"The step {source.step!r} has no output {source.output!r} to load.")
    upstream_op = run.job.op_definition(upstream.path)
    context = _upstream_context(scope, upstream_op, output, step_key, mapping_key)
    manager_key = step_input.input_manager_key or output.io_manager_key
    asset_key = output.asset_key
    partitions = input_partitions(scope, asset_key) if asset_key is not None else None
    return _load(scope, step_input, manager_key, context, asset_key, partitions, step_key)


def _upstream_context(
    scope: StepScope, upstream_op: Any, output: StepOutput, step_key: str, mapping_key: str | None
) -> OutputContext:
    run = _run(scope)
    run_id = run.run.run_id
    if step_key not in run.plan.by_key and step_key.partition("[")[0] not in run.plan.by_key:
        run_id = run.parents.writers.get(step_key) or run.run.parent_run_id or run_id
    declared = upstream_op.outs.get(output.name)
    return OutputContext(
        step_key=step_key,
        run_id=run_id,
        mapping_key=mapping_key,
        name=output.name,
        job_name=run.job.name,
        definition_metadata=_output_metadata(run, output, declared),
        config=None,
        dagster_type=upstream_op.output_types.get(output.name),
        resource_config=resource_config_of(run, output.io_manager_key),
        resources=run.resources,
        op_def=upstream_op,
        asset_key=output.asset_key,
        partitions=run.partitions,
        partitions_def=None if output.asset_key is None else partitions_of_asset(scope, output.asset_key),
        instance=run.instance,
        log=scope.log,
        step_context=scope,
    )


def _output_metadata(run: RunScope, output: StepOutput, declared: Any) -> Mapping[str, Any]:
    own = dict(declared.metadata or {}) if declared is not None else {}
    if output.asset_key is None or run.job.asset_layer is None:
        return own
    spec = run.job.asset_layer.spec_of(output.asset_key)
    return own if spec is None else {**own, **spec.metadata}


def _from_asset(scope: StepScope, step_input: StepInput, asset_key: AssetKey) -> Any:
    """Load an asset that the plan does not write, by the IO manager that its definition names."""
    run = _run(scope)
    layer = run.job.asset_layer
    spec = None if layer is None else layer.spec_of(asset_key)
    manager_key = step_input.input_manager_key or (None if layer is None else layer.io_manager_key_of(asset_key))
    manager_key = manager_key or DEFAULT_IO_MANAGER
    upstream = OutputContext(
        step_key=None,
        run_id=None,
        name=None,
        job_name=None,
        definition_metadata={} if spec is None else spec.metadata,
        config=None,
        dagster_type=None,
        resource_config=resource_config_of(run, manager_key),
        resources=run.resources,
        op_def=None,
        asset_key=asset_key,
        partitions=run.partitions,
        partitions_def=None if spec is None else spec.partitions_def,
        instance=run.instance,
        log=scope.log,
        step_context=scope,
    )
    return _load(scope, step_input, manager_key, upstream, asset_key, input_partitions(scope, asset_key), None)


def _load(
    scope: StepScope,
    step_input: StepInput,
    manager_key: str,
    upstream: OutputContext | None,
    asset_key: AssetKey | None,
    partitions: InputPartitions | None,
    step_key: str | None,
) -> Any:
    run = _run(scope)
    op = scope.op_def
    slot = None if op is None else op.ins.get(step_input.name)
    manager = manager_named(run, manager_key)
    context = InputContext(
        upstream_output=upstream,
        name=step_input.name,
        job_name=run.job.name,
        definition_metadata=dict(slot.metadata or {}) if slot is not None else {},
        config=None,
        dagster_type=None if op is None else op.input_types.get(step_input.name),
        resource_config=resource_config_of(run, manager_key),
        resources=run.resources,
        op_def=op,
        asset_key=asset_key,
        partitions=run.partitions,
        partitions_def=None if partitions is None else partitions.partitions_def,
        instance=run.instance,
        log=scope.log,
        step_context=scope,
        keys=None if partitions is None or partitions.partitions_def is None else partitions.keys,
    )
    try:
        value = manager.load_input(context)
    except Exception as error:
        named = step_key or (asset_key.to_user_string() if asset_key else None)
        raise DagsterExecutionLoadInputError(
            f'Error occurred while loading input "{step_input.name}" of step "{_key(scope)}"'
            f"{f' from {named!r}' if named else ''} by the IO manager {manager_key!r}.",
            user_exception=error,
        ) from error
    scope.emit(
        InputLoaded(
            step_input.name,
            manager_key,
            upstream_step=step_key,
            upstream_output=None if step_key is None or upstream is None else upstream.name,
            metadata=normalize_metadata({**context.definition_metadata, **context.added_metadata}),
        )
    )
    return value


def manager_named(run: RunScope, key: str) -> Any:
    """Return the IO manager (or input manager) under a resource key.

    Raises:
        DagsterUnknownResourceError: There is no such resource.
        DagsterInvalidDefinitionError: The resource can neither store nor load.
    """
    resources: Any = run.resources
    try:
        manager = resources[key]
    except KeyError:
        raise DagsterUnknownResourceError(
            f"No resource is called {key!r}, which an IO manager is expected under."
        ) from None
    if not is_io_manager(manager) and not callable(getattr(manager, "load_input", None)):
        raise DagsterInvalidDefinitionError(
            f"The resource {key!r} is used as an IO manager, but {manager!r} has neither handle_output nor load_input."
        )
    return manager


def _job_input(scope: StepScope, step_input: StepInput, name: str) -> Any:
    run = _run(scope)
    if name in run.input_values:
        return run.input_values[name]
    if name in run.config.inputs:
        return _configured(scope, step_input, run.config.inputs[name])
    return _default(scope, step_input, f"Give input_values={{{name!r}: ...}}, or configure it under 'inputs'.")


def _from_config(run: RunScope, scope: StepScope, step_input: StepInput, path: tuple[str, ...], name: str) -> Any:
    given = run.config.op_inputs.get(path, {})
    if name in given:
        return _configured(scope, step_input, given[name])
    op = scope.op_def
    slot = None if op is None else op.ins.get(step_input.name)
    if slot is not None and slot.asset_key is not None:
        return _from_asset(scope, step_input, slot.asset_key)
    if step_input.input_manager_key is not None:
        # An input manager can make a value out of nothing but its own configuration.
        return _load(scope, step_input, step_input.input_manager_key, None, None, None, None)
    where = ":".join(("ops", *path, "inputs", name))
    return _default(scope, step_input, f"Configure it at {where}, or give it a default.")


def _default(scope: StepScope, step_input: StepInput, hint: str) -> Any:
    op = scope.op_def
    assert op is not None
    if op.default_for(step_input.name) is not EMPTY:
        # An absent argument lets the function's own default stand; a default of In must be passed.
        slot = op.ins[step_input.name]
        return slot.default_value if slot.has_default_value else _ABSENT
    raise DagsterInvalidConfigError(
        f"The input {step_input.name!r} of step {_key(scope)!r} has no source and no default. {hint}"
    )


def _configured(scope: StepScope, step_input: StepInput, raw: Any) -> Any:
    """Read an input from configuration: ``{"value": x}``, a plain value, or what the type's own loader takes."""
    op = scope.op_def
    assert op is not None
    kind = op.input_types[step_input.name]
    if kind.loader is not None:
        context = DagsterTypeLoaderContext(scope.resources, op, log=scope.log)
        return kind.loader.construct_from_config_value(context, raw)
    if isinstance(raw, Mapping) and set(raw) == {"value"}:
        return raw["value"]
    if isinstance(raw, Mapping) and set(raw) == {"json"}:
        import json

        return json.loads(_file(raw["json"]))
    if isinstance(raw, Mapping) and set(raw) == {"pickle"}:
        import pickle
        from pathlib import Path

        return pickle.loads(Path(raw["pickle"]["path"]).read_bytes())
    return raw


def _file(described: Mapping[str, str]) -> str:
    from pathlib import Path

    return Path(described["path"]).read_text()


def _check_type(scope: StepScope, name: str, value: Any) -> None:
    op = scope.op_def
    assert op is not None
    kind = op.input_types[name]
    result = kind.type_check(scope, value)  # type: ignore[arg-type]
    scope.emit(InputChecked(name, result.success, result.description))
    if not result.success:
        raise DagsterTypeCheckDidNotPass(
            f"The input {name!r} of step {_key(scope)!r} is not of type {kind.display_name!r}:"
            f" {result.description or repr(value)}"
        )


def partitions_of_asset(scope: StepScope, asset_key: AssetKey) -> PartitionsDefinition | None:
    """Return how an asset is cut, or ``None``."""
    run = scope.run
    if run is None or run.job.asset_layer is None:
        return None
    spec = run.job.asset_layer.spec_of(asset_key)
    return None if spec is None else spec.partitions_def


def input_partitions(scope: StepScope, asset_key: AssetKey) -> InputPartitions:
    """Return the partitions of an upstream asset that the step's own partitions need, by the mapping between them."""
    upstream_def = partitions_of_asset(scope, asset_key)
    if upstream_def is None:
        return InputPartitions(None, ())
    return InputPartitions(upstream_def, upstream_keys(scope, asset_key, upstream_def))


def load_asset(scope: StepScope, asset_key: AssetKey, python_type: Any, partition_key: str | None) -> Any:
    """Load an asset for user code that asks for it by key."""
    run = _run(scope)
    step_input = StepInput(asset_key.to_python_identifier(), FromAsset(asset_key), asset_key=asset_key)
    layer = run.job.asset_layer
    manager_key = (None if layer is None else layer.io_manager_key_of(asset_key)) or DEFAULT_IO_MANAGER
    upstream_def = partitions_of_asset(scope, asset_key)
    partitions = input_partitions(scope, asset_key)
    if partition_key is not None:
        partitions = InputPartitions(upstream_def, [partition_key])
    spec = None if layer is None else layer.spec_of(asset_key)
    upstream = OutputContext(
        name=None,
        job_name=None,
        definition_metadata={} if spec is None else spec.metadata,
        config=None,
        dagster_type=None if python_type is None else resolve_type(python_type),
        resource_config=resource_config_of(run, manager_key),
        resources=run.resources,
        op_def=None,
        asset_key=asset_key,
        partitions=RunPartitions(partition_key) if partition_key else run.partitions,
        partitions_def=upstream_def,
        instance=run.instance,
        log=scope.log,
        step_context=scope,
    )
    return _load(scope, step_input, manager_key, upstream, asset_key, partitions, None)


def _run(scope: StepScope) -> RunScope:
    if scope.run is None:
        raise DagsterInvariantViolationError("Inputs are loaded inside a run only.")
    return scope.run


def _key(scope: StepScope) -> str:
    return scope.step.key if scope.step is not None else "?"
