"""The steps of a plan and the sources of their inputs."""

from __future__ import annotations

from typing import Union

import msgspec
from msgspec.structs import replace

from earmark.specs.policy import RetryPolicy
from earmark.values.keys import AssetCheckKey, AssetKey


class FromStep(msgspec.Struct, frozen=True, tag_field="from", tag="step"):
    """The output of another step, loaded by that output's IO manager."""

    step: str
    output: str = "result"


class FromMapped(msgspec.Struct, frozen=True, tag_field="from", tag="mapped"):
    """One element of a dynamic output: the one whose mapping key the step carries."""

    step: str
    output: str = "result"


class FromCollected(msgspec.Struct, frozen=True, tag_field="from", tag="collected"):
    """All elements of a dynamic output, as a list in the order they were given."""

    step: str
    output: str = "result"


class FromAsset(msgspec.Struct, frozen=True, tag_field="from", tag="asset"):
    """An asset that no step of this plan writes, loaded by the asset's IO manager."""

    asset_key: AssetKey


class FromConfig(msgspec.Struct, frozen=True, tag_field="from", tag="config"):
    """The run's configuration, under ``inputs`` of the op at ``path``; a default, if the op has one."""

    path: tuple[str, ...]
    name: str
    has_default: bool = False


class FromJobInput(msgspec.Struct, frozen=True, tag_field="from", tag="job_input"):
    """A value given to the job as a whole: an input value, or ``inputs`` of the run's configuration."""

    name: str


class FromMany(msgspec.Struct, frozen=True, tag_field="from", tag="many"):
    """A list: one element for each source that gave one."""

    sources: tuple[FromStep | FromMapped | FromCollected | FromJobInput | FromAsset, ...]


StepSource = Union[FromStep, FromMapped, FromCollected, FromAsset, FromConfig, FromJobInput, FromMany]
"""Where a step's input comes from."""


class StepInput(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One input of a step. ``is_nothing`` inputs only order steps; nothing is loaded for them."""

    name: str
    source: StepSource
    is_nothing: bool = False
    asset_key: AssetKey | None = None
    input_manager_key: str | None = None


class StepOutput(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One output of a step.

    ``selected`` is false where a run wants only other outputs of the same computation.
    """

    name: str
    is_required: bool = True
    is_dynamic: bool = False
    is_nothing: bool = False
    io_manager_key: str = "io_manager"
    asset_key: AssetKey | None = None
    check_key: AssetCheckKey | None = None
    selected: bool = True


class Step(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One unit of execution: one call of one op.

    Args:
        key: Unique in the plan: node names joined by dots, ``graph.op``; with ``[mapping_key]`` once expanded.
        path: The node names, outermost first; leads to the op's definition.
        op: The name of the op's definition.
        inputs: What the op takes.
        outputs: What it gives.
        after: Steps that must succeed first, beyond those that inputs name.
        tags: The op's tags as they are in this place.
        priority: Among ready steps, higher starts first.
        pool: The pool whose slot the step waits for.
        retry_policy: What to do when it fails.
        mapped_over: For a placeholder, the dynamic output it is expanded over.
        mapping_key: For an expanded step, the key of its element.
        required_resources: Resource keys that the op asks for.
    """

    key: str
    path: tuple[str, ...]
    op: str
    inputs: tuple[StepInput, ...] = ()
    outputs: tuple[StepOutput, ...] = ()
    after: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    priority: int = 0
    pool: str | None = None
    retry_policy: RetryPolicy | None = None
    mapped_over: FromStep | None = None
    mapping_key: str | None = None
    required_resources: frozenset[str] = frozenset()

    @property
    def assets(self) -> tuple[AssetKey, ...]:
        """The assets that the step writes in this run."""
        return tuple(out.asset_key for out in self.outputs if out.asset_key is not None and out.selected)

    @property
    def checks(self) -> tuple[AssetCheckKey, ...]:
        """The checks that the step evaluates in this run."""
        return tuple(out.check_key for out in self.outputs if out.check_key is not None and out.selected)

    def output(self, name: str) -> StepOutput | None:
        """Return the output of that name, or ``None``."""
        return next((output for output in self.outputs if output.name == name), None)


def upstream_steps(step: Step) -> tuple[str, ...]:
    """Return the keys of all steps that ``step`` waits for, each once."""
    found: dict[str, None] = {}
    for step_input in step.inputs:
        for source in flat(step_input.source):
            if isinstance(source, (FromStep, FromMapped, FromCollected)):
                found[source.step] = None
    found.update(dict.fromkeys(step.after))
    if step.mapped_over is not None:
        found[step.mapped_over.step] = None
    return tuple(found)


def flat(source: StepSource) -> tuple[StepSource, ...]:
    """Return the single sources that an input comes from."""
    return source.sources if isinstance(source, FromMany) else (source,)


def expanded_step(placeholder: Step, mapping_key: str) -> Step:
    """Return the step that a placeholder becomes for one mapping key."""
    return replace(
        placeholder,
        key=f"{placeholder.key}[{mapping_key}]",
        mapping_key=mapping_key,
        inputs=tuple(_expanded_input(one, placeholder, mapping_key) for one in placeholder.inputs),
    )


def _expanded_input(step_input: StepInput, placeholder: Step, mapping_key: str) -> StepInput:
    source = step_input.source
    if isinstance(source, FromMany):
        many = tuple(_expanded_source(one, placeholder, mapping_key) for one in source.sources)
        return replace(step_input, source=FromMany(many))  # type: ignore[arg-type]
    return replace(step_input, source=_expanded_source(source, placeholder, mapping_key))


def _expanded_source(source: StepSource, placeholder: Step, mapping_key: str) -> StepSource:
    if not isinstance(source, FromMapped) or placeholder.mapped_over is None:
        return source
    if source.step == placeholder.mapped_over.step:
        return source
    return FromMapped(f"{source.step}[{mapping_key}]", source.output)
