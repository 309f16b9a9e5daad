"""Customer value: fit when a month closed, forecast every day. Forecasting never fits."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import dagster as dg
import duckdb
import pyarrow as pa

from dagster_project import model_store
from dagster_project.components.model_assets import (
    as_it_was,
    as_of,
    library_versions,
    model_metadata,
    table_spec,
    write_table,
)
from dagster_project.components.partitions import ONE_DATE_A_RUN, daily_partitions
from dagster_project.model_store import StoredModel
from dagster_project.settings import Settings, active_settings
from dagster_project.warehouse import connect, row_counts
from ml import value
from ml.value_schemas import CUSTOMER_VALUE_FORECASTS, VALUE_EXPOSURES, VALUE_HISTORIES

_MODEL: Final = dg.AssetKey(["models", "value"])
_READ: Final = [dg.AssetKey(["ml", table]) for table in ("value_cutoffs", "value_exposures", "value_histories")]
_CUTOFFS: Final = "select cutoff_role, cutoff_on, first_month_on, horizon_months from warehouse.ml.value_cutoffs"
_HISTORIES: Final = "from warehouse.ml.value_histories where cutoff_on >= $since order by cutoff_on, customer_id"
_EXPOSURES: Final = "from warehouse.ml.value_exposures order by cutoff_on, tenure_months"
_EVALUATION: Final = {
    "value_evaluation": "How far off the value forecasts were on months they did not see, beside two plain ones.",
    "value_calibration": "Forecast against what came, by tenth of the forecasts, for each of them.",
}
_COMMON: Final[dict[str, Any]] = {
    "partitions_def": daily_partitions(active_settings()),
    "backfill_policy": ONE_DATE_A_RUN,
    "pool": "warehouse",
    "required_resource_keys": {"settings", "writer"},
}


@dg.multi_asset(
    name="fit_value",
    specs=[
        dg.AssetSpec(
            _MODEL,
            deps=_READ,
            group_name="value",
            owners=["team:analytics"],
            kinds={"scipy"},
            description="Value models of business with and without contracts: a skops file and its card.",
        ),
        *(
            table_spec(name, group="value", owner="analytics", description=text, deps=_READ)
            for name, text in _EVALUATION.items()
        ),
    ],
    **_COMMON,
)
def fit_value(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    settings: Settings = context.resources.settings
    folder = settings.models / "value"
    last = model_store.current(folder)
    with connect(settings, read_only=True) as con:
        counts = row_counts(con)
        cutoffs = _cutoffs(con)
        exposures = con.sql(_EXPOSURES).to_arrow_table().cast(VALUE_EXPOSURES)
        tables = _histories(con, since=cutoffs.interval), exposures
    written = {name: counts.get(f"ml.{name}") for name in _EVALUATION}
    kept = last is not None and None not in written.values()
    learned = {"seed": settings.seed, "max_rows": settings.max_training_rows}
    if kept and last.card["fingerprint"] == value.mark(*tables, cutoffs=cutoffs, **learned):
        yield from as_it_was(_MODEL, folder, written, f"no month closed since {last.model_id}")
        return
    fitted = value.fit(*tables, cutoffs=cutoffs, **learned)
    context.log.info(fitted.reason)
    if kept and fitted.model is None:
        yield from as_it_was(_MODEL, folder, written, f"stale: not trained, because {fitted.reason}")
        return
    if fitted.model is not None:
        content = value.dump_model(fitted.model)
        card = value.build_card(fitted, model_sha256=value.digest(content), versions=library_versions())
        model_store.save(folder, StoredModel(fitted.model_id, content, card))
    with connect(settings) as con:
        yield write_table(con, "value_evaluation", fitted.evaluation)
        yield write_table(con, "value_calibration", fitted.calibration)
    metadata = {"verdict": fitted.verdict, "reason": fitted.reason, **model_metadata(folder)}
    yield dg.MaterializeResult(asset_key=_MODEL, metadata=metadata)


@dg.multi_asset(
    name="forecast_value",
    specs=[
        table_spec(
            "customer_value_forecasts",
            group="value",
            owner="analytics",
            description="What every customer is expected to bring in the months after the last closed one.",
            deps=[_MODEL, *_READ],
        )
    ],
    **_COMMON,
)
def forecast_value(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    settings: Settings = context.resources.settings
    stored = model_store.current(settings.models / "value")
    with connect(settings) as con:
        if stored is None:
            context.log.warning("There is no value model yet: nothing is forecast.")
            return write_table(con, "customer_value_forecasts", CUSTOMER_VALUE_FORECASTS.empty_table())
        model = value.load_model(stored.content, stored.card["model_sha256"])
        cutoffs = _cutoffs(con)
        histories = _histories(con, since=cutoffs.final)
        rows = value.score(model, histories, cutoff=cutoffs.final, as_of=as_of(context), model_id=stored.model_id)
        return write_table(con, "customer_value_forecasts", rows)


def _cutoffs(con: duckdb.DuckDBPyConnection) -> value.Cutoffs:
    rows = con.execute(_CUTOFFS).fetchall()
    days = {role: cutoff for role, cutoff, _, _ in rows}
    return value.Cutoffs(**days, first_month=rows[0][2], horizon_months=rows[0][3])


def _histories(con: duckdb.DuckDBPyConnection, *, since: date) -> pa.Table:
    return con.sql(_HISTORIES, params={"since": since}).to_arrow_table().cast(VALUE_HISTORIES)
