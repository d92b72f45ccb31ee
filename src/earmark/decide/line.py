"""The line of waiting runs, ordered so that the first one that may start is found without looking at the others.

Runs hang in a tree: first by whose turn it is (``fair_by``), then one level for each limit, by the bucket that they
belong to there. A node whose bucket is full is *parked* at that bucket's gate and costs nothing until the gate opens;
then its nodes are taken back one at a time, the best first, and only while they could be the next to start. So a start
costs the logarithm of the line's length for each limit, however many runs wait behind full gates.

Keys are what a heap sorts by: a node knows a key at least as good as that of any run below it that may start
(``told``), and finds out the true one when it comes first (:meth:`Line._settle`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count

import msgspec

from earmark.decide.buckets import Bucketing, BucketKey
from earmark.values.clock import Micros

Key = tuple[int, int]
"""What runs of one group are ordered by: what stands for the priority, and the run's number; lower is first."""

Rank = tuple[int, Key]
"""What all runs are ordered by: how much their group has had, and their key."""


class Bucket:
    """One count of a limit: how many units are taken, and the gates of those who wait for some."""

    __slots__ = ("bucketing", "gates", "key", "used")

    def __init__(self, bucketing: Bucketing, key: BucketKey) -> None:
        self.bucketing = bucketing
        self.key = key
        self.used = 0
        self.gates: dict[int, Gate] = {}

    @property
    def allowed(self) -> int:
        """How many units there are."""
        return self.bucketing.limit.limit

    def gate(self, weight: int) -> Gate:
        """Return the gate of the runs that take ``weight`` units."""
        found = self.gates.get(weight)
        if found is None:
            found = self.gates[weight] = Gate(self, weight)
        return found

    def describe(self) -> str:
        """Return the bucket as people read it."""
        return self.bucketing.describe(self.key)


class Gate:
    """What the runs of one bucket that take equally many units have to pass."""

    __slots__ = ("bucket", "nodes", "parked", "weight")

    def __init__(self, bucket: Bucket, weight: int) -> None:
        self.bucket = bucket
        self.weight = weight
        self.nodes = 0
        self.parked: list[tuple[Rank, int, Node]] = []

    def is_open(self) -> bool:
        """Say whether one more run may pass."""
        return self.bucket.used + self.weight <= self.bucket.allowed


class Holding(msgspec.Struct, frozen=True):
    """A run in progress, since when, and what it takes of each bucket."""

    run_id: str
    since: Micros
    takes: tuple[tuple[Bucket, int], ...]


class Entry:
    """A waiting run."""

    __slots__ = ("alive", "key", "leaf", "priority", "queued_at", "run_id")

    def __init__(self, run_id: str, key: Key, priority: int, queued_at: int, leaf: Node) -> None:
        self.run_id = run_id
        self.key = key
        self.priority = priority
        self.queued_at = queued_at
        self.leaf = leaf
        self.alive = True


class Node:
    """The waiting runs that have a group and the buckets of the first limits in common."""

    __slots__ = (
        "children",
        "dead",
        "entries",
        "gate",
        "gone",
        "had",
        "heap",
        "label",
        "parent",
        "parked",
        "size",
        "told",
    )

    def __init__(self, parent: Node | None, label: object, gate: Gate | None, is_leaf: bool) -> None:
        self.parent = parent
        self.label = label
        self.gate = gate
        # A leaf has neither; most nodes are leaves.
        self.children: dict[object, Node] = _NO_CHILDREN if is_leaf else {}
        self.heap: list[tuple[Rank | Key, int, Node]] = _NO_HEAP if is_leaf else []
        self.entries: list[tuple[Key, int, Entry]] | None = [] if is_leaf else None
        self.dead = 0
        self.size = 0
        self.had = 0
        self.told: Key | None = None
        self.parked = False
        self.gone = False

    @property
    def group(self) -> str:
        """The group whose turn is to come."""
        return str(_team(self).label)

    def gates(self) -> Iterator[Gate]:
        """Yield the gates on the way to this node, the nearest first."""
        node: Node | None = self
        while node is not None:
            if node.gate is not None:
                yield node.gate
            node = node.parent


_NO_CHILDREN: dict[object, Node] = {}
_NO_HEAP: list[tuple[Rank | Key, int, Node]] = []


