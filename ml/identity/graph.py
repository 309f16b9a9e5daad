"""Links to clusters: connected components, kept small and kept apart where a steward said so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Strength of a link, by who says so. A weaker one yields first.
SCORED, RULED, DECIDED = 1, 2, 3
#: More records than this are never one person by scores or rules alone: a value that many share got in.
MOST_RECORDS: Final = 12


@dataclass(frozen=True, slots=True)
class Edges:
    """Links between records, which are named by their positions 0, 1, ….

    Attributes:
        left, right: Positions.
        strength: SCORED, RULED or DECIDED.
        weight: Log2 odds that the two are one person; of ties in strength the heavier holds longer.
    """

    left: Ints
    right: Ints
    strength: Ints
    weight: Floats

    def __len__(self) -> int:
        return len(self.left)

    def where(self, mask: Bools) -> Edges:
        return Edges(self.left[mask], self.right[mask], self.strength[mask], self.weight[mask])


@dataclass(frozen=True, slots=True)
class Clusters:
    """What the links come to.

    Attributes:
        label: Cluster of each record: the least position in it.
        too_many: Links that would have made a cluster larger than allowed and were let go, as a mask of the edges.
        refused: Links that would have joined what must stay apart, as a mask of the edges.
    """

    label: Ints
    too_many: Bools
    refused: Bools


def begins(*columns: Ints) -> Bools:
    """Where a new group begins among rows that are sorted by these columns.

    >>> begins(np.array([1, 1, 2]), np.array([5, 6, 6])).tolist()
    [True, True, True]
    """
    found = np.zeros(len(columns[0]), dtype=np.bool_)
    found[:1] = True
    for column in columns:
        found[1:] |= column[1:] != column[:-1]
    return found


def components(records: int, left: Ints, right: Ints) -> Ints:
    """Label of each record: the least position that links lead to.

    >>> components(4, np.array([2, 0]), np.array([3, 2])).tolist()
    [0, 1, 0, 0]
    """
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(records, records))
    count, number = connected_components(graph, directed=False)
    least = np.full(count, records, dtype=np.int64)
    np.minimum.at(least, number, np.arange(records, dtype=np.int64))
    label: Ints = least[number]
    return label


def cluster(
    records: int, edges: Edges, *, apart: tuple[Ints, Ints] | None = None, most_records: int = MOST_RECORDS
) -> Clusters:
    """Clusters of `records` records.

    A cluster of more than `most_records` first loses its scored links, then those of rules; what a steward decided
    stays. Of links that join a pair of `apart`, the weakest give way.

    Args:
        records: How many there are.
        edges: Links between them.
        apart: Positions of pairs that are two people, each pair at the same place of both arrays.
        most_records: Size above which a cluster is not believed.
    """
    kept = np.ones(len(edges), dtype=np.bool_)
    label = components(records, edges.left, edges.right)
    for strength in (SCORED, RULED):
        sizes = np.bincount(label, minlength=records)
        kept &= ~((sizes[label[edges.left]] > most_records) & (edges.strength == strength))
        label = components(records, edges.left[kept], edges.right[kept])
    too_many = ~kept
    refused = np.zeros(len(edges), dtype=np.bool_)
    if apart is not None and len(apart[0]):
        joined = label[apart[0]] == label[apart[1]]
        if joined.any():
            torn = np.flatnonzero(kept & np.isin(label[edges.left], label[apart[0][joined]]))
            refused[torn] = _refused(edges.where(_mask(len(edges), torn)), apart)
            label = components(records, edges.left[kept & ~refused], edges.right[kept & ~refused])
    return Clusters(label, too_many, refused)


def _mask(length: int, positions: Ints) -> Bools:
    mask = np.zeros(length, dtype=np.bool_)
    mask[positions] = True
    return mask


def _refused(edges: Edges, apart: tuple[Ints, Ints]) -> Bools:
    """Strongest link first, each one that would join a pair of `apart` left out. For the few records concerned."""
    order = np.lexsort((edges.right, edges.left, -edges.weight, -edges.strength))
    parent: dict[int, int] = {}
    members: dict[int, set[int]] = {}
    enemies: dict[int, set[int]] = {}
    for one, other in zip(*(side.tolist() for side in apart), strict=True):
        enemies.setdefault(one, set()).add(other)
        enemies.setdefault(other, set()).add(one)

    def root(node: int) -> int:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    refused = np.zeros(len(edges), dtype=np.bool_)
    for place in order.tolist():
        one, other = root(int(edges.left[place])), root(int(edges.right[place]))
        if one == other:
            continue
        ours, theirs = members.get(one, {one}), members.get(other, {other})
        if any(enemies.get(node, set()) & theirs for node in ours):
            refused[place] = True
            continue
        parent[other] = one
        members[one] = ours | theirs
    return refused
