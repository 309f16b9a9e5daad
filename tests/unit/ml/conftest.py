"""Small synthetic customers: enough churn to learn from, known structure, made once a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from ml import churn
from ml.schemas import CHURN_FEATURES

AS_OF = date(2024, 12, 29)
HORIZON_DAYS = 56
SEED = 7
STEP_DAYS = 14


@dataclass(frozen=True)
class Population:
    features: pa.Table
    labels: pa.Table

    def at(self, day: date) -> pa.Table:
        return self.features.filter(pa.array([value == day for value in self.features["cutoff_on"].to_pylist()]))


def population(n_customers: int = 500, n_cutoffs: int = 12, *, only_recency: bool = False, seed: int = 1) -> Population:
    """Snapshots every 14 days up to AS_OF; labels are null while their horizon is open.

    Churn follows recency and sales; recency alone with `only_recency`.
    """
    rng = np.random.default_rng(seed)
    rows = n_customers * n_cutoffs
    cutoffs = [AS_OF - timedelta(days=STEP_DAYS * back) for back in reversed(range(n_cutoffs))]
    customer = np.tile(np.arange(1, n_customers + 1), n_cutoffs)
    day = np.repeat(np.arange(n_cutoffs), n_customers)
    recency = np.floor(rng.exponential(12, rows)).clip(0, 55)
    sales = np.tile(rng.lognormal(5, 1, n_customers), n_cutoffs).round(2)
    log_odds = -3.5 + 0.07 * recency - (0 if only_recency else 1.2) * (np.log(sales) - 5)
    churned = rng.random(rows) < 1 / (1 + np.exp(-log_odds))
    gap = np.where(rng.random(rows) < 0.05, np.nan, rng.uniform(3, 30, rows))
    values = {
        "recency_days": recency.astype(np.int64),
        "gap_ratio": recency / gap,
        "mean_gap_days": gap,
        "active_days_91d": rng.integers(1, 30, rows),
        "orders_56d": rng.integers(1, 20, rows),
        "sales_91d": sales,
        "discount_share_91d": rng.uniform(0, 0.5, rows),
        "coupon_share_91d": rng.uniform(0, 0.1, rows),
        "campaigns_91d": rng.integers(0, 4, rows),
        "redemptions_91d": np.zeros(rows, dtype=np.int64),
    }
    keys = {"customer_id": pa.array(customer), "cutoff_on": pa.array([cutoffs[i] for i in day], pa.date32())}
    columns = {name: pa.array(values[name], from_pandas=True) for name in (f.name for f in CHURN_FEATURES)}
    is_open = np.array([cutoffs[i] + timedelta(days=HORIZON_DAYS) > AS_OF for i in day])
    labels = {"is_active": pa.array(np.ones(rows, dtype=bool)), "is_churned": pa.array(churned, mask=is_open)}
    return Population(pa.table(keys | columns), pa.table(keys | labels))


def prepare(people: Population, *, as_of: date = AS_OF, max_rows: int = 200_000) -> churn.TrainingData:
    return churn.prepare(
        people.features, people.labels, as_of=as_of, horizon_days=HORIZON_DAYS, seed=SEED, max_rows=max_rows
    )


def shuffled(table: pa.Table, seed: int = 3) -> pa.Table:
    return table.take(pa.array(np.random.default_rng(seed).permutation(table.num_rows)))


@pytest.fixture(scope="session")
def people() -> Population:
    return population()


@pytest.fixture(scope="session")
def fitted(people: Population) -> churn.ChurnFit:
    return churn.fit_prepared(prepare(people))


@pytest.fixture(scope="session")
def recency_only() -> Population:
    return population(only_recency=True)
