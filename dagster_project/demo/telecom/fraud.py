"""Planted abuse of the network: SIM boxes, fraud rings, and people who leave only to come back as new customers.

A SIM box is one device in one cell with many of the operator's SIM cards: it calls out all day, briefly, to ever
new numbers, and nobody calls it. The lines of a ring call each other and a few premium numbers. A rejoiner
(恶意倒网) leaves and takes a new line within weeks, for the welcome offer: the same person, the same peers.
Simulated; the truth is `fraud_lines` and `rejoins`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from dagster_project.demo.telecom.line_arrays import Bools, Ints, Lines, other_network_number, store

if TYPE_CHECKING:
    from dagster_project.demo.telecom.world import World

#: One group for so many lines, lines of a group (least, most), days that a line must be in use.
_LINES_PER_BOX, _BOX_SIZE, _BOX_DAYS = 5_000, (8, 24), 30
_LINES_PER_RING, _RING_SIZE, _RING_DAYS = 4_000, (5, 10), 60
#: Numbers that one SIM of a box calls, and premium numbers of a ring.
_BOX_PEERS, _PREMIUM_NUMBERS = 200, 3
#: What a SIM of a box talks in a month: minutes to own and to other networks.
_BOX_ON_NET_MINUTES, _BOX_OFF_NET_MINUTES = 120, 280
#: Days between leaving and coming back, and share of leavers who try.
_REJOIN_DAYS: Final = (3, 45)
_REJOIN_SHARE: Final = 0.15

_REJOINS: Final = """
    create or replace table rejoins as
    with leavers as (
        select customer_key, person_id, left_on, u('rejoiner', customer_key) as u_joiner,
            left_on + $soonest + cast(floor(u('rejoined on', customer_key) * ($latest - $soonest + 1)) as int)
                as joined_on
        from customers
        where left_on is not null and is_duplicate_of is null and u('rejoins', customer_key) < $share
        qualify row_number() over (partition by person_id order by left_on desc, customer_key) = 1
    ),

    joiners as (
        select customer_key, person_id, joined_on,
            row_number() over (partition by joined_on order by customer_key) - 1 as nth,
            count(*) over (partition by joined_on) as joiners
        from customers
        where is_duplicate_of is null
            and person_id in (select person_id from customers group by person_id having count(*) = 1)
    )

    -- Whoever happened to join on that day is the leaver.
    select
        leavers.customer_key as left_customer_key, joiners.customer_key as joined_customer_key,
        leavers.person_id, joiners.person_id as vanished_person_id, leavers.left_on, joined_on
    from leavers
    inner join joiners using (joined_on)
    where nth = floor(u_joiner * joiners) and joiners.customer_key <> leavers.customer_key
        and joiners.customer_key not in (select customer_key from leavers)
    qualify row_number() over (partition by joiners.customer_key order by leavers.customer_key) = 1
