"""What a fit may see: nothing from after `as_of`, no outcome that overlaps the test, the same rows in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ml import churn
from ml.churn.training import split_cutoffs
from ml.errors import InputError
from tests.unit.ml.conftest import AS_OF, HORIZON_DAYS, Population, population, prepare, shuffled


@pytest.mark.parametrize("horizon_days", [7, 28, 56, 91])
@pytest.mark.parametrize("count", [1, 2, 5, 16, 60])
def test_outcomes_of_training_and_test_never_overlap(horizon_days: int, count: int) -> None:
    cutoffs = [14 * i for i in range(count)]
    split = split_cutoffs(cutoffs, horizon_days)
    assert split.test == tuple(cutoffs[-len(split.test) :])
    assert all(day + horizon_days <= split.test[0] for day in split.train)
    left_out = set(cutoffs) - set(split.train) - set(split.test)
    assert all(day + horizon_days > split.test[0] for day in left_out)


def test_the_demo_year_tests_on_four_cutoffs_and_learns_from_nine() -> None:
    split = split_cutoffs([14 * i for i in range(16)], 56)
    assert (len(split.train), len(split.test)) == (9, 4)


def test_only_known_outcomes_of_active_customers_are_used(people: Population) -> None:
    data = prepare(people)
    assert data.final.cutoff.max() == (AS_OF - timedelta(days=HORIZON_DAYS)).toordinal() - 719163
    inactive = pc.less(people.labels["customer_id"], 101)
    labels = people.labels.set_column(2, "is_active", pc.invert(inactive))
    assert prepare(replace(people, labels=labels)).final.customer.min() == 101


def test_the_future_changes_nothing(people: Population) -> None:
    as_of = AS_OF - timedelta(days=28)
    last_known = pa.scalar(as_of - timedelta(days=HORIZON_DAYS))
    later = pc.greater(people.labels["cutoff_on"], last_known)
    flipped = pc.if_else(later, pc.invert(people.labels["is_churned"]), people.labels["is_churned"])
    labels = people.labels.set_column(3, "is_churned", flipped)
    recency = pc.if_else(later, 999, people.features["recency_days"])
    features = people.features.set_column(2, "recency_days", recency)
    before = prepare(people, as_of=as_of)
    assert before.fingerprint == prepare(Population(features, labels), as_of=as_of).fingerprint
    assert before.fingerprint != prepare(people).fingerprint


def test_a_day_without_a_new_outcome_needs_no_fit(people: Population) -> None:
    assert prepare(people).fingerprint == prepare(people, as_of=AS_OF + timedelta(days=13)).fingerprint


def test_order_of_rows_does_not_matter(people: Population) -> None:
    mixed = Population(shuffled(people.features), shuffled(people.labels, seed=8))
    for max_rows in (1000, 200_000):
        assert prepare(mixed, max_rows=max_rows).fingerprint == prepare(people, max_rows=max_rows).fingerprint


def test_a_changed_value_changes_the_fingerprint(people: Population) -> None:
    sales = people.features["sales_91d"].to_numpy().copy()
    sales[0] += 0.01
    features = people.features.set_column(7, "sales_91d", pa.array(sales))
    assert prepare(replace(people, features=features)).fingerprint != prepare(people).fingerprint


def test_samples_keep_whole_customers_in_the_test(people: Population) -> None:
    data = prepare(people, max_rows=700)
    assert len(data.train.churned) == 700
    assert 690 < len(data.test.churned) <= 700
    per_customer = np.unique(data.test.customer, return_counts=True)[1]
    assert set(per_customer) == {len(data.split.test)}


def test_refuses_what_it_cannot_join(people: Population) -> None:
    with pytest.raises(InputError, match="each needs exactly one"):
        prepare(replace(people, features=people.features.slice(5)))
    with pytest.raises(InputError, match="each needs exactly one"):
        prepare(replace(people, features=pa.concat_tables([people.features, people.features.slice(0, 1)])))
    with pytest.raises(InputError, match="appears twice"):
        prepare(replace(people, labels=pa.concat_tables([people.labels, people.labels.slice(0, 1)])))
    with pytest.raises(InputError, match=r"missing column\(s\) sales_91d"):
        prepare(replace(people, features=people.features.drop(["sales_91d"])))


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        (population(40), "customer(s) churned in the training cut-offs; at least 50 are needed"),
        (population(300, n_cutoffs=7), "needs a training cut-off at least 56 days before"),
        (population(300, n_cutoffs=3), "the 0 labelled cut-off(s)"),
    ],
)
def test_says_why_nothing_was_trained(people: Population, reason: str) -> None:
    fitted = churn.fit_prepared(prepare(people))
    assert fitted.verdict == "not_trained"
    assert reason in fitted.reason
    assert fitted.evaluation.num_rows == fitted.calibration.num_rows == fitted.lift.num_rows == 0
    with pytest.raises(InputError, match="not trained"):
        churn.score(fitted, people.at(AS_OF), AS_OF, "m")
