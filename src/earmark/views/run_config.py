"""What the configuration of a run looks like, as far as specs say: the configuration of its ops, by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from earmark.specs.computation import ComputationSpec
from earmark.specs.config import ConfigSpec
from earmark.specs.config.spec import ConfigKind
from earmark.specs.graph import GraphSpec
from earmark.specs.op import OpSpec
from earmark.values.keys import AssetKey
from earmark.views.catalog import Catalog, Job

_SECTIONS = ("resources", "execution", "loggers", "inputs")
_OLD_SECTION = "solids"


def run_config_spec(catalog: Catalog, job: Job, assets: Collection[AssetKey] = ()) -> ConfigSpec:
    """Return what the configuration of a run of a job must look like.

    The host knows ops by their specs; resources, loggers and executors are left to user code to check.

    Args:
        catalog: The definitions.
        job: The job.
        assets: The assets that are selected, if not all.
    """
    if job.spec.config_schema is not None:
        return job.spec.config_schema
    nodes: Iterable[tuple[str, OpSpec | GraphSpec]]
    if job.spec.graph is not None and job.spec.graph.config is not None:
        return _run_config({"config": job.spec.graph.config})
    if job.spec.graph is not None:
        nodes = [(node.name, node.definition) for node in job.spec.graph.nodes]
    else:
        chosen = frozenset(assets or job.assets)
        computations = catalog.manifests[job.location].computations
        nodes = [(one.name, one.node) for one in computations if one.node is not None and _writes(one, chosen)]
    return _run_config({name: _node(definition) for name, definition in nodes})


def _run_config(ops: dict[str, ConfigSpec]) -> ConfigSpec:
    sections = {name: ConfigSpec().optional() for name in _SECTIONS}
    return _shape({"ops": _shape(ops, is_open=False), **sections}, is_open=True)


def _writes(computation: ComputationSpec, chosen: Collection[AssetKey]) -> bool:
    return any(spec.key in chosen for spec in computation.assets)


def _node(definition: OpSpec | GraphSpec) -> ConfigSpec:
    if definition.config is not None:
        return _shape({"config": definition.config}, is_open=True)
    if isinstance(definition, OpSpec):
        return _shape({}, is_open=True)
    inner = {node.name: _node(node.definition) for node in definition.nodes}
    return _shape({"ops": _shape(inner, is_open=False)}, is_open=True)


def _shape(fields: dict[str, ConfigSpec], is_open: bool) -> ConfigSpec:
    return ConfigSpec(ConfigKind.SHAPE, fields=fields, open=is_open)


def with_new_names(config: dict[str, object]) -> dict[str, object]:
    """Return a configuration in which the old name of ``ops`` is the new one."""
    if _OLD_SECTION in config and "ops" not in config:
        return {"ops" if name == _OLD_SECTION else name: value for name, value in config.items()}
    return config
