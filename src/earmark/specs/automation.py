"""When an asset should be written by itself: a tree of conditions, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
from msgspec.structs import force_setattr
from msgspec.structs import replace as with_fields

from earmark.values import wire
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError, caller_location
from earmark.values.keys import AssetKey

OVER_DEPS = ("any_deps_match", "all_deps_match")
OVER_CHECKS = ("any_checks_match", "all_checks_match")
OVER_PARENTS = ("deps_not_updated", "deps_nonexistent")
OVER_ANCESTORS = ("deps_outdated",)
OVER_ROOTS = ("any_job_root_assets_match", "all_job_root_assets_match")

STATEFUL = frozenset(("newly_true", "since", "code_version_changed", "data_version_changed", "limited"))
"""What is compared with, or added to, what it was at the last evaluation."""


OWN = "own:"
"""Begins the kind of conditions that users write, which is the name of their class."""


class _ConditionType(type(msgspec.Struct)):  # type: ignore[misc]
    """The type of the class of conditions, whose subclasses are plain classes of users rather than other data."""

    def __new__(mcls, name: str, bases: Any, namespace: Any, **options: Any) -> Any:
        if not any(isinstance(base, _ConditionType) for base in bases):
            return super().__new__(mcls, name, bases, namespace, **options)
        body = {**namespace, "is_own": True}
        _check_seconds(name, body.get("max_seconds", 1.0))
        initialize, after = body.pop("__init__", None), body.pop("__post_init__", None)
        annotations = {kind: body.pop(kind) for kind in _ANNOTATIONS if kind in body}
        made = super().__new__(_OwnConditionType, name, bases, body, frozen=False, dict=True)
        # Put back where they are no fields of a struct any more: @dataclass reads them.
        for kind, value in annotations.items():
            type.__setattr__(made, _ANNOTATIONS[kind], value)
        if initialize is not None:
            type.__setattr__(made, "__init__", initialize)
        if after is not None:
            # A struct would call it before the fields of a dataclass are there.
            type.__setattr__(made, "_after_init", after)
        return made


_ANNOTATIONS = {
    "__annotations__": "__annotations__",
    "__annotate__": "__annotate__",
    "__annotate_func__": "__annotate__",
}
"""Under what names a class body holds its annotations in different versions of Python, and a class does."""

_ALIKE = frozenset(("__eq__", "__hash__", "__repr__", "__setattr__", "__delattr__", "__match_args__"))
"""What all conditions have alike: how they are compared, shown and kept; @dataclass does not change it."""


def _check_seconds(name: str, seconds: Any) -> None:
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and seconds > 0:
        return
    raise DagsterInvalidDefinitionError(
        f"max_seconds of the condition {name} is a number of seconds, not {seconds!r}.", where=caller_location()
    )


class _OwnConditionType(_ConditionType):
    """The type of the conditions that users write: what their ``__init__`` keeps are the parameters."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__call__(kind=f"{OWN}{cls.__name__}")
        cls.__init__(made, *args, **kwargs)  # type: ignore[misc]
        kept = vars(made)
        force_setattr(made, "operands", tuple(one for one in kept.values() if isinstance(one, AutomationCondition)))
        shown = {key: _as_data(value) for key, value in kept.items() if not _is_hidden(key, value)}
        force_setattr(made, "params", shown)
        return made

    def __setattr__(cls, name: str, value: Any) -> None:
        if "__dataclass_fields__" in vars(cls):
            if name in _ALIKE:
                return
            if name == "__init__":
                # A frozen dataclass would set its fields as only plain objects let it.
                value = _init_by_fields(value)
        super().__setattr__(name, value)


def _init_by_fields(initialize: Any) -> Any:
    """Return what takes the arguments of a dataclass's ``__init__`` and keeps its fields as a condition does."""
    import dataclasses
    import inspect

    signature = inspect.signature(initialize)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        bound = signature.bind(self, *args, **kwargs)
        given = dict(bound.arguments)
        for one in dataclasses.fields(self):
            if one.name in given:
                vars(self)[one.name] = given[one.name]
            elif one.default_factory is not dataclasses.MISSING:
                vars(self)[one.name] = one.default_factory()
            elif one.default is not dataclasses.MISSING:
                vars(self)[one.name] = one.default
        after = getattr(self, "_after_init", None)
        if after is not None:
            bound.apply_defaults()
            kept = {first, *(one.name for one in dataclasses.fields(self))}
            after(*(value for name, value in bound.arguments.items() if name not in kept))

    first = next(iter(signature.parameters))
    __init__.__signature__ = signature  # type: ignore[attr-defined]
    __init__.__doc__ = initialize.__doc__
    return __init__


