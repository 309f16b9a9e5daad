"""Who talks to whom: ties between the operator's lines and to other networks, in communities with a seed customer.

Families are complete. A campus or an enterprise falls into teams; everyone else into circles of people of one
district, persona and age band (homophily). Most ties stay in the team or circle, some lead anywhere in the city.
One line of each community, its most talkative, is the seed: it is tied to most of the others. Simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import duckdb
import numpy as np

from dagster_project.demo.telecom.line_arrays import (
    FIRST_SERVICE_NUMBER,
    SERVICE_NUMBERS,
    Bools,
    Floats,
    Ints,
    Lines,
    other_network_number,
    store,
)

if TYPE_CHECKING:
    from dagster_project.demo.telecom.world import World

TIES: Final = ("family", "colleague", "friend", "service", "fraud")
FAMILY, COLLEAGUE, FRIEND, SERVICE, FRAUD = range(5)

#: Lines of a community, on average; smallest one that has a seed; share of the others that the seed is tied to.
_COMMUNITY_SIZE: Final = 20
_SEEDED_FROM: Final = 5
_SEED_REACH: Final = 0.6
#: Ties a line looks for in its community, beside those that others look for with it, and anywhere in its city.
_FEWEST_FRIENDS, _MORE_FRIENDS, _CITY_FRIENDS = 2, 4.0, 0.7
#: Numbers of other networks that a community shares, and most of them that one line knows; services of a line.
_SHARED_NUMBERS, _OTHER_NETWORK_FRIENDS, _SERVICES = 8, 5, 2
#: Weight of a tie against that to a friend.
_FAMILY_WEIGHT, _COLLEAGUE_WEIGHT, _SEED_WEIGHT, _CITY_WEIGHT, _SERVICE_WEIGHT = 4.0, 1.2, 1.5, 0.4, 0.25


@dataclass(frozen=True, slots=True)
class Pairs:
    """Ties between two lines each, by ordinal."""

    one: Ints
    other: Ints
    tie: Ints
    weight: Floats


def build_graph(world: World, lines: Lines, *, outsiders: Bools) -> Ints:
    """Make the tables `edges` and `communities`; returns the community of each line, -1 for outsiders.

    Args:
        world: Receives the tables, and the truth `communities`.
        lines: The lines.
        outsiders: Lines that know nobody (fraudsters); their ties are planted elsewhere.
    """
    rng = world.rng("graph")
    community, order = _communities(rng, lines, outsiders)
    seeds = _seeds(lines, community)
    pairs = _distinct(
        lines,
        [
            _families(lines, outsiders),
            _seed_ties(rng, community, seeds, order),
            _friends(rng, lines, community, order),
            _city_friends(rng, lines, outsiders),
        ],
    )
    pairs.weight[:] *= rng.gamma(1.5, 1 / 1.5, len(pairs.weight)) + 0.05
    _store_edges(world.con, lines, pairs, _outward(rng, lines, community))
    _store_communities(world, lines, community, seeds)
    return community


def _communities(rng: np.random.Generator, lines: Lines, outsiders: Bools) -> tuple[Ints, Ints]:
    """Community of each line, and the ordinals of members in order of their community."""
    pool = np.where(lines.group_id >= 0, lines.group_id * 2, lines.circle * 2 + 1)
    order = np.lexsort((rng.random(len(lines)), pool))
    order = order[~outsiders[order]]
    starts, sizes = _runs(pool[order])
    position = np.arange(len(order)) - np.repeat(starts, sizes)
    blocks = np.maximum(1, np.round(sizes / _COMMUNITY_SIZE)).astype(np.int64)
    block = position * np.repeat(blocks, sizes) // np.repeat(sizes, sizes)
    first_block = np.repeat(np.cumsum(blocks) - blocks, sizes)
    community = np.full(len(lines), -1, np.int64)
    community[order] = first_block + block
    return community, order


def _runs(values: Ints) -> tuple[Ints, Ints]:
    """First position and length of each run of equal values."""
    if not len(values):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    return starts, np.diff(np.r_[starts, len(values)])


def _seeds(lines: Lines, community: Ints) -> Ints:
    """Ordinals of the most talkative line of every community that is large enough."""
    by_talk = np.lexsort((lines.subscription_key, -lines.chattiness, community))
    by_talk = by_talk[community[by_talk] >= 0]
    starts, sizes = _runs(community[by_talk])
    return by_talk[starts[sizes >= _SEEDED_FROM]]


def _families(lines: Lines, outsiders: Bools) -> Pairs:
    order = np.lexsort((lines.subscription_key, lines.household_id))
    order = order[~outsiders[order]]
    found = [(order[:-step], order[step:]) for step in range(1, 6)]
    one, other = (np.concatenate(side) for side in zip(*found, strict=True))
    same = lines.household_id[one] == lines.household_id[other]
    return _pairs(one[same], other[same], FAMILY, _FAMILY_WEIGHT)


def _seed_ties(rng: np.random.Generator, community: Ints, seeds: Ints, order: Ints) -> Pairs:
    seed_of = np.full(community.max(initial=0) + 1, -1, np.int64)
    seed_of[community[seeds]] = seeds
    seed = seed_of[community[order]]
    tied = (seed >= 0) & (rng.random(len(order)) < _SEED_REACH)
    return _pairs(seed[tied], order[tied], FRIEND, _SEED_WEIGHT)


def _friends(rng: np.random.Generator, lines: Lines, community: Ints, order: Ints) -> Pairs:
    wanted = _FEWEST_FRIENDS + rng.poisson(np.minimum(_MORE_FRIENDS * lines.chattiness[order], 12.0))
    starts, sizes = _runs(community[order])
    start, size = (np.repeat(np.repeat(values, sizes), wanted) for values in (starts, sizes))
    one = np.repeat(order, wanted)
    other = order[start + (rng.random(len(one)) * size).astype(np.int64)]
    at_work = lines.group_id[one] >= 0
    return Pairs(one, other, np.where(at_work, COLLEAGUE, FRIEND), np.where(at_work, _COLLEAGUE_WEIGHT, 1.0))


def _city_friends(rng: np.random.Generator, lines: Lines, outsiders: Bools) -> Pairs:
    order = np.lexsort((lines.subscription_key, lines.city))
    order = order[~outsiders[order]]
    starts, sizes = _runs(lines.city[order])
    wanted = rng.poisson(_CITY_FRIENDS, len(order))
    start, size = (np.repeat(np.repeat(values, sizes), wanted) for values in (starts, sizes))
    one = np.repeat(order, wanted)
    return _pairs(one, order[start + (rng.random(len(one)) * size).astype(np.int64)], FRIEND, _CITY_WEIGHT)


def _pairs(one: Ints, other: Ints, tie: int, weight: float) -> Pairs:
    return Pairs(one, other, np.full(len(one), tie, np.int64), np.full(len(one), weight))


def _distinct(lines: Lines, kinds: list[Pairs]) -> Pairs:
    """Each pair of different people once; the kind that comes first in the list stays."""
    one, other, tie, weight = (
        np.concatenate([getattr(pairs, name) for pairs in kinds]) for name in ("one", "other", "tie", "weight")
    )
    low, high = np.minimum(one, other), np.maximum(one, other)
    key = low * len(lines) + high
    _, first = np.unique(key, return_index=True)
    first = first[lines.person_id[low[first]] != lines.person_id[high[first]]]
    return Pairs(low[first], high[first], tie[first], weight[first])


def _outward(rng: np.random.Generator, lines: Lines, community: Ints) -> tuple[Ints, Ints, Ints, Floats]:
    """Ties to other networks: ordinal, number, tie, weight. Half of the numbers are known to the whole community."""
    members = np.flatnonzero(community >= 0)
    known = np.repeat(members, rng.integers(1, _OTHER_NETWORK_FRIENDS + 1, len(members)))
    shared = other_network_number(community[known] * _SHARED_NUMBERS + rng.integers(0, _SHARED_NUMBERS, len(known)), 1)
    own = other_network_number(lines.subscription_key[known] * _SHARED_NUMBERS + rng.integers(0, 8, len(known)), 2)
    number = np.where(rng.random(len(known)) < 0.5, shared, own)
    served = np.repeat(members, _SERVICES)
    # A few services are known to nearly everyone, most to a few.
    service = FIRST_SERVICE_NUMBER + (SERVICE_NUMBERS * rng.random(len(served)) ** 3).astype(np.int64)
    owner, peer = np.r_[known, served], np.r_[number, service]
    tie = np.r_[np.full(len(known), FRIEND), np.full(len(served), SERVICE)]
    weight = np.r_[rng.gamma(1.5, 1 / 1.5, len(known)) + 0.05, np.full(len(served), _SERVICE_WEIGHT)]
    # Numbers of the other networks have eleven digits.
    _, first = np.unique(owner * 10**9 + (peer - FIRST_SERVICE_NUMBER), return_index=True)
    return owner[first], peer[first], tie[first], weight[first]


def _store_edges(
    con: duckdb.DuckDBPyConnection, lines: Lines, pairs: Pairs, outward: tuple[Ints, Ints, Ints, Floats]
) -> None:
    owner, peer, tie, weight = outward
    con.execute("create or replace table tie_names as select unnest(range(5)) as tie_code, unnest($names) as name",
                {"names": list(TIES)})  # fmt: skip
    store(
        con,
        "edges",
        {
            "subscription_key": lines.subscription_key[np.r_[pairs.one, pairs.other, owner]],
            "peer": np.r_[lines.msisdn[pairs.other], lines.msisdn[pairs.one], peer],
            "tie": np.r_[pairs.tie, pairs.tie, tie],
            "weight": np.r_[pairs.weight, pairs.weight, weight],
            "is_on_net": np.r_[np.ones(2 * len(pairs.one), np.bool_), np.zeros(len(owner), np.bool_)],
        },
        "subscription_key, peer::varchar as peer_msisdn, is_on_net, round(weight, 6) as weight, "
        "(select name from tie_names where tie_code = tie) as tie",
    )
    con.execute("drop table tie_names")


def _store_communities(world: World, lines: Lines, community: Ints, seeds: Ints) -> None:
    is_seed = np.zeros(len(lines), np.bool_)
    is_seed[seeds] = True
    members = community >= 0
    store(
        world.con,
        "communities",
        {
            "subscription_key": lines.subscription_key[members],
            "community_id": community[members] + 1,
            "is_seed": is_seed[members],
        },
        "subscription_key, community_id, case when is_seed then 'seed' else 'member' end as role",
    )
    world.plant("communities", "select * from communities order by community_id, subscription_key")
