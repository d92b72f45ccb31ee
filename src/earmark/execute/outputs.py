"""The outputs of a step: what user code gave, checked, stored by IO managers, and told as events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from earmark.define.assets.data_versions import DataVersionsByPartition
from earmark.define.ops.outputs import (
    NO_VALUE,
    AssetCheckResult,
    DataVersion,
    DynamicOutput,
    ExpectationResult,
    MaterializeResult,
    ObserveResult,
    Output,
)
from earmark.events.assets import AssetCheckEvaluation, AssetMaterialization, AssetObservation
from earmark.events.kinds import (
    AssetCheckEvaluated,
    AssetMaterialized,
    AssetObserved,
    ExpectationEvaluated,
    OutputHandled,
    OutputYielded,
)
from earmark.execute.inputs import manager_named, partitions_of_asset
from earmark.execute.io_contexts.output import OutputContext
from earmark.execute.resources import resource_config_of
from earmark.execute.scope import RunScope, StepScope
from earmark.plan.step import FromAsset, FromStep, StepOutput
from earmark.specs.computation import ExecutionType
from earmark.specs.metadata import AnyMetadataValue
from earmark.specs.severity import AssetCheckSeverity
from earmark.values.errors import (
    DagsterAssetCheckFailedError,
    DagsterExecutionHandleOutputError,
    DagsterInvariantViolationError,
    DagsterStepOutputNotFoundError,
    DagsterTypeCheckDidNotPass,
    did_you_mean,
)
from earmark.values.keys import AssetCheckKey, AssetKey

Metadata = Mapping[str, AnyMetadataValue]

_RESULTS = (Output, DynamicOutput, MaterializeResult, ObserveResult, AssetCheckResult, AssetCheckEvaluation)


class StepOutputs:
    """Takes what the function of one step gives, one thing at a time, and remembers which outputs came.

    Args:
        scope: The step.
    """

    def __init__(self, scope: StepScope) -> None:
        assert scope.step is not None
        assert scope.run is not None
        self._scope = scope
        self._run: RunScope = scope.run
        self._step = scope.step
        self.given: set[str] = set()
        self.mapping_keys: dict[str, list[str]] = {o.name: [] for o in self._step.outputs if o.is_dynamic}
        self._failed_blocking: list[AssetCheckKey] = []
        self._gave_no_result = False

    def take(self, thing: Any) -> None:
        """Take one thing that the function yielded (or returned, wrapped).

        Raises:
            DagsterInvariantViolationError: It is nothing that a function may yield, or an output came twice.
        """
        match thing:
            case Output():
                self._take_output(thing)
            case DynamicOutput():
                self._take_dynamic(thing)
            case MaterializeResult():
                self._take_materialize_result(thing)
            case ObserveResult():
                self._take_observe_result(thing)
            case AssetCheckResult() | AssetCheckEvaluation():
                self._take_check(thing)
            case AssetMaterialization() | AssetObservation() | ExpectationResult():
                self._scope.user_events.append(thing)
                record_user_event(self._scope, thing)
            case _:
                raise DagsterInvariantViolationError(
                    f"{self._name} yielded {thing!r} ({type(thing).__name__}). A generator yields Output,"
                    " MaterializeResult, AssetMaterialization, AssetCheckResult and the like.",
                    hint="To give one value, return it instead of yielding it.",
                )

    @property
    def _name(self) -> str:
        return f"The function of {self._step.op!r}"

    def take_returned(self, value: Any) -> None:
        """Take what a plain function returned: a value, a result, or a tuple with one element for each output."""
        wanted = [out for out in self._step.outputs if out.check_key is None]
        if len(wanted) == 1 and isinstance(value, DataVersion):
            value = ObserveResult(data_version=value)
        if len(wanted) == 1 and isinstance(value, DataVersionsByPartition):
            self._take_versions(wanted[0], value)
        elif isinstance(value, _RESULTS):
            self.take(value)
        elif isinstance(value, (AssetMaterialization, ExpectationResult)):
            raise DagsterInvariantViolationError(
                f"{self._name} returned {type(value).__name__}, which is ambiguous.",
                hint="Yield it, or give it to context.log_event.",
            )
        elif not wanted:
            self._take_for_checks(value)
        elif value is None and all(out.is_nothing or not out.is_required for out in wanted) and len(wanted) != 1:
            return
        elif len(self._step.outputs) == 1 or (len(wanted) == 1 and not self._checks_missing(value)):
            self._take_single(wanted[0], value)
        else:
            self._take_tuple(wanted, value)

    def _take_versions(self, out: StepOutput, versions: DataVersionsByPartition) -> None:
        """Tell what version each partition of an observed asset has."""
        key = out.asset_key
        if key is None:
            raise DagsterInvariantViolationError(f"{self._name} returned data versions, but it observes no asset.")
        for partition, version in versions.data_versions_by_partition.items():
            self._scope.emit(AssetObserved(AssetObservation(key, None, {}, partition, {}), version.value))
        self.given.add(out.name)
        self._scope.emit(OutputYielded(out.name, None, True, {}))

    def _checks_missing(self, value: Any) -> bool:
        if isinstance(value, tuple):
            return True
        if value is None and self._step.outputs[0].is_nothing:
            return False
        return any(out.check_key is not None and out.selected for out in self._step.outputs)

    def _take_for_checks(self, value: Any) -> None:
        if isinstance(value, (list, tuple)):
            for one in value:
                self.take(one)
        elif isinstance(value, bool):
            self.take(AssetCheckResult(passed=value))
        elif value is None:
            # Nothing was found out. That is no failure of the step, but nobody should take it for a pass.
            self._gave_no_result = True
            self._scope.log.warning("%s returned nothing, so its checks have no result.", self._name)
        else:
            raise DagsterInvariantViolationError(
                f"{self._name} returned {value!r}; a check returns an AssetCheckResult.", value=value
            )

    def _take_single(self, out: StepOutput, value: Any) -> None:
        if out.is_dynamic:
            if not isinstance(value, (list, tuple)) or not all(isinstance(one, DynamicOutput) for one in value):
                raise DagsterInvariantViolationError(
                    f"{self._name} has a dynamic output, so it returns a list of DynamicOutput, not {value!r}."
                )
            for one in value:
                self._take_dynamic(one)
        elif isinstance(value, tuple) and value and all(isinstance(one, MaterializeResult) for one in value):
            for one in value:
                self.take(one)
        else:
            self._take_output(Output(value, out.name))

    def _take_tuple(self, wanted: Sequence[StepOutput], value: Any) -> None:
        if (
            isinstance(value, (list, tuple))
            and value
            and all(isinstance(one, (MaterializeResult, ObserveResult, AssetCheckResult)) for one in value)
        ):
            for one in value:
                self.take(one)
            return
        selected = [out for out in wanted if out.selected]
        if not isinstance(value, tuple) or len(value) not in (len(wanted), len(selected)):
            names = ", ".join(out.name for out in self._step.outputs)
            raise DagsterInvariantViolationError(
                f"{self._name} has the outputs {names}, but returned {type(value).__name__}"
                + (f" of {len(value)} elements." if isinstance(value, tuple) else "."),
                hint="Return a tuple with one element for each output, or yield each of them.",
            )
        for out, one in zip(wanted if len(value) == len(wanted) else selected, value, strict=True):
            if isinstance(one, Output):
                if one.output_name not in (out.name, "result"):
                    raise DagsterInvariantViolationError(
                        f"{self._name} returned an Output for {one.output_name!r} in the place of {out.name!r}."
                    )
                self._take_output(Output(one.value, out.name, one.metadata, one.data_version, one.tags))
            elif isinstance(one, (MaterializeResult, AssetCheckResult, DynamicOutput)):
                self.take(one)
            else:
                self._take_single(out, one)

    def _output_named(self, name: str) -> StepOutput:
        out = self._step.output(name)
        if out is None:
            names = [one.name for one in self._step.outputs]
            raise DagsterInvariantViolationError(
                f"{self._name} gave an output {name!r}, which it does not declare; it has {', '.join(names)}."
                f"{did_you_mean(name, names)}"
            )
        return out

    def _take_output(self, output: Output[Any]) -> None:
        name = output.output_name
        if self._step.output(name) is None and name == "result" and len(self._step.outputs) == 1:
            name = self._step.outputs[0].name
        out = self._output_named(name)
        if out.is_dynamic:
            raise DagsterInvariantViolationError(
                f"{self._name} gave an Output for {name!r}; it must be a DynamicOutput."
            )
        if name in self.given:
            raise DagsterInvariantViolationError(f'{self._name} returned an output "{name}" multiple times.')
        self._give(out, output.value, output.metadata or {}, output.tags or {}, output.data_version, None)
        self.given.add(name)

    def _take_dynamic(self, output: DynamicOutput[Any]) -> None:
        out = self._output_named(output.output_name)
        if not out.is_dynamic:
            raise DagsterInvariantViolationError(
                f"{self._name} gave a DynamicOutput for {out.name!r}, which is declared as a plain Out.",
                hint="Declare it as DynamicOut.",
            )
        keys = self.mapping_keys[out.name]
        if output.mapping_key in keys:
            raise DagsterInvariantViolationError(
                f"{self._name} gave the mapping key {output.mapping_key!r} of {out.name!r} multiple times."
            )
        self._give(out, output.value, output.metadata or {}, {}, None, output.mapping_key)
        keys.append(output.mapping_key)
        self.given.add(out.name)

    def _take_materialize_result(self, result: MaterializeResult[Any]) -> None:
        out = self._output_of_asset(result.asset_key)
        if out.name in self.given:
            raise DagsterInvariantViolationError(f'{self._name} returned an output "{out.name}" multiple times.')
        self._give(out, result.value, result.metadata or {}, result.tags or {}, result.data_version, None)
        self.given.add(out.name)
        for check in result.check_results or ():
            self._take_check(check, out.asset_key)

    def _take_observe_result(self, result: ObserveResult) -> None:
        out = self._output_of_asset(result.asset_key)
        assert out.asset_key is not None
        version = result.data_version.value if result.data_version else None
        key = self._partition_of(out.asset_key)
        observation = AssetObservation(out.asset_key, None, dict(result.metadata or {}), key, dict(result.tags or {}))
        self._scope.emit(AssetObserved(observation, version))
        self.given.add(out.name)
        for check in result.check_results or ():
            self._take_check(check, out.asset_key)

    def _output_of_asset(self, key: AssetKey | None) -> StepOutput:
        writing = [out for out in self._step.outputs if out.asset_key is not None]
        if key is None:
            selected = [out for out in writing if out.selected]
            if len(writing) == 1 or len(selected) == 1:
                return (selected or writing)[0]
            names = ", ".join(out.asset_key.to_user_string() for out in writing if out.asset_key)
            raise DagsterInvariantViolationError(
                f"{self._name} computes the assets {names or '(none)'}; a result must say which by asset_key=."
            )
        for out in writing:
            if out.asset_key == key:
                return out
        known = [out.asset_key.to_user_string() for out in writing if out.asset_key]
        raise DagsterInvariantViolationError(
            f"{self._name} gave a result for the asset {key.to_user_string()!r}, which it does not compute; it computes"
            f" {', '.join(known) or 'none'}.{did_you_mean(key.to_user_string(), known)}"
        )

    def _give(
        self,
        out: StepOutput,
        value: Any,
        metadata: Metadata,
        tags: Mapping[str, str],
        data_version: DataVersion | None,
        mapping_key: str | None,
    ) -> None:
        """Check one value, store it, and tell what happened."""
        op = self._scope.op_def
        assert op is not None
        has_value = value is not NO_VALUE
        if has_value:
            kind = op.output_types[out.name]
            checked = kind.type_check(self._scope, value)  # type: ignore[arg-type]
            self._scope.emit(OutputYielded(out.name, mapping_key, checked.success, dict(metadata)))
            if not checked.success:
                raise DagsterTypeCheckDidNotPass(
                    f'Type check failed for step output "{out.name}" of {self._step.key!r}: expected type'
                    f' "{kind.display_name}". {checked.description or ""}'.rstrip()
                )
        else:
            self._scope.emit(OutputYielded(out.name, mapping_key, True, dict(metadata)))
        added = self._scope.output_metadata.get((out.name, mapping_key), {})
        facts: dict[str, Any] = {**metadata, **added}
        handled: OutputHandled | None = None
        if has_value and not out.is_nothing:
            stored = self._store(out, value, facts, mapping_key)
            facts = {**facts, **stored}
            handled = OutputHandled(out.name, out.io_manager_key, mapping_key, dict(stored))
        if self._run.captured is not None:
            self._run.captured[(self._step.key, out.name, mapping_key)] = value
        if out.asset_key is not None:
            self._materialize(out, facts, tags, data_version)
        if handled is not None:
            self._scope.emit(handled)

    def _store(self, out: StepOutput, value: Any, facts: Metadata, mapping_key: str | None) -> Metadata:
        op = self._scope.op_def
        assert op is not None
        run = self._run
        manager = manager_named(run, out.io_manager_key)
        layer = run.job.asset_layer
        spec = None if layer is None or out.asset_key is None else layer.spec_of(out.asset_key)
        declared = dict(op.outs[out.name].metadata or {})
        context = OutputContext(
            step_key=self._step.key,
            run_id=run.run.run_id,
            mapping_key=mapping_key,
            asset_spec=spec,
            output_metadata=facts,
            name=out.name,
            job_name=run.job.name,
            definition_metadata=declared if spec is None else {**declared, **spec.metadata},
            config=None,
            dagster_type=op.output_types[out.name],
            resource_config=resource_config_of(run, out.io_manager_key),
            resources=run.resources,
            op_def=op,
            asset_key=out.asset_key,
            partitions=self._scope.partitions,
            partitions_def=None if out.asset_key is None else partitions_of_asset(self._scope, out.asset_key),
            instance=run.instance,
            log=self._scope.log,
            step_context=self._scope,
        )
        try:
            told = manager.handle_output(context, value)
            told = list(told) if isinstance(told, Iterator) else [told]
        except Exception as error:
            raise DagsterExecutionHandleOutputError(
                f'Error occurred while handling output "{out.name}" of step "{self._step.key}" by the IO manager'
                f" {out.io_manager_key!r}.",
                user_exception=error,
            ) from error
        for thing in told:
            self._take_from_manager(out, context, thing)
        for event in context.logged_events:
            record_user_event(self._scope, event)
        return context.added_metadata

    def _take_from_manager(self, out: StepOutput, context: OutputContext, thing: Any) -> None:
        """Take what ``handle_output`` returned or yielded: nothing, metadata, or a materialization of its own."""
        if thing is None:
            return
        if isinstance(thing, Mapping):
            context.add_output_metadata(thing)
        elif isinstance(thing, AssetMaterialization):
            context.log_event(thing)
        else:
            raise DagsterInvariantViolationError(
                f"The IO manager {out.io_manager_key!r} gave {thing!r} for the output {out.name!r}; handle_output gives"
                " nothing, a dict of metadata, or an AssetMaterialization."
            )

    def _materialize(
        self, out: StepOutput, facts: Metadata, tags: Mapping[str, str], data_version: DataVersion | None
    ) -> None:
        key = out.asset_key
        assert key is not None
        layer = self._run.job.asset_layer
        spec = None if layer is None else layer.spec_of(key)
        if layer is not None and layer.execution_type_of(key) is ExecutionType.OBSERVATION:
            version = data_version.value if data_version else self._scope.data_versions.get(key)
            self._scope.emit(
                AssetObserved(AssetObservation(key, None, dict(facts), self._partition_of(key), dict(tags)), version)
            )
            return
        common = self._scope.asset_metadata.get((key, None), {})
        code_version = None if spec is None else spec.code_version
        versions = self._input_versions(key)
        own = data_version.value if data_version else self._scope.data_versions.get(key)
        version = own or _derived_version(code_version or self._run.run.run_id, versions)
        self._run.data_versions[key] = version
        for partition in self._partitions_of(key):
            extra = self._scope.asset_metadata.get((key, partition), {}) if partition is not None else {}
            self._scope.emit(
                AssetMaterialized(
                    AssetMaterialization(key, None, {**facts, **common, **extra}, partition, dict(tags)),
                    out.name,
                    code_version,
                    version,
                    versions,
                )
            )

    def _partitions_of(self, key: AssetKey) -> Sequence[str | None]:
        about = self._scope.partitions
        definition = partitions_of_asset(self._scope, key)
        if definition is None or (about.key is None and about.key_range is None):
            return [None]
        return about.texts(definition)

    def _partition_of(self, key: AssetKey) -> str | None:
        keys = self._partitions_of(key)
        return keys[0] if len(keys) == 1 else None

    def _input_versions(self, key: AssetKey) -> dict[str, str]:
        found: dict[str, str] = {}
        for step_input in self._step.inputs:
            upstream = step_input.asset_key
            if upstream is None and isinstance(step_input.source, FromAsset):
                upstream = step_input.source.asset_key
            if upstream is None or not isinstance(step_input.source, (FromAsset, FromStep)):
                continue
            version = self._run.data_versions.get(upstream)
            if version is None:
                version = self._run.instance.latest_data_version(upstream)
                if version is not None:
                    self._run.data_versions[upstream] = version
            if version is not None:
                found[upstream.to_user_string()] = version
        return found

    def _take_check(self, result: AssetCheckResult | AssetCheckEvaluation, asset: AssetKey | None = None) -> None:
        out = self._output_of_check(result, asset)
        key = out.check_key
        assert key is not None
        layer = self._run.job.asset_layer
        spec = None if layer is None else layer.check_spec_of(key)
        blocking = spec is not None and spec.blocking
        evaluation = AssetCheckEvaluation(
            key.asset_key,
            key.name,
            result.passed,
            result.severity,
            dict(result.metadata or {}),
            result.description,
            blocking,
            self._partition_of(key.asset_key),
            self._run.run.run_id if key.asset_key in self._run.data_versions else None,
        )
        self._scope.emit(OutputYielded(out.name))
        self._scope.emit(AssetCheckEvaluated(evaluation))
        self.given.add(out.name)
        if blocking and not result.passed and result.severity is AssetCheckSeverity.ERROR:
            self._failed_blocking.append(key)

    def _output_of_check(self, result: AssetCheckResult | AssetCheckEvaluation, asset: AssetKey | None) -> StepOutput:
        asset = result.asset_key or asset
        candidates = [
            out
            for out in self._step.outputs
            if out.check_key is not None
            and (asset is None or out.check_key.asset_key == asset)
            and (result.check_name is None or out.check_key.name == result.check_name)
        ]
        if len(candidates) == 1:
            return candidates[0]
        known = [out.check_key.to_user_string() for out in self._step.outputs if out.check_key is not None]
        if candidates:
            raise DagsterInvariantViolationError(
                f"{self._name} evaluates the checks {', '.join(known)}; a result must say which by asset_key= and"
                " check_name=."
            )
        named = f"{asset.to_user_string() if asset else '*'}:{result.check_name or '*'}"
        raise DagsterInvariantViolationError(
            f"{self._name} gave a result for the check {named}, which it does not declare; it declares"
            f" {', '.join(known) or 'none'}.{did_you_mean(named, known)}"
        )

    def finish(self) -> None:
        """Say what the step gave without saying so, and refuse its success if something is missing.

        Raises:
            DagsterStepOutputNotFoundError: A required output never came.
            DagsterAssetCheckFailedError: A blocking check did not pass, with severity ``ERROR``.
        """
        for out in self._step.outputs:
            if out.name in self.given or not out.selected or out.is_dynamic:
                continue
            if out.check_key is not None:
                if not out.is_required or self._gave_no_result:
                    continue
                raise DagsterStepOutputNotFoundError(
                    f"{self._name} did not give a result for the check {out.check_key.to_user_string()}."
                )
            if out.is_nothing and out.is_required:
                self._give(out, NO_VALUE, {}, {}, None, None)
                self.given.add(out.name)
            elif out.is_required:
                raise DagsterStepOutputNotFoundError(
                    f"{self._name} did not return an output for non-optional output {out.name!r}."
                )
        if self._failed_blocking:
            count = len(self._failed_blocking)
            names = ", ".join(key.to_user_string() for key in self._failed_blocking)
            raise DagsterAssetCheckFailedError(
                f"{count} blocking asset check{'s' if count > 1 else ''} failed with ERROR severity: {names}",
                checks=self._failed_blocking,
            )


def _derived_version(code_version: str, inputs: Mapping[str, str]) -> str:
    text = "\n".join((code_version, *(f"{key}={value}" for key, value in sorted(inputs.items()))))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def record_user_event(scope: StepScope, event: Any) -> None:
    """Tell an event that user code made itself."""
    match event:
        case AssetMaterialization():
            version = event.tags.get("dagster/data_version")
            scope.emit(AssetMaterialized(event, data_version=version))
        case AssetObservation():
            scope.emit(AssetObserved(event, event.tags.get("dagster/data_version")))
        case AssetCheckEvaluation():
            scope.emit(AssetCheckEvaluated(event))
        case AssetCheckResult():
            if event.asset_key is None or event.check_name is None:
                raise DagsterInvariantViolationError(
                    "A check result that is logged must name its asset and its check: asset_key= and check_name=."
                )
            evaluation = AssetCheckEvaluation(
                event.asset_key,
                event.check_name,
                event.passed,
                event.severity,
                dict(event.metadata or {}),
                event.description,
            )
            scope.emit(AssetCheckEvaluated(evaluation))
        case ExpectationResult():
            scope.emit(ExpectationEvaluated(event.success, event.label, event.description, dict(event.metadata or {})))