def _is_hidden(name: str, value: Any) -> bool:
    return name.startswith("_") or isinstance(value, AutomationCondition)


def _as_data(value: Any) -> Any:
    """Return a parameter as data; of what is none, only the class is known."""
    try:
        return wire.decode(wire.encode(value), Any)
    except (TypeError, NotImplementedError, ValueError):
        return type(value).__name__


class AutomationCondition(msgspec.Struct, metaclass=_ConditionType, frozen=True, omit_defaults=True):
    """A node of a condition tree: what it asks (``kind``), with which parameters, of which operands.

    Made by its static methods, combined with ``&``, ``|`` and ``~``. For each partition of an asset (or for an asset
    without partitions as a whole) it is true or not.

    A subclass with a method ``evaluate`` is a condition of one's own. It is a plain class or a dataclass: what its
    ``__init__`` keeps in attributes are its parameters, by which two of them are told apart, and conditions among them
    are its operands.
    Only the process that holds the code can ask it; elsewhere its name and parameters are known.

    Example:
        >>> import earmark as em
        >>> condition = AutomationCondition.on_missing() | AutomationCondition.code_version_changed()
        >>> orders = em.AssetSpec("orders", automation_condition=condition)
        >>> [operand.label or operand.kind for operand in orders.automation_condition.operands]
        ['on_missing', 'code_version_changed']
        >>> class OnWeekdays(em.AutomationCondition):
        ...     def __init__(self, *days: int):
        ...         self.days = days
        ...
        ...     def evaluate(self, context: em.AutomationContext) -> em.AutomationResult:
        ...         is_one = context.evaluation_time.weekday() in self.days
        ...         true = context.candidate_subset if is_one else context.get_empty_subset()
        ...         return em.AutomationResult(context, true_subset=true)
        >>> (AutomationCondition.eager() & OnWeekdays(0, 2)).operands[-1].name
        'OnWeekdays(days=[0, 2])'
    """

    is_own: ClassVar[bool] = False
    """Whether it was written by a user."""

    max_seconds: ClassVar[float] = 10.0
    """How many seconds the code of a condition of one's own may take for one asset; a subclass may say otherwise."""

    kind: str
    params: dict[str, Any] = {}
    operands: tuple[AutomationCondition, ...] = ()
    label: str | None = None

    # Combining --------------------------------------------------------------------------------------------------

    def __and__(self, other: AutomationCondition) -> AutomationCondition:
        return _joined("and", self, other)

    def __or__(self, other: AutomationCondition) -> AutomationCondition:
        return _joined("or", self, other)

    def __invert__(self) -> AutomationCondition:
        return AutomationCondition("not", operands=(self,))

    def newly_true(self) -> AutomationCondition:
        """Return the condition that this one is true and was not when it was last evaluated."""
        return AutomationCondition("newly_true", operands=(self,))

    def since(self, reset_condition: AutomationCondition) -> AutomationCondition:
        """Return the condition that this one was true at some evaluation since ``reset_condition`` last was."""
        return AutomationCondition("since", operands=(self, reset_condition))

    def since_last_handled(self) -> AutomationCondition:
        """Return the condition that this one was true since the asset was last requested or updated."""
        handled = (
            AutomationCondition.newly_requested()
            | AutomationCondition.newly_updated()
            | AutomationCondition.initial_evaluation()
        )
        return self.since(handled.with_label("handled"))

    def with_label(self, label: str | None) -> AutomationCondition:
        """Return it under a name of its own."""
        return self._changed(label=label)

    def replace(self, old: AutomationCondition | str, new: AutomationCondition) -> AutomationCondition:
        """Return the tree with every node that equals ``old``, or has it as its label or name, replaced by ``new``."""
        if old in (self.get_label(), self.name) if isinstance(old, str) else self == old:
            return new
        return self._changed(operands=tuple(one.replace(old, new) for one in self.operands))

    def without(self, condition: AutomationCondition) -> AutomationCondition:
        """Return an *and* without one of its operands.

        Raises:
            DagsterInvariantViolationError: It is no *and*, or has no such operand.
        """
        left = tuple(one for one in self.operands if one != condition)
        if self.kind != "and" or len(left) == len(self.operands):
            raise DagsterInvariantViolationError(
                "without() takes an operand out of conditions joined by &; there is no such operand here.",
                where=caller_location(),
            )
        return left[0] if len(left) == 1 else self._changed(operands=left)

    def allow(self, selection: Any) -> AutomationCondition:
        """Return a condition over dependencies (or checks) that looks only at those of a selection."""
        return self._narrowed("allow", selection)

    def ignore(self, selection: Any) -> AutomationCondition:
        """Return a condition over dependencies (or checks) that does not look at those of a selection."""
        return self._narrowed("ignore", selection)

    def _narrowed(self, how: str, selection: Any) -> AutomationCondition:
        """Narrow it, and where it is no condition over dependencies itself, those that it is made of."""
        if self.kind in (*OVER_DEPS, *OVER_CHECKS):
            before = self.params.get(how)
            query = str(selection)
            return self._changed(params={**self.params, how: query if before is None else f"({before}) or ({query})"})
        return self._changed(operands=tuple(one._narrowed(how, selection) for one in self.operands))

    def _changed(self, **fields: Any) -> AutomationCondition:
        made = with_fields(self, **fields)
        if self.is_own:
            others = {id(one): other for one, other in zip(self.operands, made.operands, strict=True)}
            vars(made).update((name, others.get(id(value), value)) for name, value in vars(self).items())
        return made

    # Looking ----------------------------------------------------------------------------------------------------

    @property
    def children(self) -> Sequence[AutomationCondition]:
        """The conditions that it is made of."""
        return self.operands

    @property
    def name(self) -> str:
        """What it asks, with its parameters."""
        if self.kind in ("and", "or", "not", "newly_true", "since", *OVER_DEPS, *OVER_CHECKS, *OVER_ROOTS):
            shown = ",".join(f"{key}={value}" for key, value in self.params.items() if value not in (None, False))
            return self.kind.upper() + (f"({shown})" if shown else "")
        if self.kind == "asset_matches":
            return str(self.params["key"])
        if self.kind == "executed_with_tags":
            return f"{self.kind}({_tags_text(self.params)})"
        shown = ", ".join(f"{key}={value}" for key, value in self.params.items() if value is not None)
        kind = self.kind.removeprefix(OWN)
        return f"{kind}({shown})" if shown else kind

    @property
    def description(self) -> str:
        """What it asks, for people."""
        if self.is_own and type(self).__doc__:
            return str(type(self).__doc__).strip().partition("\n")[0]
        return _WORDS.get(self.kind, self.kind.replace("_", " "))

    def get_label(self) -> str | None:
        """Return its name of its own, if it has one."""
        return self.label

    @property
    def is_serializable(self) -> bool:
        """Whether all of it is data, which another process can evaluate: unless a user wrote some of it."""
        return not self.is_own and all(one.is_serializable for one in self.operands)

    @property
    def requires_cursor(self) -> bool:
        """Whether it is asked at each evaluation, as it remembers something, even where it cannot change the answer.

        A condition of one's own says ``True`` here to be asked even where the conditions before it leave nothing.
        """
        return self.kind in STATEFUL

    def evaluate(self, context: Any) -> Any:
        """Return for which of the candidates of an :class:`AutomationContext` it is true, as an
        :class:`AutomationResult`; what conditions of one's own write, as a function or an ``async`` one."""
        return context.evaluate_as_given()

    # What an asset is -------------------------------------------------------------------------------------------

    @staticmethod
    def missing() -> AutomationCondition:
        """True where the asset was never written."""
        return AutomationCondition("missing")

    @staticmethod
    def newly_missing() -> AutomationCondition:
        """True where the asset is missing and was not before."""
        return AutomationCondition.missing().newly_true().with_label("newly_missing")

    @staticmethod
    def newly_updated() -> AutomationCondition:
        """True where the asset was written (or observed) since the last evaluation."""
        return AutomationCondition("newly_updated")

    @staticmethod
    def newly_requested() -> AutomationCondition:
        """True where the last evaluation asked for the asset."""
        return AutomationCondition("newly_requested")

    @staticmethod
    def will_be_requested() -> AutomationCondition:
        """True where this evaluation asks for the asset, by a run that can write the asset with the condition, too.

        An asset that is cut otherwise is written by a run of its own, which has to end first.
        """
        return AutomationCondition("will_be_requested")

    @staticmethod
    def initial_evaluation() -> AutomationCondition:
        """True at the first evaluation of the asset's condition, and of each other condition that it gets."""
        return AutomationCondition("initial_evaluation")

    @staticmethod
    def run_in_progress() -> AutomationCondition:
        """True where an unfinished run intends to write the asset."""
        return AutomationCondition("run_in_progress")

    @staticmethod
    def backfill_in_progress() -> AutomationCondition:
        """True where a backfill that is not over is to write the asset."""
        return AutomationCondition("backfill_in_progress")

    @staticmethod
    def in_progress() -> AutomationCondition:
        """True where an unfinished run or backfill intends to write the asset."""
        return (AutomationCondition.run_in_progress() | AutomationCondition.backfill_in_progress()).with_label(
            "in_progress"
        )

    @staticmethod
    def execution_failed() -> AutomationCondition:
        """True where the last attempt to write the asset failed."""
        return AutomationCondition("execution_failed")

    @staticmethod
    def code_version_changed() -> AutomationCondition:
        """True if the asset's code version is another than at the last evaluation."""
        return AutomationCondition("code_version_changed")

    @staticmethod
    def data_version_changed() -> AutomationCondition:
        """True where the asset's data version is another than at the last evaluation."""
        return AutomationCondition("data_version_changed")

    @staticmethod
    def in_latest_time_window(lookback_delta: timedelta | None = None) -> AutomationCondition:
        """True for the latest window of time, or for those that end within ``lookback_delta`` of its end.

        Assets that are not cut by time are in it as a whole.
        """
        seconds = None if lookback_delta is None else lookback_delta.total_seconds()
        return AutomationCondition("in_latest_time_window", {} if seconds is None else {"lookback_seconds": seconds})

    @staticmethod
    def cron_tick_passed(cron_schedule: str, cron_timezone: str = "UTC") -> AutomationCondition:
        """True at the first evaluation after a tick of a cron expression.

        Raises:
            DagsterInvalidDefinitionError: The expression or the zone is invalid.
        """
        from earmark.partitions.cron import Cron

        Cron((cron_schedule,), cron_timezone)
        return AutomationCondition("cron_tick_passed", {"cron_schedule": cron_schedule, "cron_timezone": cron_timezone})

    @staticmethod
    def executed_with_root_target() -> AutomationCondition:
        """True where the run that last wrote the asset wrote, or was to write, the asset whose condition this is."""
        return AutomationCondition("executed_with_root_target")

    @staticmethod
    def executed_with_tags(
        *, tag_keys: Iterable[str] | None = None, tag_values: Mapping[str, str] | None = None
    ) -> AutomationCondition:
        """True where the run that last wrote the asset has all of these tag keys and values."""
        return AutomationCondition("executed_with_tags", _tags(tag_keys, tag_values))

    @staticmethod
    def any_new_update_has_run_tags(
        tag_keys: Iterable[str] | None = None, tag_values: Mapping[str, str] | None = None
    ) -> AutomationCondition:
        """True where a run that updated the asset since the last evaluation has all of these tag keys and values."""
        return _new_updates("any_new_update_has_run_tags", tag_keys, tag_values, every=False)

    @staticmethod
    def all_new_updates_have_run_tags(
        tag_keys: Iterable[str] | None = None, tag_values: Mapping[str, str] | None = None
    ) -> AutomationCondition:
        """True where the asset was updated since the last evaluation, each time by a run with all of these tag keys and
        values."""
        return _new_updates("all_new_updates_have_run_tags", tag_keys, tag_values, every=True)

    @staticmethod
    def freshness_passed() -> AutomationCondition:
        """True if the asset is as fresh as its policy asks."""
        return AutomationCondition("freshness", {"state": "PASS"}).with_label("freshness_passed")

    @staticmethod
    def freshness_warned() -> AutomationCondition:
        """True if the asset's freshness policy warns."""
        return AutomationCondition("freshness", {"state": "WARN"}).with_label("freshness_warned")

    @staticmethod
    def freshness_failed() -> AutomationCondition:
        """True if the asset is older than its freshness policy allows."""
        return AutomationCondition("freshness", {"state": "FAIL"}).with_label("freshness_failed")

    # Checks -----------------------------------------------------------------------------------------------------

    @staticmethod
    def check_passed() -> AutomationCondition:
        """True for a check whose latest evaluation passed."""
        return AutomationCondition("check_result", {"passed": True})

    @staticmethod
    def check_failed() -> AutomationCondition:
        """True for a check whose latest evaluation did not pass."""
        return AutomationCondition("check_result", {"passed": False})

    @staticmethod
    def any_checks_match(condition: AutomationCondition, blocking_only: bool = False) -> AutomationCondition:
        """True for an asset one of whose (blocking) checks meets a condition."""
        return AutomationCondition("any_checks_match", {"blocking_only": True} if blocking_only else {}, (condition,))

    @staticmethod
    def all_checks_match(condition: AutomationCondition, blocking_only: bool = False) -> AutomationCondition:
        """True for an asset all of whose (blocking) checks meet a condition."""
        return AutomationCondition("all_checks_match", {"blocking_only": True} if blocking_only else {}, (condition,))

    # Other assets -----------------------------------------------------------------------------------------------

    @staticmethod
    def asset_matches(key: Any, condition: AutomationCondition) -> AutomationCondition:
        """True where an asset, named by its key, meets a condition."""
        text = AssetKey.from_coercible(key).to_user_string()
        return AutomationCondition("asset_matches", {"key": text}, (condition,))

    @staticmethod
    def any_deps_match(condition: AutomationCondition) -> AutomationCondition:
        """True where any of the partitions that the asset needs upstream meets a condition."""
        return AutomationCondition("any_deps_match", operands=(condition,))

    @staticmethod
    def all_deps_match(condition: AutomationCondition) -> AutomationCondition:
        """True where of each dependency at least one of the partitions that the asset needs meets a condition."""
        return AutomationCondition("all_deps_match", operands=(condition,))

    @staticmethod
    def any_deps_updated() -> AutomationCondition:
        """True where a dependency was updated, by a run that did not write the asset too, or is about to be."""
        without_root = AutomationCondition.newly_updated() & ~AutomationCondition.executed_with_root_target()
        either = without_root.with_label("newly_updated_without_root") | AutomationCondition.will_be_requested()
        return AutomationCondition.any_deps_match(either).with_label("any_deps_updated")

    @staticmethod
    def any_deps_missing() -> AutomationCondition:
        """True where a dependency is missing and is not about to be written."""
        return AutomationCondition.any_deps_match(
            AutomationCondition.missing() & ~AutomationCondition.will_be_requested()
        ).with_label("any_deps_missing")

    @staticmethod
    def any_deps_in_progress() -> AutomationCondition:
        """True where a dependency is being written."""
        return AutomationCondition.any_deps_match(AutomationCondition.in_progress()).with_label("any_deps_in_progress")

    @staticmethod
    def all_deps_blocking_checks_passed() -> AutomationCondition:
        """True where all blocking checks of all dependencies passed."""
        checks = AutomationCondition.all_checks_match(AutomationCondition.check_passed(), blocking_only=True)
        return AutomationCondition.all_deps_match(checks.with_label("all_blocking_checks_passed")).with_label(
            "all_deps_blocking_checks_passed"
        )

    @staticmethod
    def all_deps_updated_since_cron(cron_schedule: str, cron_timezone: str = "UTC") -> AutomationCondition:
        """True where all dependencies were updated since the last tick of a cron expression, or are about to be."""
        updated = AutomationCondition.newly_updated().since(
            AutomationCondition.cron_tick_passed(cron_schedule, cron_timezone)
        )
        return AutomationCondition.all_deps_match(updated | AutomationCondition.will_be_requested()).with_label(
            f"all_deps_updated_since_cron({cron_schedule}, {cron_timezone})"
        )

    @staticmethod
    def any_downstream_conditions() -> AutomationCondition:
        """True where the condition of any asset that is made from this one, near or far, is true of this one.

        Each condition is asked of this asset as if it were its own: ``missing()`` downstream means that this one is.
        """
        return AutomationCondition("any_downstream_conditions")

    @staticmethod
    def any_job_root_assets_match(condition: AutomationCondition) -> AutomationCondition:
        """True for a job any of whose topmost assets meets a condition."""
        return AutomationCondition("any_job_root_assets_match", operands=(condition,))

    @staticmethod
    def all_job_root_assets_match(condition: AutomationCondition) -> AutomationCondition:
        """True for a job all of whose topmost assets meet a condition."""
        return AutomationCondition("all_job_root_assets_match", operands=(condition,))

    # The usual ones ---------------------------------------------------------------------------------------------

    @staticmethod
    def eager() -> AutomationCondition:
        """True where the asset is newly missing or a dependency was updated, and nothing stands in the way.

        Only in the latest window of time; not while a dependency is missing or it or a dependency is in progress.
        """
        asked = AutomationCondition.newly_missing() | AutomationCondition.any_deps_updated()
        return (
            AutomationCondition.in_latest_time_window()
            & asked.since_last_handled()
            & ~AutomationCondition.any_deps_missing()
            & ~AutomationCondition.any_deps_in_progress()
            & ~AutomationCondition.in_progress()
        ).with_label("eager")

    @staticmethod
    def on_cron(cron_schedule: str, cron_timezone: str = "UTC") -> AutomationCondition:
        """True once after each tick of a cron expression, when all dependencies were updated since that tick.

        Raises:
            DagsterInvalidDefinitionError: The expression or the zone is invalid.
        """
        passed = AutomationCondition.cron_tick_passed(cron_schedule, cron_timezone)
        return (
            AutomationCondition.in_latest_time_window()
            & passed.since_last_handled()
            & AutomationCondition.all_deps_updated_since_cron(cron_schedule, cron_timezone)
        ).with_label(f"on_cron({cron_schedule}, {cron_timezone})")

    @staticmethod
    def on_missing() -> AutomationCondition:
        """True where the asset has become missing since its first evaluation and its dependencies are there."""
        missing = AutomationCondition.missing().newly_true().since_last_handled()
        return (
            AutomationCondition.in_latest_time_window()
            & missing.with_label("missing_since_last_handled")
            & ~AutomationCondition.any_deps_missing()
        ).with_label("on_missing")


