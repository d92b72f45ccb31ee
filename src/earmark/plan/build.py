"""Specs -> steps: how a graph of ops, or a set of computations, becomes a plan."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec
from msgspec.structs import replace

from earmark.graph.dag import CycleFound, topological_order
from earmark.plan.plan import Plan
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
    upstream_steps,
)
from earmark.specs import graph as g
from earmark.specs.computation import ComputationSpec
from earmark.specs.graph import GraphSpec, NodeSpec
from earmark.specs.op import OpSpec
from earmark.specs.policy import RetryPolicy
from earmark.tags.system import CONCURRENCY_KEY, priority
from earmark.values.errors import DagsterInvalidDefinitionError
from earmark.values.keys import AssetCheckKey, AssetKey

_End = FromStep | FromMapped | FromCollected
"""The step and output that stand behind an output of a node."""


def plan_graph(job_name: str, graph: GraphSpec, *, retry_policy: RetryPolicy | None = None) -> Plan:
    """Return the plan of a job over ops.

    Args:
        job_name: The name of the job.
        graph: Its graph.
        retry_policy: The retry policy of ops that have none of their own.
    """
    expansion = _Expansion(retry_policy)
    sources: dict[str, StepSource] = {spec.name: FromJobInput(spec.name) for spec in graph.inputs}
    expansion.expand(graph, (), sources)
    return Plan(job_name, _ordered(job_name, expansion.steps))


def plan_assets(
    job_name: str,
    computations: Iterable[ComputationSpec],
    *,
    assets: Collection[AssetKey] | None = None,
    checks: Collection[AssetCheckKey] | None = None,
    retry_policy: RetryPolicy | None = None,
) -> Plan:
    """Return the plan of a run of assets and checks.

    Args:
        job_name: The name of the job.
        computations: What computes them; those that nothing selected belongs to are left out.
        assets: The assets to write; ``None`` for all.
        checks: The checks to evaluate; ``None`` for all checks of the computations and assets selected.
        retry_policy: The retry policy of ops that have none of their own.
    """
    chosen = [_chosen(spec, assets, checks) for spec in computations if spec.is_executable and spec.node is not None]
    parts = [part for part in chosen if part.assets or part.checks]
    expansion = _Expansion(retry_policy)
    # The first pass finds the step that writes each asset, the second wires inputs to those steps.
    for part in parts:
        expansion.expand_computation(part)
    writers = {key: (step.key, out.name) for step in expansion.steps for out in step.outputs
               if out.selected and (key := out.asset_key) is not None}  # fmt: skip
    owner = {step.key: step.path[0] for step in expansion.steps}
    by_name = {part.spec.name: part for part in parts}
    gates = _gates(expansion.steps, parts)
    entry = _entry_steps(expansion.steps)
    wired = []
    for step in expansion.steps:
        part = by_name[step.path[0]]
        inputs = tuple(_wire(step_input, writers, owner, part) for step_input in step.inputs)
        after: dict[str, None] = dict.fromkeys(step.after)
        if step.key in entry:
            for key in part.upstream():
                writer = writers.get(key)
                if writer is not None and owner[writer[0]] != part.spec.name:
                    after[writer[0]] = None
                for gate in gates.get(key, ()):
                    if owner[gate] != part.spec.name and key not in part.checked:
                        after[gate] = None
        loaded = {source.step for i in inputs if isinstance(source := i.source, FromStep) and not i.is_nothing}
        wired.append(replace(step, inputs=inputs, after=tuple(key for key in after if key not in loaded)))
    return Plan(job_name, _ordered(job_name, wired))


class _Part(msgspec.Struct):
    """The part of a computation that a run wants."""

    spec: ComputationSpec
    assets: frozenset[AssetKey]
    checks: frozenset[AssetCheckKey]
    checked: frozenset[AssetKey] = frozenset()

    def __post_init__(self) -> None:
        self.checked = frozenset(key.asset_key for key in self.checks)

    def upstream(self) -> Iterable[AssetKey]:
        """All assets that the wanted assets and checks need, whether loaded or not."""
        found: dict[AssetKey, None] = {}
        for asset in self.spec.assets:
            if asset.key in self.assets:
                found.update(dict.fromkeys(dep.asset for dep in asset.deps))
        for check in self.spec.checks:
            if check.key in self.checks:
                found[check.asset] = None
                found.update(dict.fromkeys(dep.asset for dep in check.additional_deps))
        found.update(dict.fromkeys(self.spec.inputs.values()))
        return found


def _chosen(
    spec: ComputationSpec, assets: Collection[AssetKey] | None, checks: Collection[AssetCheckKey] | None
) -> _Part:
    wanted = frozenset(asset.key for asset in spec.assets if assets is None or asset.key in assets)
    if checks is not None:
        judged = frozenset(check.key for check in spec.checks if check.key in checks)
    elif assets is None:
        judged = frozenset(check.key for check in spec.checks)
    else:
        judged = frozenset(check.key for check in spec.checks if check.asset in assets)
    if (wanted or judged) and not spec.can_subset and spec.assets:
        wanted = frozenset(asset.key for asset in spec.assets)
    return _Part(spec, wanted, judged)


def _gates(steps: Iterable[Step], parts: Iterable[_Part]) -> Mapping[AssetKey, list[str]]:
    """The steps whose blocking checks stand between an asset and what is downstream of it."""
    blocking = {
        check.key for part in parts for check in part.spec.checks if check.blocking and check.key in part.checks
    }
    gates: dict[AssetKey, list[str]] = {}
    for step in steps:
        for key in step.checks:
            if key in blocking:
                gates.setdefault(key.asset_key, []).append(step.key)
    return gates


def _entry_steps(steps: Iterable[Step]) -> frozenset[str]:
    """Steps that wait for no other step of their own computation: what must come first comes before these."""
    steps = list(steps)
    known = {step.key for step in steps}
    return frozenset(step.key for step in steps if not any(up in known for up in upstream_steps(step)))


def _wire(
    step_input: StepInput, writers: Mapping[AssetKey, tuple[str, str]], owner: Mapping[str, str], part: _Part
) -> StepInput:
    if not isinstance(step_input.source, FromJobInput):
        return step_input
    key = part.spec.inputs.get(step_input.source.name)
    if key is None:
        return replace(step_input, source=FromConfig((part.spec.name,), step_input.source.name))
    writer = writers.get(key)
    if writer is None or owner[writer[0]] == part.spec.name:
        return replace(step_input, source=FromAsset(key), asset_key=key)
    return replace(step_input, source=FromStep(*writer), asset_key=key)


def _ordered(job_name: str, steps: Iterable[Step]) -> tuple[Step, ...]:
    by_key = {step.key: step for step in steps}
    try:
        order = topological_order({key: upstream_steps(step) for key, step in by_key.items()})
    except CycleFound as error:
        raise DagsterInvalidDefinitionError(
            f"The steps of {job_name} wait for each other in a circle: {error}.", cycle=error.cycle
        ) from None
    # What waits for less stands first, then what is nested less, then names: so one worker takes them.
    depth: dict[str, int] = {}
    for key in order:
        depth[key] = 1 + max((depth[up] for up in upstream_steps(by_key[key]) if up in depth), default=-1)
    return tuple(by_key[key] for key in sorted(order, key=lambda one: (depth[one], len(by_key[one].path), one)))


class _Expansion:
    """Walks graphs and collects steps. ``sources`` says what each input of the graph at hand takes."""

    def __init__(self, retry_policy: RetryPolicy | None) -> None:
        self.steps: list[Step] = []
        self._retry_policy = retry_policy
        self._dynamic: dict[str, FromStep] = {}

    def expand_computation(self, part: _Part) -> None:
        """Add the steps of the wanted part of one computation."""
        spec = part.spec
        assert spec.node is not None
        first = len(self.steps)
        node = NodeSpec(spec.name, spec.node, {i.name: g.FromGraphInput(i.name) for i in spec.node.inputs})
        sources: dict[str, StepSource] = {i.name: FromJobInput(i.name) for i in spec.node.inputs}
        ends = self._node(node, (), sources)
        self._mark(part, ends, first)

    def _mark(self, part: _Part, ends: Mapping[str, _End], first: int) -> None:
        """Write on each step which assets and checks its outputs are, and which of them the run wants."""
        assets = {
            (end.step, end.output): part.spec.outputs[name] for name, end in ends.items() if name in part.spec.outputs
        }
        checks = {
            (end.step, end.output): part.spec.check_outputs[name]
            for name, end in ends.items()
            if name in part.spec.check_outputs
        }
        for position in range(first, len(self.steps)):
            step = self.steps[position]
            outputs = []
            for out in step.outputs:
                key, check = assets.get((step.key, out.name)), checks.get((step.key, out.name))
                wanted = (key is None or key in part.assets) and (check is None or check in part.checks)
                outputs.append(replace(out, asset_key=key, check_key=check, selected=wanted))
            self.steps[position] = replace(step, outputs=tuple(outputs))

    def expand(
        self, graph: GraphSpec, path: tuple[str, ...], sources: Mapping[str, StepSource]
    ) -> dict[str, dict[str, _End]]:
        """Add the steps of all nodes of ``graph``; return, by node and output, the step that gives it."""
        ends: dict[str, dict[str, _End]] = {}
        nodes = {node.name: node for node in graph.nodes}
        for name in _node_order(graph):
            node = nodes[name]
            taken = {key: self._resolve(source, ends, sources) for key, source in node.inputs.items()}
            ends[name] = self._node(node, path, taken)
        return ends

    def _resolve(
        self,
        source: g.InputSource,
        ends: Mapping[str, Mapping[str, _End]],
        outer: Mapping[str, StepSource],
    ) -> StepSource | None:
        match source:
            case g.OutputOf(node, output):
                return ends[node][output]
            case g.CollectedFrom(node, output):
                end = ends[node][output]
                return FromCollected(end.step, end.output)
            case g.FromGraphInput(name):
                return outer.get(name)
            case g.FromAsset(asset_key):
                return FromAsset(asset_key)
            case g.FanIn(sources):
                found = [self._resolve(one, ends, outer) for one in sources]
                return FromMany(
                    tuple(one for one in found if one is not None and not isinstance(one, (FromConfig, FromMany)))
                )

    def _node(self, node: NodeSpec, path: tuple[str, ...], sources: Mapping[str, StepSource | None]) -> dict[str, _End]:
        here = (*path, node.name)
        if isinstance(node.definition, OpSpec):
            return self._op(node, node.definition, here, sources)
        graph = node.definition
        inner: dict[str, StepSource] = {name: source for name, source in sources.items() if source is not None}
        for spec in graph.inputs:
            inner.setdefault(spec.name, FromConfig(here, spec.name, spec.has_default))
        first = len(self.steps)
        ends = self.expand(graph, here, inner)
        if node.tags or node.retry_policy:
            self.steps[first:] = [self._inherit(step, node) for step in self.steps[first:]]
        return {name: self._end(source, ends) for name, source in graph.output_sources.items()}

    def _end(self, source: g.OutputOf | g.CollectedFrom, ends: Mapping[str, Mapping[str, _End]]) -> _End:
        end = ends[source.node][source.output]
        return FromCollected(end.step, end.output) if isinstance(source, g.CollectedFrom) else end

    @staticmethod
    def _inherit(step: Step, node: NodeSpec) -> Step:
        tags = {**node.tags, **step.tags}
        return replace(step, tags=tags, priority=priority(tags), retry_policy=step.retry_policy or node.retry_policy)

    def _op(
        self, node: NodeSpec, op: OpSpec, path: tuple[str, ...], sources: Mapping[str, StepSource | None]
    ) -> dict[str, _End]:
        key = ".".join(path)
        tags = {**op.tags, **node.tags}
        inputs = []
        for spec in op.inputs:
            source = sources.get(spec.name)
            if source is None:
                if spec.is_nothing:
                    continue
                source = FromConfig(path, spec.name, spec.has_default)
            inputs.append(
                StepInput(spec.name, source, is_nothing=spec.is_nothing, input_manager_key=spec.input_manager_key)
            )
        mapped_over = self._mapped_over(key, inputs)
        if mapped_over is not None:
            self._dynamic[key] = mapped_over
        self.steps.append(
            Step(
                key=key,
                path=path,
                op=op.name,
                inputs=tuple(inputs),
                outputs=tuple(
                    StepOutput(o.name, o.is_required, o.is_dynamic, o.is_nothing, o.io_manager_key) for o in op.outputs
                ),
                tags=tags,
                priority=priority(tags),
                pool=op.pool or tags.get(CONCURRENCY_KEY),
                retry_policy=node.retry_policy or op.retry_policy or self._retry_policy,
                mapped_over=mapped_over,
                required_resources=op.required_resources,
            )
        )
        ends: dict[str, _End] = {}
        for out in op.outputs:
            mapped = out.is_dynamic or mapped_over is not None
            ends[out.name] = FromMapped(key, out.name) if mapped else FromStep(key, out.name)
        return ends

    def _mapped_over(self, key: str, inputs: Iterable[StepInput]) -> FromStep | None:
        """The dynamic output that a step with these inputs is expanded over, if any; two at once make no sense."""
        found: set[FromStep] = set()
        for step_input in inputs:
            sources = step_input.source.sources if isinstance(step_input.source, FromMany) else (step_input.source,)
            for source in sources:
                if isinstance(source, FromMapped):
                    found.add(self._dynamic.get(source.step) or FromStep(source.step, source.output))
        if len(found) > 1:
            names = ", ".join(sorted(f"{source.step}.{source.output}" for source in found))
            raise DagsterInvalidDefinitionError(
                f"Step {key} takes elements of more than one dynamic output ({names}); collect all but one of them."
            )
        return next(iter(found), None)


def _node_order(graph: GraphSpec) -> list[str]:
    parents = {node.name: _parents(node) for node in graph.nodes}
    try:
        return topological_order(parents)
    except CycleFound as error:
        raise DagsterInvalidDefinitionError(
            f"The nodes of graph {graph.name} take each other's outputs in a circle: {error}.", cycle=error.cycle
        ) from None


def _parents(node: NodeSpec) -> list[str]:
    found = []
    for source in node.inputs.values():
        for one in source.sources if isinstance(source, g.FanIn) else (source,):
            if isinstance(one, (g.OutputOf, g.CollectedFrom)):
                found.append(one.node)
    return found
