"""Conditions that users write: what they see, what they answer, and how they are asked."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, TypeVar

from earmark.decide.automation.evaluate import Evaluation, OwnConditionError
from earmark.decide.automation.memory import Key, Node, name_of
from earmark.decide.automation.subset import restored
from earmark.define.automation.entity_subset import AssetGraphView, EntitySubset
from earmark.define.automation.instigation import AsksInTime, TickTimeoutError
from earmark.graph.assets import AssetGraph
from earmark.specs.automation import AutomationCondition
from earmark.values import wire
from earmark.values.clock import to_datetime
from earmark.values.errors import DagsterInvariantViolationError

T = TypeVar("T")


class AutomationContext:
    """What a condition that a user wrote sees: what it is asked of, when, and what it said the last time.

    Attributes:
        condition: The condition.
        key: The asset, check or job that it is asked of.
        candidate_subset: What of it the answer matters for; what is outside was ruled out already.
        asset_graph_view: All assets at this instant.
        parent_context: The context of the condition that asks this one; ``None`` where a built-in one does.

    Example:
        >>> class EveryOtherTime(em.AutomationCondition):
        ...     def evaluate(self, context: em.AutomationContext) -> em.AutomationResult:
        ...         times = int(context.cursor or 0) + 1
        ...         true = context.candidate_subset if times % 2 == 0 else context.get_empty_subset()
        ...         return em.AutomationResult(context, true, cursor=str(times))
        >>> @em.asset(automation_condition=EveryOtherTime())
        ... def orders(): ...
        >>> instance, cursor, asked = em.DagsterInstance.ephemeral(), None, []
        >>> for _ in range(4):
        ...     told = em.evaluate_automation_conditions([orders], instance, cursor=cursor)
        ...     cursor = told.cursor
        ...     asked.append(told.total_requested)
        >>> asked
        [0, 1, 0, 1]
    """

    def __init__(
        self,
        evaluation: Evaluation,
        condition: AutomationCondition,
        key: Key,
        path: str,
        candidate_subset: EntitySubset,
        log: Any,
        parent_context: AutomationContext | None = None,
    ) -> None:
        self._evaluation = evaluation
        self._path = path
        self._children: list[AutomationResult] = []
        self.condition = condition
        self.key = key
        self.candidate_subset = candidate_subset
        self.asset_graph_view: AssetGraphView = candidate_subset.view
        self.parent_context = parent_context
        self.log = log

    # When ---------------------------------------------------------------------------------------------------------

    @property
    def evaluation_id(self) -> int:
        """The number of this evaluation of the sensor's conditions."""
        return self._evaluation.world.number

    @property
    def evaluation_time(self) -> datetime:
        """The present: the same for all conditions of a tick."""
        return to_datetime(self._evaluation.world.now)

    create_time = evaluation_time

    @property
    def max_storage_id(self) -> int | None:
        """The number of the latest event of all as the tick sees it; ``None`` where there is no instance."""
        world, instance = self._evaluation.world, self.asset_graph_view.instance
        if world.latest_event is None and instance is not None:
            world.latest_event = int(instance.store.events.head().rpartition(".")[2])
        return world.latest_event

    @property
    def previous_max_storage_id(self) -> int | None:
        """What ``max_storage_id`` was when the condition was last asked; ``None`` at the first time."""
        return self._kept.get("latest")

    @property
    def previous_evaluation_time(self) -> datetime | None:
        """When the condition of the asset was last evaluated; ``None`` at the first time."""
        memory = self._evaluation.memory
        return None if memory is None else to_datetime(memory.at)

    # What is there ------------------------------------------------------------------------------------------------

    @property
    def asset_graph(self) -> AssetGraph:
        """What depends on what."""
        return self.asset_graph_view.asset_graph

    @property
    def partitions_def(self) -> Any:
        """How the asset or job is cut."""
        return self._evaluation.world.partitions_of(self.key)

    @property
    def root_context(self) -> AutomationContext:
        """The context of the topmost of the user's conditions that ask each other."""
        return self if self.parent_context is None else self.parent_context.root_context

    @property
    def request_subsets_by_key(self) -> Mapping[Key, EntitySubset]:
        """What this tick asks for so far, upstream of here."""
        view = self.asset_graph_view
        return {key: EntitySubset(view, key, found) for key, found in self._evaluation.world.requested.items()}

    def get_empty_subset(self) -> EntitySubset:
        """Return nothing of what the condition is asked of."""
        return self.asset_graph_view.get_empty_subset(key=self.key)

    # What was before ----------------------------------------------------------------------------------------------

    @property
    def cursor(self) -> str | None:
        """What the condition gave as ``cursor`` the last time."""
        return self._kept.get("cursor")

    def get_structured_cursor(self, as_type: type[T]) -> T | None:
        """Return the cursor as a struct, dict or other data, if it was one of that type."""
        return None if self.cursor is None else wire.decode(self.cursor, as_type)

    @property
    def previous_true_subset(self) -> EntitySubset:
        """What it was true for the last time."""
        return self._kept_subset("true")

    @property
    def previous_candidate_subset(self) -> EntitySubset:
        """What it was asked about the last time; nothing at the first time."""
        return self._kept_subset("candidates")

    @property
    def legacy_context(self) -> Any:
        """The context of the rules that came before conditions.

        Raises:
            DagsterInvariantViolationError: Always: a rule is a condition here, and sees what every condition sees.
        """
        raise DagsterInvariantViolationError(
            f"There is no legacy_context in the condition {self.condition.name}.",
            hint="candidate_subset, asset_graph_view and previous_true_subset tell what it told.",
        )

    def get_previous_requested_subset(self, key: Key) -> EntitySubset:
        """Return what the last evaluation of this condition asked for of the asset, check or job that has it."""
        view, memory = self.asset_graph_view, self._evaluation.memory
        if memory is None or key != self._evaluation.root:
            return view.get_empty_subset(key=key)
        return EntitySubset(view, key, restored(memory.requested, self._evaluation.world.partitions_of(key)))

    @property
    def _kept(self) -> Mapping[str, Any]:
        return self._evaluation.kept_at(self._path) or {}

    def _kept_subset(self, name: str) -> EntitySubset:
        data = self._evaluation.stored(self._kept.get(name, False))
        return EntitySubset(self.asset_graph_view, self.key, restored(data, self.partitions_def))

    # Other conditions ---------------------------------------------------------------------------------------------

    def for_child_condition(
        self, child_condition: AutomationCondition, child_indices: Sequence[int | None], candidate_subset: EntitySubset
    ) -> AutomationContext:
        """Return the context in which to ask a condition that this one is made of.

        Args:
            child_condition: The condition.
            child_indices: Which of the conditions it is: what it remembers is kept under this number. The first counts.
            candidate_subset: What the answer matters for.
        """
        number = next((one for one in child_indices if one is not None), 0)
        path = f"{self._path}.{number}"
        return AutomationContext(
            self._evaluation, child_condition, self.key, path, candidate_subset, self.log, parent_context=self
        )

    async def evaluate_async(self) -> AutomationResult:
        """Ask the condition of this context."""
        if self.condition.is_own:
            said = self.condition.evaluate(self)
            result = self.checked(await said if inspect.isawaitable(said) else said)
            self.keep(result)
        else:
            result = self.evaluate_as_given()
        if self.parent_context is not None:
            self.parent_context._children.append(result)
        return result

    def evaluate_as_given(self) -> AutomationResult:
        """Ask a built-in condition."""
        candidates = self.candidate_subset
        true, node = self._evaluation.ask(self.condition, self.key, self._path, candidates.value)
        return AutomationResult.of_node(self.key, EntitySubset(candidates.view, self.key, true), node)

    def checked(self, said: Any) -> AutomationResult:
        """Return what a condition said, if it is an answer to what it was asked.

        Raises:
            DagsterInvariantViolationError: It is none.
        """
        if isinstance(said, AutomationResult) and said.key == self.key:
            return said
        raise DagsterInvariantViolationError(
            f"{self.condition.name}.evaluate() returns an AutomationResult of {name_of(self.key)}, not {said!r}.",
            hint="Return AutomationResult(context, true_subset=...).",
        )

    def keep(self, result: AutomationResult) -> None:
        """Remember what the condition said."""
        kept = {
            "cursor": result.cursor,
            "true": result.true_subset.value.to_data(),
            "candidates": self.candidate_subset.value.to_data(),
            "latest": self.max_storage_id,
        }
        self._evaluation.kept[self._path] = {name: value for name, value in kept.items() if value is not None}

    @property
    def asked(self) -> Sequence[AutomationResult]:
        """What the conditions said that this one has asked."""
        return self._children


