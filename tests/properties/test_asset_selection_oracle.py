"""Selections over random graphs of assets, held against a slow and plain reading of the language."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from earmark.graph.assets import AssetGraph
from earmark.graph.selection import AssetQueries
from earmark.specs.asset import AssetSpec
from earmark.specs.computation import ComputationSpec, ExecutionType
from earmark.tags.query import (
    ALL_STEPS,
    Absent,
    All,
    And,
    Comparison,
    Exact,
    Glob,
    Key,
    Node,
    Not,
    Or,
    Roots,
    Sinks,
    Term,
    Traversal,
    parse,
    unparse,
)
from earmark.values.keys import AssetKey

NAMES = ("a", "b", "ab", "p/a", "p/b", "q/ab")
KEYS = st.sampled_from(("k", "l"))
VALUES = st.sampled_from(("", "x", "y", "xy"))


@st.composite
def graphs(draw):
    count = draw(st.integers(1, len(NAMES)))
    specs = []
    for position, name in enumerate(NAMES[:count]):
        needed = draw(st.sets(st.sampled_from(NAMES[:position]), max_size=3)) if position else set()
        specs.append(
            AssetSpec(
                name.split("/"),
                deps=[one.split("/") for one in sorted(needed)],
                tags=draw(st.dictionaries(KEYS, VALUES, max_size=2)),
                group_name=draw(st.sampled_from((None, "g", "h"))),
                kinds=draw(st.frozensets(st.sampled_from(("dbt", "sql")), max_size=2)),
                owners=draw(st.sampled_from(((), ("team:x",), ("team:x", "me@x.org")))),
            )
        )
    types = [draw(st.sampled_from((ExecutionType.MATERIALIZATION, ExecutionType.UNEXECUTABLE))) for _ in specs]
    return [ComputationSpec(f"n{i}", (spec,), execution_type=kind) for i, (spec, kind) in enumerate(zip(specs, types))]


words = st.one_of(VALUES.filter(bool).map(Exact), st.sampled_from((Glob("*"), Glob("x*"), Absent())))
leaves = st.one_of(
    st.just(All()),
    st.builds(lambda name: Key((Exact(name),)), st.sampled_from(NAMES)),
    st.builds(
        lambda key, values, how: Term("tag", values, how, Exact(key)),
        KEYS,
        st.lists(words, min_size=1, max_size=2, unique=True).map(tuple),
        st.sampled_from((Comparison.EQ, Comparison.NE)),
    ),
    st.builds(lambda key: Term("tag", (), key=Exact(key)), KEYS),
    st.builds(lambda group: Term("group", (group,)), st.sampled_from((Exact("g"), Exact("default"), Glob("*h")))),
    st.builds(lambda kind: Term("kind", (kind,)), st.sampled_from((Exact("dbt"), Absent()))),
    st.builds(lambda owner: Term("owner", (owner,)), st.sampled_from((Exact("team:x"), Glob("me@*"), Absent()))),
    st.builds(lambda glob: Term("key", (Glob(glob),)), st.sampled_from(("p/*", "*b", "a*"))),
)
DEPTHS = st.sampled_from((0, 1, 2, ALL_STEPS))


def _grown(children):
    walks = st.tuples(children, DEPTHS, DEPTHS).filter(lambda given: given[1] or given[2])
    several = st.lists(children, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        children.map(Not),
        several.map(And),
        several.map(Or),
        walks.map(lambda given: Traversal(*given)),
        children.map(Roots),
        children.map(Sinks),
    )


nodes = st.recursive(leaves, _grown, max_leaves=6)


class Oracle:
    """Reads a query asset by asset, step by step."""

    def __init__(self, computations, universe: set[AssetKey]) -> None:
        self.specs = {spec.key: spec for one in computations for spec in one.assets}
        self.up = {key: {dep.asset for dep in spec.deps} for key, spec in self.specs.items()}
        self.down = {key: {other for other in self.up if key in self.up[other]} for key in self.up}
        self.universe = universe

    def means(self, node: Node) -> set[AssetKey]:
        match node:
            case All():
                return set(self.universe)
            case Not(operand):
                return self.universe - self.means(operand)
            case And(operands):
                return set.intersection(*(self.means(one) for one in operands))
            case Or(operands):
                return set().union(*(self.means(one) for one in operands))
            case Key(names):
                return {key for key in self.specs for name in names if key.to_user_string() == name.text}
            case Term():
                return {key for key in self.universe if self.holds(node, self.specs[key])}
            case Traversal(child, up, down):
                start = self.means(child)
                around = self.walk(start, self.up, up) | self.walk(start, self.down, down)
                return start | (around & self.universe)
            case Roots(child):
                return self.ends(self.means(child), self.up)
            case Sinks(child):
                return self.ends(self.means(child), self.down)
        raise AssertionError(node)

    def walk(self, start, near, depth):
        found = set(start)
        for _ in range(len(self.specs) if depth == ALL_STEPS else depth):
            found |= {other for key in found for other in near[key]}
        return found

    def ends(self, among, near):
        return {key for key in among if not (self.walk(near[key], near, ALL_STEPS) & among)}

    def holds(self, term: Term, spec: AssetSpec) -> bool:
        if term.comparison is Comparison.NE:
            return not self.holds(Term(term.field, term.values, Comparison.EQ, term.key), spec)
        values = {
            "tag": lambda: [spec.tags[term.key.text]] if term.key.text in spec.tags else [],
            "group": lambda: [spec.group],
            "kind": lambda: list(spec.kinds),
            "owner": lambda: list(spec.owners),
            "key": lambda: [spec.key.to_user_string()],
        }[term.field]()
        if not term.values:
            return bool(values)
        return any(self.fits(word, values) for word in term.values)

    @staticmethod
    def fits(word, values) -> bool:
        match word:
            case Absent():
                return not values
            case Exact(text):
                return text in values
            case Glob(pattern):
                head, _, tail = pattern.partition("*")
                return any(
                    value.startswith(head) and value.endswith(tail) and len(value) >= len(head) + len(tail)
                    for value in values
                )
        raise AssertionError(word)


@given(graphs(), nodes)
def test_a_query_means_what_the_plain_reading_says(computations, node):
    graph = AssetGraph(computations)
    everything = set(graph.keys)
    assert AssetQueries(graph).select(node) == Oracle(computations, everything).means(node)


@given(graphs(), nodes)
def test_over_what_can_be_written_the_plain_reading_holds_too(computations, node):
    graph = AssetGraph(computations)
    written = set(graph.materializable_asset_keys)
    assert AssetQueries(graph, written).select(node) == Oracle(computations, written).means(node)


@given(graphs(), nodes)
def test_the_printed_query_means_the_same(computations, node):
    queries = AssetQueries(AssetGraph(computations))
    assert queries.select(parse(unparse(node), "asset")) == queries.select(node)