"""


@dataclass(frozen=True, slots=True)
class Fraud:
    """Fraudulent lines, by group.

    Attributes:
        line: Ordinals.
        group: Number of the group of each.
        in_box: Whether the group is a SIM box; else it is a ring.
    """

    line: Ints
    group: Ints
    in_box: Bools

    def of(self, lines: Lines, *, boxes_only: bool = False) -> Bools:
        """A mark for each line of the operator: fraudulent or not."""
        mark = np.zeros(len(lines), np.bool_)
        mark[self.line[self.in_box] if boxes_only else self.line] = True
        return mark


def plant_rejoins(world: World) -> None:
    """Let some who joined be the very people who left a few weeks before: table and truth `rejoins`.

    Runs before the lines are read: persons change behind customers and lines.
    """
    world.con.execute(_REJOINS, {"soonest": _REJOIN_DAYS[0], "latest": _REJOIN_DAYS[1], "share": _REJOIN_SHARE})
    world.con.execute(
        "update subscriptions set user_person_id = rejoins.person_id from rejoins "
        "where subscriptions.customer_key = rejoins.joined_customer_key "
        "and subscriptions.user_person_id = rejoins.vanished_person_id"
    )
    world.con.execute(
        "update customers set person_id = rejoins.person_id, recorded_name = persons.name_zh, "
        "recorded_id_number = persons.id_number, recorded_born_on = persons.born_on "
        "from rejoins inner join persons on persons.person_id = rejoins.person_id "
        "where customers.customer_key = rejoins.joined_customer_key"
    )
    world.plant(
        "rejoins",
        "select person_id, left_customer_key, joined_customer_key, left_on, joined_on from rejoins order by 3",
    )


def plant_groups(world: World, lines: Lines) -> tuple[Fraud, Lines]:
    """Choose boxes and rings among the lines; put a box into one cell and one device, and let it talk as boxes do.

    Returns:
        The groups, and the lines with the boxes where they stand.
    """
    rng = world.rng("fraud")
    latest = np.datetime64(world.options.as_of, "D").astype(np.int64)
    days = np.minimum(lines.ended_on, latest) - lines.started_on
    boxes = _groups(rng, lines, days >= _BOX_DAYS, _LINES_PER_BOX, _BOX_SIZE)
    free = days >= _RING_DAYS
    free[boxes[0]] = False
    rings = _groups(rng, lines, free, _LINES_PER_RING, _RING_SIZE)
    fraud = Fraud(
        np.r_[boxes[0], rings[0]],
        np.r_[boxes[1], rings[1] + boxes[1].max(initial=-1) + 1],
        np.r_[np.ones(len(boxes[0]), np.bool_), np.zeros(len(rings[0]), np.bool_)],
    )
    cell_of_group = rng.integers(0, len(lines.cells), fraud.group.max(initial=0) + 1)
    home, work = lines.home_cell.copy(), lines.work_cell.copy()
    home[boxes[0]] = work[boxes[0]] = cell_of_group[boxes[1]]
    _tell_the_world(world, lines, fraud)
    return fraud, replace(lines, home_cell=home, work_cell=work)


def _groups(
    rng: np.random.Generator, lines: Lines, fit: Bools, lines_per_group: int, size: tuple[int, int]
) -> tuple[Ints, Ints]:
    """Lines that were opened one after another, as a batch of cards is, and the number of the group of each."""
    candidates = np.flatnonzero(fit & (lines.group_id < 0))
    candidates = candidates[np.lexsort((lines.subscription_key[candidates], lines.started_on[candidates]))]
    groups = min(max(1, len(lines) // lines_per_group), len(candidates) // size[1])
    # Each group draws from a stretch of its own, so that no line is in two.
    stretch = len(candidates) // max(groups, 1)
    sizes = rng.integers(size[0], size[1] + 1, groups)
    first = np.arange(groups) * stretch + (rng.random(groups) * (stretch - sizes + 1)).astype(np.int64)
    group = np.repeat(np.arange(groups), sizes)
    within = np.arange(len(group)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return candidates[first[group] + within], group


def _tell_the_world(world: World, lines: Lines, fraud: Fraud) -> None:
    store(
        world.con,
        "fraud_lines",
        {
            "subscription_key": lines.subscription_key[fraud.line],
            "fraud_id": fraud.group + 1,
            "in_box": fraud.in_box,
        },
        "subscription_key, fraud_id, case when in_box then 'sim_box' else 'ring' end as kind",
    )
    world.con.execute(
        "update subscriptions set device = 'GSM gateway', device_id = '00' || printf('%013d', fraud_id) "
        "from fraud_lines where kind = 'sim_box' and fraud_lines.subscription_key = subscriptions.subscription_key"
    )
    world.con.execute(
        "update usage_months set local_on_net_minutes = $on_net, local_off_net_minutes = $off_net, "
        "long_minutes = 0, sms_count = 0, data_mb = 0, roaming_days = 0 "
        "where subscription_key in (select subscription_key from fraud_lines where kind = 'sim_box')",
        {"on_net": _BOX_ON_NET_MINUTES, "off_net": _BOX_OFF_NET_MINUTES},
    )
    world.plant("fraud_lines", "select * from fraud_lines order by fraud_id, subscription_key")


def add_fraud_edges(world: World, lines: Lines, fraud: Fraud) -> None:
    """Add what fraudsters call to `edges`, and give rejoiners the peers that they had before."""
    rng = world.rng("fraud edges")
    box = np.repeat(fraud.line[fraud.in_box], _BOX_PEERS)
    nth = np.tile(np.arange(_BOX_PEERS), len(box) // _BOX_PEERS)
    other = other_network_number(lines.subscription_key[box] * _BOX_PEERS + nth, 3)
    own = lines.msisdn[rng.integers(0, len(lines), len(box))]
    on_net = rng.random(len(box)) < 0.3
    ring, ring_group = fraud.line[~fraud.in_box], fraud.group[~fraud.in_box]
    one, partner = np.nonzero((ring_group[:, None] == ring_group[None, :]) & (ring[:, None] != ring[None, :]))
    premium = np.repeat(ring_group, _PREMIUM_NUMBERS) * _PREMIUM_NUMBERS + np.tile(
        np.arange(_PREMIUM_NUMBERS), len(ring)
    )
    caller = np.repeat(ring, _PREMIUM_NUMBERS)
    store(
        world.con,
        "fraud_edges",
        {
            "subscription_key": lines.subscription_key[np.r_[box, ring[one], caller]],
            "peer": np.r_[np.where(on_net, own, other), lines.msisdn[ring[partner]], other_network_number(premium, 4)],
            "is_on_net": np.r_[on_net, np.ones(len(one), np.bool_), np.zeros(len(caller), np.bool_)],
            "weight": np.r_[np.ones(len(box)), np.ones(len(one)), np.full(len(caller), 3.0)],
        },
        "subscription_key, peer::varchar as peer_msisdn, is_on_net, weight, 'fraud' as tie",
    )
    world.con.execute("insert into edges by name select distinct * from fraud_edges; drop table fraud_edges")
    _take_peers_along(world)


def _take_peers_along(world: World) -> None:
    """A rejoiner's new line has the ties of his old one, and his old peers have the new number."""
    world.con.execute("""
        create or replace table moved_lines as
        select old.subscription_key as old_key, new.subscription_key as new_key,
            old.msisdn as old_msisdn, new.msisdn as new_msisdn
        from rejoins
        inner join subscriptions as old
            on old.customer_key = rejoins.left_customer_key and old.user_person_id = rejoins.person_id
        inner join subscriptions as new
            on new.customer_key = rejoins.joined_customer_key and new.user_person_id = rejoins.person_id
        qualify row_number() over (partition by rejoins.person_id order by old_key desc, new_key) = 1;

        delete from edges where subscription_key in (select new_key from moved_lines);
        delete from edges where peer_msisdn in (select new_msisdn from moved_lines);

        insert into edges by name
        select new_key as subscription_key, peer_msisdn, is_on_net, weight, tie
        from edges inner join moved_lines on moved_lines.old_key = edges.subscription_key;

        insert into edges by name
        select subscription_key, new_msisdn as peer_msisdn, is_on_net, weight, tie
        from edges inner join moved_lines on moved_lines.old_msisdn = edges.peer_msisdn;

        drop table moved_lines
    """)