class AutomationResult:
    """For what a condition is true, and how that came about.

    Args:
        context: The context that the condition was asked in.
        true_subset: For what of its candidates it is true.
        cursor: What the next evaluation finds as ``context.cursor``.
        child_results: What the conditions said that it is made of; those that were asked by the context if ``None``.
        structured_cursor: The cursor as data, instead of text.

    Raises:
        DagsterInvariantViolationError: The subset is none of what the condition was asked of.

    Example:
        >>> class Never(em.AutomationCondition):
        ...     def evaluate(self, context: em.AutomationContext) -> em.AutomationResult:
        ...         return em.AutomationResult(context, true_subset=context.get_empty_subset())
        >>> @em.asset(automation_condition=em.AutomationCondition.missing() & ~Never())
        ... def orders(): ...
        >>> (told,) = em.evaluate_automation_conditions([orders], em.DagsterInstance.ephemeral()).results
        >>> told.key, told.true_subset.size
        (AssetKey(['orders']), 1)
        >>> print(told.pprint())
        AND: true
          missing: true
          NOT: true
            Never: false
    """

    def __init__(
        self,
        context: AutomationContext,
        true_subset: EntitySubset,
        cursor: str | None = None,
        child_results: Sequence[AutomationResult] | None = None,
        *,
        structured_cursor: Any = None,
    ) -> None:
        if not isinstance(true_subset, EntitySubset) or true_subset.key != context.key:
            raise DagsterInvariantViolationError(
                f"AutomationResult(true_subset=...) is a subset of {name_of(context.key)}, not {true_subset!r}.",
                hint="Take context.candidate_subset, context.get_empty_subset() or what is made of them.",
            )
        if cursor is not None and not isinstance(cursor, str):
            raise DagsterInvariantViolationError(
                f"AutomationResult(cursor=...) is text, not {cursor!r}.", hint="structured_cursor takes data."
            )
        self.key = context.key
        self.true_subset = true_subset.compute_intersection(context.candidate_subset)
        self.cursor = wire.encode(structured_cursor).decode() if structured_cursor is not None else cursor
        self.child_results = list(context.asked if child_results is None else child_results)
        self.root: Node = Node(
            context.condition.name,
            context.condition.label,
            None,
            self.true_subset.value.to_data(),
            tuple(one.root for one in self.child_results),
        )

    @classmethod
    def of_node(cls, key: Key, true_subset: EntitySubset, root: Node) -> AutomationResult:
        """Return the answer of a built-in condition."""
        made = cls.__new__(cls)
        made.key, made.true_subset, made.root = key, true_subset, root
        made.cursor, made.child_results = None, []
        return made

    def pprint(self, indent: int = 0) -> str:
        """Return the tree as text, a node per line: what it asks, and for what it is true."""
        return _text(self.root, indent)


