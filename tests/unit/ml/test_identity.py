"""Clusters from links, permanent ids for clusters, and the measure of both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.identity import Edges, Holdings, assign_ids, attach, cluster, pair_quality, wilson_interval
from ml.identity.graph import DECIDED, RULED, SCORED
from ml.identity.ids import ID_BITS

NOBODY = Holdings(*(np.array([], dtype=np.int64) for _ in range(3)), np.array([], dtype=np.bool_))
NONE = np.array([], dtype=np.int64)


def edges(*rows: tuple[int, int, int, float]) -> Edges:
    left, right, strength, weight = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Edges(
        np.array(left, np.int64), np.array(right, np.int64), np.array(strength, np.int64), np.array(weight, np.float64)
    )


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def assign(label: np.ndarray, held: Holdings = NOBODY, formerly: Holdings = NOBODY, **more: np.ndarray) -> list[int]:
    """Record 0 is the oldest, record n founds the id 100 + n."""
    positions = np.arange(len(label))
    taken = more.get("taken", np.concatenate([held.id, formerly.id]))
    return assign_ids(label, positions, 100 + positions, held=held, formerly=formerly, taken=taken).tolist()


def held(*pairs: tuple[int, int], merged: frozenset[int] = frozenset()) -> Holdings:
    """Record and id, the first that it bears unless it was `merged`; the lower id is the older."""
    records, numbers = zip(*pairs, strict=True)
    native = np.array([record not in merged for record in records], dtype=np.bool_)
    return Holdings(ints(*records), ints(*numbers), ints(*numbers), native)


# ---- clusters ------------------------------------------------------------------------------------------------


def test_links_lead_on() -> None:
    found = cluster(5, edges((0, 1, SCORED, 9), (1, 4, RULED, 40)))
    assert found.label.tolist() == [0, 0, 2, 3, 0]
    assert not found.too_many.any()


def test_a_cluster_that_is_too_large_loses_scores_first_and_rules_next() -> None:
    chain = [(n, n + 1, SCORED, 9.0) for n in range(4)]
    found = cluster(6, edges(*chain, (0, 1, RULED, 40.0), (4, 5, RULED, 40.0)), most_records=3)
    assert found.label.tolist() == [0, 0, 2, 3, 4, 4]
    assert found.too_many.tolist() == [True] * 4 + [False] * 2
    ruled = cluster(4, edges(*[(n, n + 1, RULED, 40.0) for n in range(3)], (0, 1, DECIDED, 0.0)), most_records=3)
    assert ruled.label.tolist() == [0, 0, 2, 3]


def test_what_a_steward_keeps_apart_the_weakest_link_gives_way() -> None:
    links = edges((0, 1, SCORED, 9), (1, 2, SCORED, 7), (2, 3, RULED, 40))
    found = cluster(4, links, apart=(ints(0), ints(3)))
    assert found.label.tolist() == [0, 0, 2, 2]
    assert found.refused.tolist() == [False, True, False]


def test_a_direct_link_between_what_is_apart_is_refused_even_a_rule() -> None:
    found = cluster(3, edges((0, 1, RULED, 40), (1, 2, SCORED, 9)), apart=(ints(1), ints(0)))
    assert found.label.tolist() == [0, 1, 1]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from([SCORED, RULED]), st.floats(0, 50))),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] != pair[1]), max_size=4),
)
def test_whatever_the_links_nobody_is_with_whom_he_must_not_be(
    rows: list[tuple[int, int, int, float]], pairs: list[tuple[int, int]]
) -> None:
    apart = (ints(*(one for one, _ in pairs)), ints(*(other for _, other in pairs)))
    label = cluster(10, edges(*rows), apart=apart, most_records=10).label
    assert all(label[one] != label[other] for one, other in pairs)
    assert all(label[number] == number for number in label), "a label is the least position of its cluster"


# ---- an enquiry or a login belongs to one person -------------------------------------------------------------


def test_the_clearly_best_candidate_gets_it_and_about_equal_ones_nobody() -> None:
    links = edges((0, 8, SCORED, 12), (1, 8, SCORED, 8), (0, 9, SCORED, 9), (1, 9, SCORED, 7))
    found = attach(links, ints(8, 8, 9, 9), ints(0, 1, 0, 1))
    assert found.kept.tolist() == [True, False, False, False]
    assert found.ambiguous.tolist() == [False, False, True, True]


def test_several_records_of_one_candidate_are_no_rivals() -> None:
    found = attach(edges((0, 8, SCORED, 12), (1, 8, SCORED, 11.5)), ints(8, 8), ints(0, 0))
    assert found.kept.tolist() == [True, True]


def test_a_rule_outweighs_a_score_and_a_decision_both() -> None:
    links = edges((0, 8, SCORED, 30), (1, 8, RULED, 8), (1, 9, RULED, 40), (2, 9, DECIDED, 0))
    found = attach(links, ints(8, 8, 9, 9), ints(0, 1, 1, 2))
    assert found.kept.tolist() == [False, True, False, True]


# ---- ids -----------------------------------------------------------------------------------------------------


def test_an_id_is_founded_by_the_oldest_record() -> None:
    assert assign(ints(0, 0, 2)) == [100, 100, 102]


def test_a_merge_keeps_the_older_id() -> None:
    assert assign(ints(0, 0, 0), held((0, 30), (1, 20), (2, 20))) == [20, 20, 20]


def test_the_larger_part_of_a_split_keeps_the_id_and_the_other_founds_one() -> None:
    assert assign(ints(0, 1, 1), held((0, 20), (1, 20), (2, 20))) == [100, 20, 20]


def test_of_equal_parts_the_one_with_the_oldest_record_keeps_the_id() -> None:
    assert assign(ints(0, 1), held((0, 20), (1, 20))) == [20, 101]


def test_a_split_takes_up_the_id_of_before_the_merge() -> None:
    formerly = held((1, 21))
    assert assign(ints(0, 1), held((0, 20), (1, 20)), formerly) == [20, 21]


def test_splitting_gives_a_small_part_its_own_id_back_from_a_large_one_that_was_merged_into_it() -> None:
    formerly = held((1, 21), (2, 21))
    assert assign(ints(0, 1, 1), held((0, 20), (1, 20), (2, 20), merged=frozenset({1, 2})), formerly) == [20, 21, 21]


def test_an_id_that_somebody_bears_is_not_taken_up_again() -> None:
    formerly = held((1, 22))
    assert assign(ints(0, 1, 2), held((0, 20), (1, 20), (2, 22)), formerly) == [20, 101, 22]


def test_records_that_come_later_change_nobody_elses_id() -> None:
    assert assign(ints(0, 1, 1, 3), held((0, 20), (2, 22))) == [20, 22, 22, 103]


def test_a_founded_id_that_is_taken_moves_on_the_same_way_each_time() -> None:
    first = assign(ints(0, 1), taken=ints(100))
    assert first[0] not in {100, 101}
    assert first[1] == 101
    assert first == assign(ints(0, 1), taken=ints(100))
    assert 0 < first[0] < 2**ID_BITS


@settings(deadline=None)  # the first call of pandas is slow
@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.data())
def test_ids_are_one_a_cluster_and_never_shared(groups: list[int], data: st.DataObject) -> None:
    label = ints(*(groups.index(group) for group in groups))
    numbers = data.draw(st.lists(st.integers(1, 6), min_size=len(groups), max_size=len(groups)))
    bearing = [(record, number) for record, number in enumerate(numbers) if number < 6]
    found = assign(label, held(*bearing) if bearing else NOBODY)
    assert len({(int(one), number) for one, number in zip(label, found, strict=True)}) == len(set(groups))
    assert len(set(found)) == len(set(groups))
    again = held(*enumerate(found))
    assert assign(label, again) == found, "assigning again changes nothing"


# ---- measures ------------------------------------------------------------------------------------------------


def test_pairs_are_counted_and_shares_follow() -> None:
    found = pair_quality(ints(1, 1, 1, 2, 3), ints(7, 7, 8, 8, 9))
    assert (found.right, found.wrong, found.missed) == (1, 2, 1)
    assert (found.precision, found.recall, found.f1) == pytest.approx((1 / 3, 1 / 2, 0.4))
    alone = pair_quality(ints(1, 2), ints(1, 2))
    assert (alone.precision, alone.recall, alone.f1) == (1.0, 1.0, 1.0)


def test_the_interval_of_no_failures_does_not_claim_certainty() -> None:
    low, high = wilson_interval(30, 30)
    assert (round(low, 3), round(high, 3)) == (0.886, 1.0)
    assert wilson_interval(0, 0) == (0.0, 1.0)
