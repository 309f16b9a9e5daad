"""Segments: fitted on the last cut-off before the business date, assigned every day. Assigning never fits.

The fit looks at a cut-off of the fixed grid and not at the business date, so that a rebuild from nothing and a
warehouse that grew day by day hold the same model between two cut-offs.
"""

from collections.abc import Iterator
from typing import Any, Final

import dagster as dg

from dagster_project import model_store
from dagster_project.components.model_assets import (
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
from dagster_project.warehouse import connect
from ml import segmentation
from ml.errors import InputError
from ml.model_file import digest
from ml.schemas import SEGMENT_FEATURES, TABLES

_FEATURES: Final = dg.AssetKey(["ml", "customer_features"])
_MODEL: Final = dg.AssetKey(["models", "segments"])
_TABLES: Final = {
    "customer_segments": "The segment of every customer at the business date: value by behaviour.",
    "segment_profiles": "What each segment is like: size, sales, orders, recency, discounts.",
}
_COMMON: Final[dict[str, Any]] = {
    "partitions_def": daily_partitions(active_settings()),
    "backfill_policy": ONE_DATE_A_RUN,
    "pool": "warehouse",
    "required_resource_keys": {"settings", "writer"},
}
#: Segments are of orders: customers who never ordered are in none.
_SNAPSHOT: Final = f"""
    select customer_id, cutoff_on, {", ".join(feature.name for feature in SEGMENT_FEATURES)}
    from warehouse.ml.customer_features
    where cutoff_on = ? and recency_days is not null
    order by customer_id
"""
_LAST_CUTOFF: Final = """
    select coalesce(max(cutoff_on), $as_of) from warehouse.ml.customer_features where cutoff_on < $as_of
"""


@dg.asset(
    key=_MODEL,
    deps=[_FEATURES, ["marts", "behaviour_rules"]],
    group_name="segments",
    owners=["team:marketing"],
    kinds={"scikitlearn"},
    description="Value edges and behaviour clusters with their names: a skops file and its card.",
    **_COMMON,
)
def fit_segments(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    settings: Settings = context.resources.settings
    folder = settings.models / "segments"
    last = _load(model_store.current(folder))
    with connect(settings, read_only=True) as con:
        [(cutoff,)] = con.execute(_LAST_CUTOFF, {"as_of": as_of(context)}).fetchall()
        snapshot = read(con, _SNAPSHOT, [cutoff])
        rules = read(con, "select * from warehouse.marts.behaviour_rules order by priority, feature")
    # A model of a later date was not known then: a past date may be being rebuilt.
    earlier = model_store.known_before(folder, cutoff)
    previous = _load(earlier)
    if last is not None and last.fitted_as_of > cutoff:
        last = None
    try:
        model = segmentation.fit(
            snapshot, as_of=cutoff, behaviour_rules=rules, seed=settings.seed, current=last, previous=previous
        )
    except InputError as error:
        # Too few customers for clusters, as in the first weeks of a new warehouse.
        context.log.warning(f"No new segment model: {error}")
        return dg.MaterializeResult(metadata={"not_fitted": str(error)})
    if earlier and model is previous:
        model_store.save(folder, earlier)
    elif model is not last:
        content = segmentation.dump_model(model)
        card = segmentation.build_card(model, model_sha256=digest(content), versions=library_versions())
        card["previous_model"] = earlier.model_id if earlier else None
        model_store.save(folder, StoredModel(f"segments_{model.fingerprint[:12]}", content, card))
    return dg.MaterializeResult(metadata=model_metadata(folder))


def _load(stored: StoredModel | None) -> segmentation.SegmentModel | None:
    return segmentation.load_model(stored.content, stored.card["model_sha256"]) if stored else None


@dg.multi_asset(
    name="segment_customers",
    specs=[
        table_spec(
            name,
            group="segments",
            owner="marketing",
            description=text,
            deps=[_MODEL, _FEATURES, dg.AssetKey(["marts", "segment_names"])],
        )
        for name, text in _TABLES.items()
    ],
    **_COMMON,
)
def segment_customers(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    settings: Settings = context.resources.settings
    day = as_of(context)
    stored = model_store.current(settings.models / "segments")
    with connect(settings) as con:
        tables = [TABLES[name].empty_table() for name in _TABLES]
        if stored is None:
            context.log.warning("There is no segment model yet: nobody is in a segment.")
        else:
            model = segmentation.load_model(stored.content, stored.card["model_sha256"])
            names = read(con, "select * from warehouse.marts.segment_names order by priority")
            tables = list(segmentation.assign(model, read(con, _SNAPSHOT, [day]), names, day))
        for name, rows in zip(_TABLES, tables, strict=True):
            yield write_table(con, name, rows)