def _text(node: Node, indent: int) -> str:
    shown = f"{'  ' * indent}{node.shown}: {_truth(node.true)}"
    return "\n".join([shown, *(_text(child, indent + 1) for child in node.children)])


def _truth(true: Any) -> str:
    if isinstance(true, bool):
        return "true" if true else "false"
    ranges = getattr(true, "ranges", None)
    if ranges is not None:
        return f"{len(ranges)} ranges of windows" if ranges else "false"
    keys = getattr(true, "keys", None)
    return ", ".join(keys) or "false" if isinstance(keys, tuple) else "some"


class OwnConditions:
    """Asks the conditions that users wrote.

    Args:
        instance: The instance that they see.
        log: Where their lines go.
        own_time: Limits how long each takes; ``None`` for no limit.
    """

    def __init__(self, instance: Any, log: Any, own_time: AsksInTime | None = None) -> None:
        self._instance = instance
        self._log = log
        self._own_time = own_time

    def ask(self, evaluation: Evaluation, condition: AutomationCondition, key: Key, path: str, candidates: Any) -> Any:
        """Return for what of the candidates a condition is true, and what it asked in turn.

        Raises:
            OwnConditionError: Its code failed.
        """
        view = AssetGraphView(evaluation.world, self._instance)
        context = AutomationContext(evaluation, condition, key, path, EntitySubset(view, key, candidates), self._log)
        try:
            with nullcontext() if self._own_time is None else self._own_time.asking(condition):
                said = condition.evaluate(context)
                result = context.checked(_finished(said) if inspect.isawaitable(said) else said)
            context.keep(result)
        except (TickTimeoutError, OwnConditionError):
            # The time of the whole tick is over; or it asked another one that failed.
            raise
        except Exception as error:
            raise OwnConditionError(f"The code of {condition.name} failed.") from error
        return result.true_subset.value, result.root.children


def _finished(awaited: Awaitable[T]) -> T:
    """Return what an asynchronous function gives, wherever this is called: within another one, too."""
    import asyncio  # slow to import, and few conditions wait for anything
    from concurrent.futures import ThreadPoolExecutor

    async def waiting() -> T:
        return await awaited

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(waiting())
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(lambda: asyncio.run(waiting())).result()
