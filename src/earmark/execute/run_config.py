"""A run's configuration, checked against the job as a whole before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from earmark.define.config.config_type import invalid_config, load
from earmark.define.config.run_config import run_config_dict
from earmark.define.config.schema import as_config_type
from earmark.define.function import EMPTY
from earmark.plan.step import FromConfig, FromJobInput
from earmark.specs.config import ConfigFault, example, path_text, validate
from earmark.values.errors import nearest

if TYPE_CHECKING:
    from earmark.define.ops.job import JobDefinition
    from earmark.plan.plan import Plan

_SECTIONS = ("ops", "resources", "execution", "loggers", "inputs")
_MISSING: Any = object()


class ResolvedConfig(msgspec.Struct):
    """A run's configuration by what it is for.

    Args:
        ops: For each op, by its path of node names, the raw configuration (defaults not yet filled in).
        op_inputs: For each op, raw values for inputs that nothing else gives.
        resources: Raw configuration by resource key.
        loggers: Raw configuration by logger name.
        execution: The executor's part.
        inputs: Raw values for the job's own inputs.
    """

    ops: dict[tuple[str, ...], Any] = msgspec.field(default_factory=dict)
    op_inputs: dict[tuple[str, ...], Mapping[str, Any]] = msgspec.field(default_factory=dict)
    resources: Mapping[str, Any] = msgspec.field(default_factory=dict)
    loggers: Mapping[str, Any] = msgspec.field(default_factory=dict)
    execution: Mapping[str, Any] = msgspec.field(default_factory=dict)
    inputs: Mapping[str, Any] = msgspec.field(default_factory=dict)


def resolve_run_config(
    job: JobDefinition, plan: Plan, given: Any, *, input_values: Mapping[str, Any] | None = None
) -> ResolvedConfig:
    """Sort a run's configuration by op and resource, and check the part of every op that the plan runs.

    Args:
        job: The job.
        plan: What of it runs; ops outside the plan may be configured, and are not asked to be.
        given: A dict, a ``RunConfig``, or ``None`` for the job's own default.
        input_values: Values for the job's own inputs, beside those that the job has.

    Raises:
        DagsterInvalidConfigError: Something does not fit; the error lists every fault with its path.
    """
    raw = run_config_dict(job.default_run_config if given is None else given)
    subject = f"job {job.name}"
    mapping = job.config_mapping
    if mapping is not None:
        raw = run_config_dict(mapping.resolve(raw))
    faults: list[ConfigFault] = []
    for section in raw:
        if section not in _SECTIONS:
            faults.append(_unexpected((section,), section, _SECTIONS))
    resolved = ResolvedConfig(
        resources=raw.get("resources") or {},
        loggers=raw.get("loggers") or {},
        execution=raw.get("execution") or {},
        inputs=raw.get("inputs") or {},
    )
    ops = _mapped_ops(job, raw.get("ops") or {}, faults)
    if ops is None:
        raise invalid_config(subject, faults, raw)
    _collect(ops, (), ("ops",), _tree(job, plan), job, resolved, faults)
    _check_ops(job, plan, resolved, faults)
    _check_inputs(job, plan, resolved, {*job.input_values, *(input_values or {})}, faults)
    if faults:
        raise invalid_config(subject, faults, raw)
    return resolved


def _mapped_ops(job: JobDefinition, raw: Any, faults: list[ConfigFault]) -> Any:
    """Return the configuration of the job's ops, or ``None`` with a fault.

    A job of a graph with a config mapping takes the graph's configuration, under ``ops:config``, instead of theirs.
    """
    mapping = None if job.graph_def is None else job.graph_def.config_mapping
    if mapping is None or not isinstance(raw, Mapping):
        return raw
    faults.extend(_unexpected(("ops", key), key, ("config",)) for key in raw if key != "config")
    if "config" not in raw and mapping.spec.is_required:
        text = f'Missing required config entry "config" at root:ops. Example: {{"config": {example(mapping.spec)}}}.'
        faults.append(ConfigFault(("ops", "config"), "missing", text))
    return None if faults else mapping.resolve(raw.get("config", {}))


def _tree(job: JobDefinition, plan: Plan) -> dict[str, Any]:
    """The names that may stand under ``ops``: a dict of dicts; an op is an empty dict."""
    tree: dict[str, Any] = {}
    paths = [step.path for step in (job.plan() if job.asset_layer is None else plan).steps]
    if job.asset_layer is not None:
        for name in job.asset_layer.names:
            tree.setdefault(name, {})
    for path in paths:
        place = tree
        for name in path:
            place = place.setdefault(name, {})
    return tree


def _collect(
    raw: Any,
    path: tuple[str, ...],
    where: tuple[str, ...],
    tree: Mapping[str, Any],
    job: JobDefinition,
    resolved: ResolvedConfig,
    faults: list[ConfigFault],
) -> None:
    if not isinstance(raw, Mapping):
        faults.append(ConfigFault(where, "type", f"Value at {path_text(where)} is a dict by op name, not {raw!r}."))
        return
    for name, node in raw.items():
        here, place = (*path, name), (*where, name)
        if name not in tree:
            faults.append(_unexpected(place, name, tree))
            continue
        if node is None:
            continue
        if not isinstance(node, Mapping):
            faults.append(
                ConfigFault(
                    place, "type", f'Value at {path_text(place)} is a dict such as {{"config": ...}}, not {node!r}.'
                )
            )
            continue
        for key in node:
            if key not in ("config", "inputs", "outputs", "ops"):
                faults.append(_unexpected((*place, key), key, ("config", "inputs", "ops")))
        if isinstance(node.get("inputs"), Mapping):
            resolved.op_inputs[here] = node["inputs"]
        if not tree[name]:
            if "config" in node:
                resolved.ops[here] = node["config"]
            continue
        graph = job.definitions_along(here)[-1]
        inner = node.get("ops") or {}
        if "config" in node and graph.config_mapping is not None:
            inner = graph.config_mapping.resolve(node["config"])
        _collect(inner, here, (*place, "ops"), tree[name], job, resolved, faults)


def _check_ops(job: JobDefinition, plan: Plan, resolved: ResolvedConfig, faults: list[ConfigFault]) -> None:
    """Check the configuration of every op that the plan runs; graphs whose mapping needs nothing are mapped here."""
    _map_defaults(job, plan, resolved)
    for step in plan.steps:
        op = job.op_definition(step.path)
        spec = op.spec.config
        if spec is None:
            continue
        where = _place(step.path)
        value = resolved.ops.get(step.path, _MISSING)
        if value is _MISSING:
            if spec.has_default or spec.fills_itself or not spec.is_required:
                continue
            wanted = {"config": example(spec)}
            faults.append(
                ConfigFault(
                    (*where, "config"),
                    "missing",
                    f'Missing required config entry "config" at {path_text(where)}. Example: {wanted}.',
                )
            )
            continue
        faults.extend(validate(spec, value, (*where, "config")).faults)


def _check_inputs(
    job: JobDefinition, plan: Plan, resolved: ResolvedConfig, valued: set[str], faults: list[ConfigFault]
) -> None:
    """Find inputs that nothing gives: no step, no value, no configuration, no default, no input manager."""
    for step in plan.steps:
        for one in step.inputs:
            source = one.source
            if not isinstance(source, (FromConfig, FromJobInput)) or one.is_nothing or one.input_manager_key:
                continue
            op = job.op_definition(step.path)
            slot = op.ins.get(one.name)
            if op.default_for(one.name) is not EMPTY or (slot is not None and slot.asset_key is not None):
                continue
            where: tuple[str, ...]
            if isinstance(source, FromJobInput):
                known, where = source.name in valued or source.name in resolved.inputs, ("inputs", source.name)
                hint = f"Give input_values={{{source.name!r}: ...}}, or configure it"
            else:
                known = source.name in resolved.op_inputs.get(source.path, {})
                where = (*_place(source.path), "inputs", source.name)
                hint = "Configure it"
            if not known:
                faults.append(
                    ConfigFault(
                        where,
                        "missing",
                        f"The input {one.name!r} of step {step.key!r} has no source and no default. {hint} at"
                        f" {path_text(where)}, or give it a default.",
                    )
                )


def _place(path: tuple[str, ...]) -> tuple[str, ...]:
    """Where the configuration of the node at a path stands: ``ops:graph:ops:op``."""
    return ("ops", *(part for name in path for part in (name, "ops")))[:-1]


def _map_defaults(job: JobDefinition, plan: Plan, resolved: ResolvedConfig) -> None:
    seen: set[tuple[str, ...]] = set()
    for step in plan.steps:
        for end in range(1, len(step.path)):
            path = step.path[:end]
            if path in seen:
                continue
            seen.add(path)
            graph = job.definitions_along(path)[-1]
            if graph.config_mapping is None or any(key[:end] == path for key in resolved.ops):
                continue
            if graph.spec.config is not None and graph.spec.config.is_required:
                continue
            tree = _subtree(plan, path)
            _collect(graph.config_mapping.resolve({}), path, ("ops", *path), tree, job, resolved, [])


def _subtree(plan: Plan, prefix: tuple[str, ...]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for step in plan.steps:
        if step.path[: len(prefix)] == prefix:
            place = tree
            for name in step.path[len(prefix) :]:
                place = place.setdefault(name, {})
    return tree


def load_op_config(op: Any, raw: Any, path: tuple[str, ...]) -> Any:
    """Return an op's configuration as its function sees it: checked, filled in, as a config object where it asks so."""
    if op.config_schema is None:
        return raw
    where = ("ops", *path, "config")
    schema = as_config_type(op.config_schema)
    value = raw
    if raw is None:
        value = schema.spec.default if schema.spec.has_default else {} if schema.spec.fills_itself else None
    return load(schema, value, f"op {op.name!r}", where)


