"""Why an asset or a job was, or was not, asked for by its condition: the latest evaluations as trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from earmark.cli.options import CodeFlags
    from earmark.views.shapes.assets import AssetAutomation, AssetAutomationEvaluation, ConditionNode

_KEYS_SHOWN = 5


def explain_condition(kind: Literal["asset", "job"], name: str, flags: CodeFlags, *, as_json: bool) -> None:
    """Show the condition of an asset or a job, and its latest evaluation."""
    from earmark.cli.automating import opened
    from earmark.views.conditions import condition_of_asset, condition_of_job

    with opened(flags, quiet=as_json) as here:
        catalog = here.catalogs.get()
        if kind == "asset":
            told = condition_of_asset(here.store, catalog, catalog.asset(name))
        else:
            told = condition_of_job(here.store, catalog, catalog.job(name))
    _show(f"The {kind} {name}", told, as_json=as_json)


def _show(what: str, told: AssetAutomation, *, as_json: bool) -> None:
    import msgspec

    from earmark.cli.terminal import out, print_json

    if as_json:
        print_json(msgspec.to_builtins(told))
        return
    if told.condition is None:
        lines = [f"{what} has no condition; give it one: automation_condition=AutomationCondition.eager()."]
    elif not told.evaluations:
        lines = [f"{what} runs by itself: {told.condition}", "It was not evaluated yet; a host does that."]
    else:
        lines = [f"{what} runs by itself: {told.condition}", *_evaluation(told.evaluations[0])]
    for line in lines:
        out().print(line, soft_wrap=True)


def _evaluation(one: AssetAutomationEvaluation) -> list[str]:
    from earmark.values.clock import Micros, to_datetime

    at = to_datetime(Micros(one.at)).strftime("%Y-%m-%d %H:%M:%S UTC")
    if one.error is not None:
        return [f"It could not be evaluated at {at}:", one.error.traceback or f"{one.error.kind}: {one.error.message}"]
    asked = f"asked for {one.requested}" if one.requested else "asked for nothing"
    runs = f", run {' '.join(one.run_ids)}" if one.run_ids else ""
    return [f"It last changed at {at} and {asked}{runs}:", *([] if one.tree is None else _tree(one.tree, 1))]


def _tree(node: ConditionNode, depth: int) -> list[str]:
    line = f"{'  ' * depth}{node.label}: {_answer(node)}"
    return [line, *(line for one in node.children for line in _tree(one, depth + 1))]


def _answer(node: ConditionNode) -> str:
    if not node.is_true:
        return "no"
    if node.partitions is None:
        return "yes"
    shown = ", ".join(node.keys[:_KEYS_SHOWN])
    more = ", ..." if len(node.keys) > _KEYS_SHOWN else ""
    return f"{node.partitions} partition{'' if node.partitions == 1 else 's'}: {shown}{more}"
