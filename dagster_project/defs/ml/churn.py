"""Churn: fit when a new outcome became known, score every day. Scoring never fits."""

from collections.abc import Iterator
from typing import Final

import dagster as dg

from dagster_project import model_store
from dagster_project.components.model_assets import (
    as_it_was,
    as_of,
    library_versions,
    model_metadata,
    read,
    table_spec,
    write_table,
)
from dagster_project.components.partitions import ONE_DATE_A_RUN, daily_partitions
from dagster_project.model_store import StoredModel
from dagster_project.settings import Settings, active_settings
from dagster_project.warehouse import connect, row_counts
from ml import churn
from ml.schemas import CHURN_FEATURES, CHURN_SCORES

_PARTITIONS: Final = daily_partitions(active_settings())
_FEATURES: Final = dg.AssetKey(["ml", "customer_features"])
_LABELS: Final = dg.AssetKey(["ml", "churn_labels"])
_MODEL: Final = dg.AssetKey(["models", "churn"])
_EVALUATION: Final = {
    "churn_evaluation": "How good the churn model is out of time, with intervals, beside recency alone.",
    "churn_calibration": "Predicted against observed churn by bin, for the model and for recency alone.",
    "churn_lift": "Share of churners found by share of customers contacted, for both.",
}
_COLUMNS: Final = ", ".join(["customer_id", "cutoff_on", *(feature.name for feature in CHURN_FEATURES)])
#: Customers whose outcome is known; at scale the others, and the other columns, are most of the table.
_TRAINING: Final = f"""
    select {_COLUMNS}
    from warehouse.ml.customer_features
    join warehouse.ml.churn_labels as labels using (customer_id, cutoff_on)
    where labels.is_active and labels.is_churned is not null
    order by cutoff_on, customer_id
"""
_OUTCOMES: Final = """
    select customer_id, cutoff_on, is_active, is_churned
    from warehouse.ml.churn_labels
    where is_active and is_churned is not null
    order by cutoff_on, customer_id
"""
_ACTIVE: Final = f"""
    select {_COLUMNS}
    from warehouse.ml.customer_features
    join warehouse.ml.churn_labels as labels using (customer_id, cutoff_on)
    where cutoff_on = ? and labels.is_active
    order by customer_id
"""


@dg.multi_asset(
    name="fit_churn",
    specs=[
        dg.AssetSpec(
            _MODEL,
            deps=[_FEATURES, _LABELS],
            group_name="churn",
            owners=["team:analytics"],
            kinds={"scikitlearn"},
            description="The churn model and its recency-only baseline: a skops file and its card.",
        ),
        *(
            table_spec(name, group="churn", owner="analytics", description=text, deps=[_FEATURES, _LABELS])
            for name, text in _EVALUATION.items()
        ),
    ],
    partitions_def=_PARTITIONS,
    backfill_policy=ONE_DATE_A_RUN,
    pool="warehouse",
    required_resource_keys={"settings", "writer"},
)
def fit_churn(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    settings: Settings = context.resources.settings
    with connect(settings, read_only=True) as con:
        data = churn.prepare(
            read(con, _TRAINING),
            read(con, _OUTCOMES),
            as_of=as_of(context),
            horizon_days=settings.churn_horizon_days,
            seed=settings.seed,
            max_rows=settings.max_training_rows,
        )
        counts = row_counts(con)
    folder = settings.models / "churn"
    last = model_store.current(folder)
    written = {name: counts.get(f"ml.{name}") for name in _EVALUATION}
    kept = last is not None and None not in written.values()
    if kept and last.card["fingerprint"] == data.fingerprint:
        yield from as_it_was(_MODEL, folder, written, f"no new outcome since {last.model_id}")
        return
    fitted = churn.fit_prepared(data)
    context.log.info(fitted.reason)
    if kept and fitted.model is None:
        yield from as_it_was(_MODEL, folder, written, f"stale: not trained, because {fitted.reason}")
        return
    if fitted.model is not None:
        content = churn.dump_model(fitted.model)
        card = churn.build_card(fitted, model_sha256=churn.digest(content), versions=library_versions())
        model_store.save(folder, StoredModel(fitted.model_id, content, card))
    tables = {
        "churn_evaluation": fitted.evaluation,
        "churn_calibration": fitted.calibration,
        "churn_lift": fitted.lift,
    }
    with connect(settings) as con:
        for name, rows in tables.items():
            yield write_table(con, name, rows)
    metadata = {"verdict": fitted.verdict, "reason": fitted.reason, **model_metadata(folder)}
    yield dg.MaterializeResult(asset_key=_MODEL, metadata=metadata)


@dg.multi_asset(
    name="score_churn",
    specs=[
        table_spec(
            "churn_scores",
            group="churn",
            owner="analytics",
            description="Probability of churn and its reasons for every active customer at the business date.",
            deps=[_MODEL, _FEATURES, _LABELS],
        )
    ],
    partitions_def=_PARTITIONS,
    backfill_policy=ONE_DATE_A_RUN,
    pool="warehouse",
    required_resource_keys={"settings", "writer"},
)
def score_churn(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    settings: Settings = context.resources.settings
    day = as_of(context)
    stored = model_store.current(settings.models / "churn")
    with connect(settings) as con:
        if stored is None:
            context.log.warning("There is no churn model yet: the list is empty.")
            return write_table(con, "churn_scores", CHURN_SCORES.empty_table())
        model = churn.load_model(stored.content, stored.card["model_sha256"])
        customers = read(con, _ACTIVE, [day])
        return write_table(con, "churn_scores", churn.score(model, customers, day, stored.model_id))