def _unexpected(path: tuple[str, ...], name: str, known: Any) -> ConfigFault:
    names = sorted(str(one) for one in known)
    near = tuple(nearest(str(name), names))
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return ConfigFault(
        path,
        "unexpected",
        f'Received unexpected config entry "{name}" at {path_text(path[:-1])}.'
        f" Expected one of: {', '.join(names)}.{hint}",
        ", ".join(names),
        near,
    )


def validate_run_config(job_def: JobDefinition, run_config: Any = None) -> dict[str, Any]:
    """Check a run's configuration against a job without running it, and return it as plain data.

    Args:
        job_def: The job.
        run_config: A dict, a :class:`RunConfig`, or ``None`` for the job's own default.

    Raises:
        DagsterInvalidConfigError: Something does not fit; the error lists every fault with its path.

    Example:
        >>> from earmark import job, op
        >>> @op(config_schema={"city": str})
        ... def greet(context): ...
        >>> @job
        ... def greeting():
        ...     greet()
        >>> validate_run_config(greeting, {"ops": {"greet": {"config": {"city": "Turku"}}}})
        {'ops': {'greet': {'config': {'city': 'Turku'}}}}
    """
    resolve_run_config(job_def, job_def.plan(), run_config)
    return run_config_dict(job_def.default_run_config if run_config is None else run_config)
