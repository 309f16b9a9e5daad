"""Segments: every customer has exactly one, names follow the steward's rules, ids survive refits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from ml import schemas, segmentation
from ml.errors import InputError, ModelFileError
from ml.model_file import digest
from ml.segmentation.behaviour import nearest
from ml.segmentation.fitting import match
from ml.segmentation.rules import name_behaviour, name_segment, read_rules
from ml.segmentation.value import TIERS, fit_edges, tiers
from tests.unit.ml.conftest import shuffled

AS_OF = date(2024, 12, 29)
RULES = pa.table(
    {
        "behaviour_cluster": ["slipping", "deal_seeker", "frequent", "stock_up", "mixed"],
        "feature": ["gap_ratio", "discount_share_91d", "orders_182d", "basket_sales_182d", None],
        "operator": [">=", ">=", ">=", ">=", None],
        "threshold": [1.0, 0.8, 0.4, 0.5, None],
        "priority": [1, 2, 3, 4, 9],
    }
)
NAMES = pa.table(
    {
        "segment_name": ["Champions", "Frequent", "Dormant", "Others"],
        "value_tier": ["v1", "*", "*", "*"],
        "behaviour_cluster": ["frequent", "frequent", "dormant", "*"],
        "priority": [1, 2, 3, 9],
    }
)


def customers(n: int = 400, seed: int = 1) -> pa.Table:
    """Four plain kinds of customers (frequent, stocking up, on discount, slipping), one in ten dormant."""
    rng = np.random.default_rng(seed)
    kind = np.arange(n) % 4
    orders = np.array([60, 12, 15, 8])[kind] * rng.lognormal(0, 0.1, n)
    basket = np.array([15, 90, 18, 20])[kind] * rng.lognormal(0, 0.1, n)
    gap = 182 / orders
    ratio = np.array([0.5, 0.6, 0.5, 8.0])[kind] * rng.lognormal(0, 0.1, n)
    dormant = np.arange(n) % 10 == 9
    return pa.table(
        {
            "customer_id": np.arange(1, n + 1),
            "cutoff_on": pa.array([AS_OF] * n, pa.date32()),
            "orders_182d": np.where(dormant, 0, orders.round()).astype(np.int64),
            "sales_182d": np.where(dormant, 0, (orders * basket).round(2)),
            "recency_days": np.where(dormant, 200, ratio * gap).astype(np.int64),
            "gap_ratio": pa.array(ratio, mask=dormant),
            "mean_gap_days": pa.array(gap, mask=dormant),
            "discount_share_91d": pa.array(np.array([0.1, 0.1, 0.4, 0.1])[kind] + rng.normal(0, 0.01, n), mask=dormant),
        }
    )


def fit(table: pa.Table, previous: segmentation.SegmentModel | None = None) -> segmentation.SegmentModel:
    return segmentation.fit(table, as_of=AS_OF, behaviour_rules=RULES, seed=5, previous=previous)


@pytest.fixture(scope="module")
def model() -> segmentation.SegmentModel:
    return fit(customers())


def test_finds_and_names_the_four_kinds(model: segmentation.SegmentModel) -> None:
    assert sorted(model.behaviours) == ["deal_seeker", "frequent", "slipping", "stock_up"]
    assert model.stability.rand_mean > 0.99
    segments, _ = segmentation.assign(model, customers(), NAMES, AS_OF)
    kind = np.arange(400) % 4
    expected = np.array(["frequent", "stock_up", "deal_seeker", "slipping"])[kind]
    expected[np.arange(400) % 10 == 9] = segmentation.DORMANT
    assert segments["behaviour_cluster"].to_pylist() == expected.tolist()


def test_every_customer_is_in_one_segment_and_profiles_add_up(model: segmentation.SegmentModel) -> None:
    segments, profiles = segmentation.assign(model, customers(), NAMES, AS_OF)
    assert segments.schema.equals(schemas.CUSTOMER_SEGMENTS, check_metadata=True)
    assert profiles.schema.equals(schemas.SEGMENT_PROFILES, check_metadata=True)
    assert segments["customer_id"].to_pylist() == list(range(1, 401))
    assert sum(profiles["customer_count"].to_pylist()) == 400
    assert sum(profiles["customer_share"].to_pylist()) == pytest.approx(1)
    assert sum(profiles["sales_share"].to_pylist()) == pytest.approx(1)
    assert set(segments["segment_id"].to_pylist()) == set(profiles["segment_id"].to_pylist())
    by_id = {row["segment_id"]: row for row in profiles.to_pylist()}
    assert by_id["v4_dormant"]["basket_sales_mean"] is None
    assert by_id["v4_dormant"]["segment_name"] == "Dormant"
    for row in segments.to_pylist():
        assert row["segment_id"] == f"{row['value_tier']}_{row['behaviour_cluster']}"
        assert (row["distance"] is None) == (row["behaviour_cluster"] == segmentation.DORMANT)


def test_same_input_same_bytes_in_any_row_order(model: segmentation.SegmentModel) -> None:
    again = fit(shuffled(customers()))
    assert segmentation.dump_model(again) == segmentation.dump_model(model)
    first = segmentation.assign(model, customers(), NAMES, AS_OF)
    second = segmentation.assign(again, shuffled(customers(), seed=9), NAMES, AS_OF)
    assert first[0].equals(second[0])
    assert first[1].equals(second[1])


def test_a_refit_keeps_ids_whatever_number_k_means_gives(model: segmentation.SegmentModel) -> None:
    names = {"frequent": "stock_up", "stock_up": "frequent", "deal_seeker": "slipping", "slipping": "deal_seeker"}
    order = [2, 0, 3, 1]
    previous = replace(
        model,
        centres=model.centres[order],
        behaviours=tuple(names[model.behaviours[i]] for i in order),
        fingerprint="of another day",
    )
    refitted = fit(customers(seed=2), previous)
    assert refitted.kept == (True,) * 4
    assert len(refitted.tried) == 1
    for centre, behaviour in zip(refitted.centres, refitted.behaviours, strict=True):
        then = nearest(centre[None, :], previous.centres)[0][0]
        assert behaviour == previous.behaviours[then]


def test_a_behaviour_that_left_the_rules_is_named_anew(model: segmentation.SegmentModel) -> None:
    retired = replace(model, behaviours=("retired",) * 4, fingerprint="of another day")
    refitted = fit(customers(seed=2), retired)
    assert sorted(refitted.behaviours) == ["deal_seeker", "frequent", "slipping", "stock_up"]
    assert refitted.kept == (False,) * 4


def test_an_unchanged_snapshot_is_not_fitted_again(model: segmentation.SegmentModel) -> None:
    assert fit(shuffled(customers()), model) is model


def test_matching_pairs_each_centre_once_and_drops_far_ones() -> None:
    old = np.array([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]])
    assert match(old[[2, 0, 1]] + 0.1, old) == {0: 2, 1: 0, 2: 1}
    assert match(np.array([[0.4, 0.0], [0.6, 0.0]]), old[:2]) == {0: 0, 1: 1}
    assert match(np.array([[3.0, 3.0]]), old) == {}


def test_value_edges_by_hand() -> None:
    assert fit_edges(np.arange(10.0, 110, 10)) == (50.0, 80.0, 100.0)
    tied = np.array([0.0, 49.99, 50, 50, 79.99, 80, 100, 1e6])
    assert [TIERS[i] for i in tiers(tied, (50, 80, 100))] == ["v4", "v4", "v3", "v3", "v3", "v2", "v1", "v1"]


def test_rules_go_by_priority_and_all_conditions_must_hold() -> None:
    rules = read_rules(
        pa.table(
            {
                "behaviour_cluster": ["b", "b", "a", "rest"],
                "feature": ["orders_182d", "gap_ratio", "orders_182d", None],
                "operator": [">=", "<=", ">=", None],
                "threshold": [0.5, 0.0, 0.5, None],
                "priority": [1, 1, 2, 3],
            }
        )
    )
    assert [name_behaviour(rules, centre) for centre in ([1, 0, -1, 0], [1, 0, 1, 0], [0, 0, 0, 0])] == [
        "b",
        "a",
        "rest",
    ]


def test_names_go_by_priority_and_must_be_complete() -> None:
    assert name_segment(shuffled(NAMES), "v1", "frequent") == "Champions"
    assert name_segment(shuffled(NAMES), "v3", "frequent") == "Frequent"
    assert name_segment(NAMES, "v3", "mixed") == "Others"
    with pytest.raises(InputError, match="no row for value_tier v2 and behaviour_cluster mixed"):
        name_segment(NAMES.slice(0, 3), "v2", "mixed")


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("feature", ["shoe_size", *RULES["feature"].to_pylist()[1:]], "feature shoe_size; expected one of"),
        ("operator", ["=", *RULES["operator"].to_pylist()[1:]], "expected operator"),
        ("priority", [1, 1, 3, 4, 9], "one rule, one name"),
        ("behaviour_cluster", ["dormant", *RULES["behaviour_cluster"].to_pylist()[1:]], "customers without orders"),
    ],
)
def test_refuses_rules_that_make_no_sense(column: str, values: list[object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_rules(RULES.set_column(RULES.column_names.index(column), column, pa.array(values)))


def test_refuses_rules_that_leave_clusters_unnamed() -> None:
    with pytest.raises(InputError, match="the last rule must catch all"):
        read_rules(RULES.slice(0, 4))


def test_refuses_a_snapshot_it_cannot_use(model: segmentation.SegmentModel) -> None:
    with pytest.raises(InputError, match="customer\\(s\\) with an order; 50 are needed"):
        fit(customers(40))
    with pytest.raises(InputError, match="400 of 400 row"):
        segmentation.assign(model, customers(), NAMES, date(2024, 12, 30))
    with pytest.raises(InputError, match="missing column"):
        segmentation.assign(model, customers().drop(["sales_182d"]), NAMES, AS_OF)


def test_the_file_and_the_card(model: segmentation.SegmentModel) -> None:
    data = segmentation.dump_model(model)
    loaded = segmentation.load_model(data, digest(data))
    assert segmentation.dump_model(loaded) == data
    original = segmentation.assign(model, customers(seed=3), NAMES, AS_OF)
    assert segmentation.assign(loaded, customers(seed=3), NAMES, AS_OF)[0].equals(original[0])
    with pytest.raises(ModelFileError, match="hashes to"):
        segmentation.load_model(data, "0" * 64)
    card = segmentation.build_card(model, model_sha256=digest(data), versions={"numpy": "2"})
    assert json.loads(json.dumps(card, allow_nan=False)) == card
    assert sum(cluster["customers"] for cluster in card["clusters"]) == 360
