"""``earmark tags``: list, check, system."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from earmark.cli import options
from earmark.cli.options import CodeFlags, takes_code

if TYPE_CHECKING:
    from earmark.guest.loader import LoadedCode
    from earmark.tags.policy import Tagged

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="List the tags in use, check them, list those that Earmark reads."
)

_MOST_VALUES = 6


@app.command("list")
@takes_code
def list_tags(
    key: Annotated[str, typer.Argument(metavar="[KEY]", help="Only this key, with all its values.")] = "",
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """List every tag key: its values, and how many assets, ops, jobs and runs carry it."""
    from earmark.cli.loading import load_code
    from earmark.cli.opening import open_store
    from earmark.cli.terminal import print_json, table
    from earmark.tags.tag import is_system

    code = load_code(flags)
    uses: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for thing in _tagged(code):
        for one, value in thing.tags.items():
            uses[one][f"{thing.kind}s"][value] += 1
    with open_store(quiet=as_json) as store:
        for one in store.tags.keys(limit=1_000):
            for value in store.tags.values(one, limit=100):
                uses[one]["runs"][value] = store.tags.count(one, value).runs
    # What people made up comes first, and what the system says after it.
    known = sorted(uses, key=lambda one: (is_system(one), one))
    keys = [one for one in known if (one == key if key else not one.startswith((".dagster/", "dagster/kind/")))]
    if as_json:
        print_json({one: {kind: dict(counts) for kind, counts in sorted(uses[one].items())} for one in keys})
        return
    if key and not keys:
        from earmark.values.errors import InvalidTagError, did_you_mean

        raise InvalidTagError(f"Nothing has a tag {key!r}.{did_you_mean(key, uses)}", key=key)
    if key:
        values = sorted({value for counts in uses[key].values() for value in counts})
        table(
            (key, "ASSETS", "OPS", "JOBS", "RUNS"),
            ((value or "(label)", *_numbers(uses[key], value)) for value in values),
            "",
        )
        return
    table(
        ("KEY", "ASSETS", "OPS", "JOBS", "RUNS", "VALUES"),
        ((one, *_numbers(uses[one], None), _values(uses[one])) for one in keys),
        "Nothing has tags yet.",
    )


@app.command("check")
@takes_code
def check_tags(
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Check definitions against the policies that the project declares; exit code 3 if one is broken.

    Words that are probably meant to be one are told too, and break nothing.
    """
    from earmark.cli import exits
    from earmark.cli.loading import all_targets
    from earmark.cli.terminal import count, out, print_json
    from earmark.guest.loader import load
    from earmark.system.home import find_home
    from earmark.system.settings import read_settings
    from earmark.tags.duplicates import near_duplicates
    from earmark.tags.policy import check
    from earmark.views.tag_counts import counted
    from earmark.views.tag_findings import told_finding, told_near

    policies = read_settings(find_home()).tag_policies
    things = [thing for target in all_targets(flags) for thing in _tagged(load(target))]
    found = [told_finding(one) for one in check(policies, things)]
    near = [told_near(one) for one in near_duplicates(counted(thing.tags for thing in things))]
    if as_json:
        print_json({"findings": found, "near": near})
    else:
        for one in found:
            refused = " Its launch is refused." if one.enforce == "refuse" else ""
            out().print(one.message + refused)
        for mend in dict.fromkeys(one.mend for one in found if one.enforce == "refuse"):
            out().print(mend)
        for group in near:
            words = ", ".join(f"{word.word} ({word.count})" for word in group.words)
            about = "keys" if group.key is None else f"values of {group.key}"
            out().print(f"These {about} {group.reason}: {words}")
        if not policies:
            out().print("The project declares no policies; see [tool.earmark.tags.policy].")
        elif not found:
            out().print(f"{count(len(things), 'thing')} keep {count(len(policies), 'policy')}.")
    if found:
        raise typer.Exit(exits.BAD_CODE)


def _tagged(code: LoadedCode) -> Iterator[Tagged]:
    """Yield what the definitions of a code location tag."""
    from earmark.tags.policy import Tagged

    definitions = code.definitions
    for spec in definitions.resolve_asset_graph().specs:
        yield Tagged("asset", spec.key.to_user_string(), spec.tags)
    for job in definitions.resolve_all_job_defs():
        if job.name.startswith("__"):
            continue
        yield Tagged("job", job.name, job.tags)
        if not job.is_asset_job:
            for step in job.plan().steps:
                yield Tagged("op", step.key, step.tags)


def _numbers(uses: Mapping[str, Counter[str]], value: str | None) -> list[str]:
    return [
        str(number) if number else "-"
        for kind in ("assets", "ops", "jobs", "runs")
        for number in (uses[kind].total() if value is None else uses[kind][value],)
    ]


def _values(uses: Mapping[str, Counter[str]]) -> str:
    together: Counter[str] = Counter()
    for counts in uses.values():
        together.update(counts)
    names = [value or "(label)" for value, _ in sorted(together.items(), key=lambda pair: (-pair[1], pair[0]))]
    more = f" and {len(names) - _MOST_VALUES} more" if len(names) > _MOST_VALUES else ""
    return ", ".join(names[:_MOST_VALUES]) + more


@app.command()
def system(as_json: options.Json = False) -> None:
    """List the tags that Earmark itself sets or reads: what each does, and who may set it."""
    from earmark.cli.terminal import print_json, table
    from earmark.tags.system import SYSTEM_TAGS

    if as_json:
        print_json([_system_as_json(row) for row in SYSTEM_TAGS])
        return
    table(
        ("TAG", "YOU MAY SET IT ON", "TAKES", "EFFECT"),
        (
            (
                f"{row.key}NAME" if row.key.endswith("/") else row.key,
                ", ".join(place.value for place in sorted(row.places)) or f"- (set by {row.set_by})",
                row.value.value,
                row.effect,
            )
            for row in SYSTEM_TAGS
        ),
        "",
    )


def _system_as_json(row: Any) -> dict[str, Any]:
    return {
        "key": row.key,
        "group": row.group.value,
        "set_by": row.set_by,
        "effect": row.effect,
        "places": sorted(place.value for place in row.places),
        "value": row.value.value,
    }
