"""Whether every resource that a definition asks for is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.ops.graph import GraphDefinition
from earmark.define.ops.job import JobDefinition
from earmark.define.ops.op import OpDefinition
from earmark.specs.asset import IO_MANAGER_METADATA
from earmark.specs.op import DEFAULT_IO_MANAGER, OpSpec
from earmark.values.errors import DagsterInvalidDefinitionError, SourceLocation, did_you_mean


def require_resources_of_assets(definitions: Iterable[AssetsDefinition], given: Mapping[str, Any]) -> None:
    """Refuse assets and checks that ask for a resource which is neither given nor came with them.

    Raises:
        DagsterInvalidDefinitionError: The error names the resource, who asks for it, and what is near.
    """
    known = {DEFAULT_IO_MANAGER, *given}
    for definition in definitions:
        if definition.is_executable:
            _require_of_assets(definition, known)
        else:
            _require_of_external(definition, known)
    require_resources_of_resources(given)


def require_resources_of_job(job: JobDefinition) -> None:
    """Refuse a job over ops whose ops or hooks ask for a resource that is not given.

    Raises:
        DagsterInvalidDefinitionError: The error names the resource, who asks for it, and what is near.
    """
    if job.graph_def is None:
        return
    known = {DEFAULT_IO_MANAGER, *job.resource_defs}
    for path, op in job.graph_def.op_definitions():
        where = f"{'.'.join(path)!r} of job {job.name!r}"
        _require_of_op(op.spec, where, known, set(), None)
    _require_of_hooks(job.hook_defs, f"job {job.name!r}", known, None)
    require_resources_of_resources(job.resource_defs)


def require_resources_of_resources(given: Mapping[str, Any]) -> None:
    """Refuse resources that ask for other resources which are not given."""
    for name, value in given.items():
        for key in getattr(value, "required_resource_keys", None) or ():
            if key not in given and key != DEFAULT_IO_MANAGER:
                raise missing_resource(key, f"the resource {name!r}", given, None)


def missing_resource(
    key: str, asker: str, known: Iterable[str], where: SourceLocation | None, what: str = "resource"
) -> DagsterInvalidDefinitionError:
    """Return the error for a resource that somebody asks for and nobody gives."""
    names = sorted(known)
    return DagsterInvalidDefinitionError(
        f"{asker[:1].upper()}{asker[1:]} needs the {what} {key!r}, which is not given."
        f"{did_you_mean(key, names) or f' Given: {names}.'}",
        where=where,
        hint=f"Add it with Definitions(resources={{{key!r}: ...}}).",
        resource_key=key,
    )


def _require_of_assets(definition: AssetsDefinition, shared: set[str]) -> None:
    known = shared | definition.resource_defs.keys() if definition.resource_defs else shared
    results_of_checks = definition.computation.check_outputs
    for name, spec in _ops(definition):
        unstored = results_of_checks.keys() if isinstance(definition.node_def, OpDefinition) else ()
        if spec.required_resources <= known and all(out.io_manager_key in known for out in spec.outputs):
            unmet = any(one.input_manager_key and one.input_manager_key not in known for one in spec.inputs)
            if not unmet:
                continue
        _require_of_op(spec, f"{name!r}", known, set(unstored), definition.location)
    if definition.hook_defs:
        _require_of_hooks(definition.hook_defs, repr(definition.computation.name), known, definition.location)
    if definition.resource_defs:
        require_resources_of_resources({**dict.fromkeys(known), **definition.resource_defs})


def _require_of_external(definition: AssetsDefinition, shared: set[str]) -> None:
    for spec in definition.computation.assets:
        key = spec.metadata.get(IO_MANAGER_METADATA)
        if isinstance(key, str) and key not in shared and key not in definition.resource_defs:
            known = shared | definition.resource_defs.keys()
            raise missing_resource(
                key, f"the asset {spec.key.to_user_string()!r}", known, definition.location, "IO manager"
            )


def _ops(definition: AssetsDefinition) -> Iterable[tuple[str, OpSpec]]:
    node = definition.node_def
    if isinstance(node, OpDefinition):
        yield definition.computation.name, node.spec
    elif isinstance(node, GraphDefinition):
        for path, op in node.op_definitions((definition.computation.name,)):
            yield ".".join(path), op.spec


def _require_of_op(spec: OpSpec, name: str, known: set[str], unstored: set[str], where: SourceLocation | None) -> None:
    for key in sorted(spec.required_resources - known):
        raise missing_resource(key, name, known, where)
    for out in spec.outputs:
        if out.io_manager_key not in known and out.name not in unstored and not out.is_nothing:
            raise missing_resource(out.io_manager_key, f"{name} (output {out.name!r})", known, where, "IO manager")
    for one in spec.inputs:
        if one.input_manager_key is not None and one.input_manager_key not in known and not one.is_nothing:
            raise missing_resource(one.input_manager_key, f"{name} (input {one.name!r})", known, where, "input manager")


def _require_of_hooks(hooks: Iterable[Any], name: str, known: set[str], where: SourceLocation | None) -> None:
    for hook in hooks:
        for key in getattr(hook, "required_resource_keys", None) or ():
            if key not in known:
                raise missing_resource(key, f"the hook {getattr(hook, 'name', hook)!r} of {name}", known, where)