class Line:
    """Waiting runs in order; see the module."""

    def __init__(self) -> None:
        self._root = Node(None, None, None, is_leaf=False)
        self._half_open: list[tuple[Rank, int, Gate]] = []
        self._number = count()

    def __len__(self) -> int:
        return self._root.size

    def add(
        self, run_id: str, key: Key, priority: int, queued_at: int, group: str, had: int, gates: list[Gate | None]
    ) -> Entry:
        """Put a run into the line.

        Args:
            run_id: The run.
            key: Where it stands among those of its group.
            priority: Its priority, kept for whoever asks.
            queued_at: Since when it waits, likewise.
            group: Whose turn is to come for it to start.
            had: How much the group has had, where it is not in the line yet.
            gates: For each limit, in an order that is always the same, the gate to pass, or ``None``.
        """
        node = self._root
        node.size += 1
        team = node.children.get(group)
        if team is None:
            team = node.children[group] = Node(node, group, None, is_leaf=not gates)
            team.had = had
        node = team
        node.size += 1
        last = len(gates) - 1
        for level, gate in enumerate(gates):
            child = node.children.get(gate)
            if child is None:
                child = node.children[gate] = Node(node, gate, gate, is_leaf=level == last)
                if gate is not None:
                    gate.nodes += 1
            node = child
            node.size += 1
        entry = Entry(run_id, key, priority, queued_at, node)
        assert node.entries is not None
        heapq.heappush(node.entries, (key, next(self._number), entry))
        self._tell(node, key)
        return entry

    def remove(self, entry: Entry) -> list[Gate]:
        """Take a run out of the line, and return the gates by which nobody waits any more."""
        entry.alive = False
        leaf = entry.leaf
        assert leaf.entries is not None
        leaf.dead += 1
        if leaf.dead > 32 and leaf.dead * 2 > len(leaf.entries):
            leaf.entries = [one for one in leaf.entries if one[2].alive]
            heapq.heapify(leaf.entries)
            leaf.dead = 0
        left: list[Gate] = []
        node: Node | None = leaf
        while node is not None:
            node.size -= 1
            parent = node.parent
            if node.size == 0 and parent is not None:
                del parent.children[node.label]
                node.gone = True
                if node.gate is not None:
                    node.gate.nodes -= 1
                    if node.gate.nodes == 0:
                        left.append(node.gate)
            node = parent
        return left

    def first(self) -> Entry | None:
        """Return the first run of all whose gates are open, or ``None``."""
        while True:
            best = self._settle(self._root)
            node = self._best_parked()
            if node is None or (best is not None and best <= _rank(node)):
                break
            self._unpark(node)
        if best is None:
            return None
        node = self._root
        while node.entries is None:
            node = node.heap[0][2]
        return node.entries[0][2]

    def opened(self, bucket: Bucket) -> None:
        """Say that a bucket has less in it than before."""
        for gate in bucket.gates.values():
            if gate.parked and gate.is_open():
                self._offer(gate)

    def set_had(self, group: str, had: int) -> None:
        """Say how much a group has had by now; it never becomes less."""
        team = self._root.children.get(group)
        if team is None or team.had == had:
            return
        team.had = had
        told, team.told = team.told, None
        if told is not None:
            self._tell(team, told)

    def had(self, group: str) -> int | None:
        """Return how much a group has had, or ``None`` if it is not in the line."""
        team = self._root.children.get(group)
        return None if team is None else team.had

    def before(self, entry: Entry) -> Iterator[tuple[Node, int]]:
        """Yield each leaf with how many runs of it stand before ``entry``, whether they may start or not."""
        mine = _team(entry.leaf).had, entry.key
        for team in self._root.children.values():
            nodes = [team]
            while nodes:
                node = nodes.pop()
                nodes.extend(node.children.values())
                if node.entries is not None:
                    ahead = sum(one.alive and (team.had, key) < mine for key, _, one in node.entries)
                    if ahead:
                        yield node, ahead

    def _settle(self, node: Node) -> Rank | Key | None:
        """Return the key of the best run below a node that may start, parking what is behind full gates on the way."""
        if node.entries is not None:
            entries = node.entries
            while entries and not entries[0][2].alive:
                heapq.heappop(entries)
                node.dead -= 1
            return entries[0][0] if entries else None
        heap = node.heap
        while heap:
            told, _, child = heap[0]
            if child.gone or child.parked or child.told is None or told != _told(child):
                heapq.heappop(heap)
                continue
            if child.gate is not None and not child.gate.is_open():
                heapq.heappop(heap)
                self._park(child)
                continue
            best = self._settle(child)
            if best is None:
                heapq.heappop(heap)
                child.told = None
                continue
            if best == child.told:
                return told
            child.told = best  # type: ignore[assignment]  # only the root's children are ordered by rank
            heapq.heapreplace(heap, (_told(child), next(self._number), child))
        return None

    def _tell(self, node: Node, key: Key) -> None:
        """Let a node, and those above it, know that something below it may have this key."""
        while node.parent is not None:
            if node.told is not None and node.told <= key:
                return
            node.told = key
            if node.parked:
                self._push_parked(node)
                return
            heapq.heappush(node.parent.heap, (_told(node), next(self._number), node))
            node = node.parent

    def _park(self, node: Node) -> None:
        node.parked = True
        self._push_parked(node)

    def _push_parked(self, node: Node) -> None:
        gate = node.gate
        assert gate is not None
        heapq.heappush(gate.parked, (_rank(node), next(self._number), node))
        if gate.is_open():
            self._offer(gate)

    def _unpark(self, node: Node) -> None:
        key = node.told
        assert key is not None
        node.parked, node.told = False, None
        self._tell(node, key)

    def _offer(self, gate: Gate) -> None:
        heapq.heappush(self._half_open, (gate.parked[0][0], next(self._number), gate))

    def _best_parked(self) -> Node | None:
        """Return the best node that is parked at a gate that is open by now, or ``None``."""
        offers = self._half_open
        while offers:
            rank, _, gate = offers[0]
            node = _first_parked(gate) if gate.is_open() else None
            if node is None:
                heapq.heappop(offers)
                continue
            true = _rank(node)
            if true == rank:
                return node
            heapq.heapreplace(offers, (true, next(self._number), gate))
        return None


def _first_parked(gate: Gate) -> Node | None:
    parked = gate.parked
    while parked:
        rank, number, node = parked[0]
        if node.gone or not node.parked:
            heapq.heappop(parked)
            continue
        true = _rank(node)
        if true == rank:
            return node
        if true < rank:
            heapq.heappop(parked)  # a better entry of the same node is in the heap too
        else:
            heapq.heapreplace(parked, (true, number, node))
    return None


def _team(node: Node) -> Node:
    parent = node.parent
    while parent is not None and parent.parent is not None:
        node, parent = parent, parent.parent
    return node


def _rank(node: Node) -> Rank:
    assert node.told is not None
    return _team(node).had, node.told


def _told(node: Node) -> Rank | Key:
    """Return what a node's place in its parent's heap goes by: its rank among groups, its key below."""
    assert node.told is not None and node.parent is not None
    return (node.had, node.told) if node.parent.parent is None else node.told