_WORDS = {
    "and": "All of",
    "or": "Any of",
    "not": "Not",
    "in_latest_time_window": "Within latest time window",
    "will_be_requested": "Will be requested this tick",
}


def _joined(kind: str, left: AutomationCondition, right: AutomationCondition) -> AutomationCondition:
    """Join two conditions, taking in the operands of one that is joined the same way and has no name of its own."""
    operands: list[AutomationCondition] = []
    for one in (left, right):
        operands.extend(one.operands if one.kind == kind and one.label is None else (one,))
    return AutomationCondition(kind, operands=tuple(operands))


def _new_updates(
    name: str, keys: Iterable[str] | None, values: Mapping[str, str] | None, *, every: bool
) -> AutomationCondition:
    tags = _tags(keys, values)
    label = f"{name}({_tags_text(tags)})"
    return AutomationCondition(kind="new_updates_with_tags", params={**tags, "every": every}, label=label)


def _tags_text(params: Mapping[str, Any]) -> str:
    """Return tags as they are written in queries: ``key=value``, or the key alone where any value will do."""
    pairs = (f"{key}={value}" for key, value in params.get("tag_values", {}).items())
    return ", ".join((*params.get("tag_keys", ()), *pairs))


def _tags(keys: Iterable[str] | None, values: Mapping[str, str] | None) -> dict[str, Any]:
    return {"tag_keys": sorted(keys or ()), "tag_values": dict(values or {})}
