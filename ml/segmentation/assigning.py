"""Place customers into fitted segments and describe each segment. Nothing here is ever refitted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ml.frames import integers, matrix, require, snapshot
from ml.schemas import CUSTOMER_SEGMENTS, SEGMENT_PROFILES
from ml.segmentation.behaviour import nearest
from ml.segmentation.fitting import COLUMNS, traits
from ml.segmentation.model import SegmentModel
from ml.segmentation.rules import DORMANT, name_segment
from ml.segmentation.value import TIERS, tiers


def assign(model: SegmentModel, features: pa.Table, segment_names: pa.Table, as_of: date) -> tuple[pa.Table, pa.Table]:
    """Segments per customer (ordered by customer_id) and profiles per segment (ordered by segment_id).

    features: every customer's snapshot at `as_of`, as for `fit`.  segment_names: the steward's table with
    segment_name, value_tier, behaviour_cluster, priority.  Columns: `schemas.CUSTOMER_SEGMENTS`,
    `schemas.SEGMENT_PROFILES`. Raises `InputError` for wrong input or a segment without a name.
    """
    require(segment_names, ["segment_name", "value_tier", "behaviour_cluster", "priority"], "segment_names")
    rows = snapshot(features, as_of, COLUMNS)
    values = matrix(rows, COLUMNS)
    catalogue = (*dict.fromkeys((*model.behaviours, DORMANT)),)
    behaviour, distance = _behaviour(model, values, catalogue)
    tier = tiers(values[:, COLUMNS.index("sales_182d")], model.edges)
    cell = tier * len(catalogue) + behaviour
    segments = _segments(cell, catalogue, segment_names)
    customers = pa.table(
        [
            pa.array(integers(rows, "customer_id")),
            pa.array([as_of], pa.date32()).take(pa.array(np.zeros(len(cell), dtype=np.int64))),
            *(
                _spread(segments, name, cell)
                for name in ("value_tier", "behaviour_cluster", "segment_id", "segment_name")
            ),
            pa.array(distance, mask=np.isnan(distance)),
        ],
        schema=CUSTOMER_SEGMENTS,
    )
    return customers, _profiles(segments, cell, values, as_of)


def _behaviour(
    model: SegmentModel, values: NDArray[np.float64], catalogue: tuple[str, ...]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Position in `catalogue` and distance to the nearest centre (NaN for the dormant) per customer."""
    behaviour = np.full(len(values), catalogue.index(DORMANT), dtype=np.int64)
    distance = np.full(len(values), np.nan)
    buying = values[:, COLUMNS.index("orders_182d")] > 0
    if buying.any():
        cluster, distance[buying] = nearest(model.scale.transform(traits(values[buying])), model.centres)
        behaviour[buying] = np.array([catalogue.index(name) for name in model.behaviours])[cluster]
    return behaviour, distance


def _segments(cell: NDArray[np.int64], catalogue: tuple[str, ...], names: pa.Table) -> dict[int, Mapping[str, str]]:
    """Cell number → id, name, tier and behaviour, for the cells in use."""
    out: dict[int, Mapping[str, str]] = {}
    for number in np.unique(cell).tolist():
        tier, behaviour = TIERS[number // len(catalogue)], catalogue[number % len(catalogue)]
        out[number] = {
            "segment_id": f"{tier}_{behaviour}",
            "segment_name": name_segment(names, tier, behaviour),
            "value_tier": tier,
            "behaviour_cluster": behaviour,
        }
    return out


def _spread(segments: Mapping[int, Mapping[str, str]], name: str, cell: NDArray[np.int64]) -> pa.Array:
    numbers = np.array(list(segments), dtype=np.int64)
    words = pa.array([segment[name] for segment in segments.values()], pa.string())
    return words.take(pa.array(np.searchsorted(numbers, cell)))


def _profiles(
    segments: Mapping[int, Mapping[str, str]], cell: NDArray[np.int64], values: NDArray[np.float64], as_of: date
) -> pa.Table:
    frame = pd.DataFrame(values, columns=list(COLUMNS)).assign(cell=cell)
    groups = frame.groupby("cell", sort=True)
    totals = groups[["sales_182d", "orders_182d"]].sum()
    count = groups.size()
    profile = pd.DataFrame([segments[number] for number in count.index], index=count.index)
    profile["as_of_on"] = as_of
    profile["customer_count"] = count
    profile["customer_share"] = count / len(frame)
    all_sales = totals["sales_182d"].sum()
    profile["sales_share"] = totals["sales_182d"] / (all_sales if all_sales > 0 else np.nan)
    profile["sales_182d_mean"] = totals["sales_182d"] / count
    profile["orders_182d_mean"] = totals["orders_182d"] / count
    profile["recency_days_median"] = groups["recency_days"].median()
    profile["basket_sales_mean"] = totals["sales_182d"] / totals["orders_182d"].where(totals["orders_182d"] > 0)
    profile["gap_ratio_median"] = groups["gap_ratio"].median()
    profile["discount_share_mean"] = groups["discount_share_91d"].mean()
    ordered = profile.sort_values("segment_id")[SEGMENT_PROFILES.names]
    return pa.Table.from_pandas(ordered, schema=SEGMENT_PROFILES, preserve_index=False).replace_schema_metadata(None)
