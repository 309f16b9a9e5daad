"""Fit the segments on one snapshot. Centres depend on the snapshot alone; the previous model lends only names and k."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from ml.errors import InputError
from ml.frames import integers, matrix, snapshot
from ml.sampling import key_hash, lowest
from ml.schemas import SEGMENT_FEATURES
from ml.segmentation.behaviour import (
    K_RANGE,
    SAMPLE,
    STABLE,
    Stability,
    choose_k,
    fit_centres,
    fit_scale,
    nearest,
    stability,
)
from ml.segmentation.model import SegmentModel
from ml.segmentation.rules import Rule, name_behaviour, read_rules
from ml.segmentation.value import fit_edges

COLUMNS: Final = tuple(feature.name for feature in SEGMENT_FEATURES)
_MIN_CUSTOMERS: Final = 50  # below it a bootstrap sample may miss a cluster altogether
_FIT_ROWS: Final = 100_000  # centres of more customers differ in the third decimal
_SAME: Final = 0.5  # standard deviations between old and new centre up to which they are the same behaviour


def fit(
    features: pa.Table,
    *,
    as_of: date,
    behaviour_rules: pa.Table,
    seed: int,
    current: SegmentModel | None = None,
    previous: SegmentModel | None = None,
) -> SegmentModel:
    """Fit value edges and behaviour clusters on the snapshot at `as_of`.

    features: customer_id, cutoff_on and the columns of `schemas.SEGMENT_FEATURES`; every customer, once.
    behaviour_rules: the steward's table, see `rules.read_rules`.
    current: the model in use.
    previous: the model before this date: a cluster that lies where one of its clusters lay keeps the behaviour name,
    and k stays while it is stable. The one of the two that is of the same customers, rules and seed is returned.
    Raises `InputError` for wrong input or fewer than 50 customers with an order.
    """
    rules = read_rules(behaviour_rules)
    rows = snapshot(features, as_of, COLUMNS)
    customer, values = integers(rows, "customer_id"), matrix(rows, COLUMNS)
    mark = _fingerprint(customer, values, rules, seed)
    for known in (current, previous):
        if known is not None and known.fingerprint == mark:
            return known
    buying = values[:, COLUMNS.index("orders_182d")] > 0
    if int(buying.sum()) < _MIN_CUSTOMERS:
        raise InputError(
            f"customer features: {int(buying.sum())} customer(s) with an order; {_MIN_CUSTOMERS} are needed."
        )
    kept = lowest(key_hash(customer[buying], seed=seed), _FIT_ROWS)
    scale, centres, sizes, tried = _clusters(customer[buying][kept], values[buying][kept], seed, previous)
    behaviours, kept_names = _names(centres, scale.named_steps["scale"], rules, previous)
    return SegmentModel(
        fitted_as_of=as_of,
        edges=fit_edges(values[buying, COLUMNS.index("sales_182d")]),
        scale=scale,
        centres=centres,
        behaviours=behaviours,
        kept=kept_names,
        sizes=sizes,
        tried=tried,
        seed=seed,
        fingerprint=mark,
    )


def traits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns of `BehaviourInputs` from rows of `COLUMNS`."""
    column = {name: values[:, position] for position, name in enumerate(COLUMNS)}
    basket = column["sales_182d"] / np.maximum(column["orders_182d"], 1.0)
    return np.column_stack(
        [column["orders_182d"], basket, column["gap_ratio"], column["discount_share_91d"], column["recency_days"]]
    )


def match(centres: NDArray[np.float64], previous: NDArray[np.float64]) -> dict[int, int]:
    """New centre → previous centre, the pairing of least total distance (Hungarian method, Kuhn 1955).

    Pairs further apart than half a standard deviation are different behaviours and left out.

    >>> match(np.array([[0.0], [5.0]]), np.array([[5.1], [0.1]]))
    {0: 1, 1: 0}
    """
    distance = np.sqrt(((centres[:, None, :] - previous[None, :, :]) ** 2).sum(axis=2))
    pairs = zip(*linear_sum_assignment(distance), strict=True)
    return {int(new): int(old) for new, old in pairs if distance[new, old] <= _SAME}


def _clusters(
    customer: NDArray[np.int64], values: NDArray[np.float64], seed: int, previous: SegmentModel | None
) -> tuple[Pipeline, NDArray[np.float64], tuple[int, ...], tuple[Stability, ...]]:
    """Scale, centres, customers per centre and the evidence for k, from the buying customers."""
    scale = fit_scale(traits(values), _typical_gap(values))
    points = np.ascontiguousarray(scale.transform(traits(values)))
    with threadpool_limits(limits=1):  # one thread adds in one order: the same centres to the last bit
        tried = _try(points[lowest(key_hash(customer, seed=seed), SAMPLE)], seed, previous)
        centres = fit_centres(points, choose_k(tried).k, seed)
    sizes = np.bincount(nearest(points, centres)[0], minlength=len(centres))
    return scale, centres, tuple(sizes.tolist()), tuple(tried)


def _try(points: NDArray[np.float64], seed: int, previous: SegmentModel | None) -> list[Stability]:
    """Evidence per k: only the previous k while it stays stable, else all."""
    if previous is not None:
        held = stability(points, len(previous.centres), seed)
        if held.rand_mean >= STABLE:
            return [held]
    return [stability(points, k, seed) for k in K_RANGE]


def _names(
    centres: NDArray[np.float64], scaler: object, rules: Sequence[Rule], previous: SegmentModel | None
) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """Behaviour per centre, and whether it was kept from the previous model."""
    names = [name_behaviour(rules, centre) for centre in centres.tolist()]
    kept = [False] * len(names)
    if previous is not None:
        catalogue = {rule.behaviour for rule in rules}
        then = _in_scale_of(previous, centres, scaler)
        for new, old in match(then, previous.centres).items():
            if previous.behaviours[old] in catalogue:
                names[new], kept[new] = previous.behaviours[old], True
    return tuple(names), tuple(kept)


def _in_scale_of(previous: SegmentModel, centres: NDArray[np.float64], scaler: object) -> NDArray[np.float64]:
    """Centres in the previous model's standard deviations: both must be measured alike to be compared."""
    raw = scaler.inverse_transform(centres)  # type: ignore[attr-defined]  # scikit-learn ships no types
    then: NDArray[np.float64] = previous.scale.named_steps["scale"].transform(raw)
    return then


def _typical_gap(values: NDArray[np.float64]) -> float:
    gaps = values[:, COLUMNS.index("mean_gap_days")]
    known = gaps[~np.isnan(gaps)]
    return float(np.median(known)) if known.size else 1.0


def _fingerprint(customer: NDArray[np.int64], values: NDArray[np.float64], rules: Sequence[Rule], seed: int) -> str:
    digest = hashlib.sha256(repr((rules, seed, COLUMNS)).encode())
    digest.update(customer.tobytes())
    digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
