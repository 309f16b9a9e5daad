"""How far off were the forecasts of a past cut-off, and was the model better than forecasting plainly?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.evaluation import RESAMPLES, Estimate
from ml.evaluation.curves import wilson
from ml.value.histories import Floats
from ml.value.intervals import Bands, bins_of
from ml.value.predictors import LAST_PERIOD, MEAN, MODEL

DIFFERENCES: Final = {"difference_to_mean": MEAN, "difference_to_last_period": LAST_PERIOD}
RMSE: Final = "rmse"
_METRICS: Final = (RMSE, "mae", "bias")
_TAILS: Final = (2.5, 97.5)

Estimates = dict[tuple[str, str], Estimate]


def measure(outcome: Floats, forecasts: Mapping[str, Floats], *, seed: int) -> Estimates:
    """Error of each scorer, and of the model less each baseline, keyed (model, metric), in the currency.

    rmse: root of the mean squared error, which a forecast of the mean makes least.  mae: mean absolute error, which a
    forecast of the median makes least.  bias: mean of forecast less outcome.  95 % percentile bootstrap over customers.

    >>> found = measure(np.array([1.0, 3.0]), dict.fromkeys(["model", "mean_baseline", "last_period_baseline"],
    ...     np.array([2.0, 2.0])), seed=1)
    >>> found["model", "rmse"].value, found["difference_to_mean", "mae"].ci_high
    (1.0, 0.0)
    """
    errors = {name: forecast - outcome for name, forecast in forecasts.items()}
    sums = np.stack([column for error in errors.values() for column in (error**2, np.abs(error), error)])
    generator, n = np.random.default_rng(seed), outcome.size
    draws = []
    for _ in range(RESAMPLES):
        weight = np.bincount(generator.integers(0, n, n), minlength=n).astype(np.float64)
        draws.append(_metrics(sums @ weight / n, list(errors)))
    whole = _metrics(sums.mean(axis=1), list(errors))
    return {
        key: Estimate(value, *np.percentile([draw[key] for draw in draws], _TAILS).tolist())
        for key, value in whole.items()
    }


def _metrics(means: Floats, names: list[str]) -> dict[tuple[str, str], float]:
    table = means.reshape(len(names), len(_METRICS)).copy()
    table[:, 0] = np.sqrt(table[:, 0])
    found = {(name, metric): float(table[i, j]) for i, name in enumerate(names) for j, metric in enumerate(_METRICS)}
    for difference, baseline in DIFFERENCES.items():
        for metric in _METRICS[:2]:
            found[difference, metric] = found[MODEL, metric] - found[baseline, metric]
    return found


def coverage(
    outcome: Floats, forecasts: Mapping[str, Floats], bands: Mapping[str, Bands], floor: float | None
) -> Estimates:
    """Share of outcomes within the intervals that the cut-off before gave, with Wilson's 95 % interval."""
    found: Estimates = {}
    for name, forecast in forecasts.items():
        low, high = bands[name].around(forecast, floor=floor)
        share = np.array([((outcome >= low) & (outcome <= high)).mean()])
        ends = wilson(share, np.array([outcome.size]))
        found[name, "coverage"] = Estimate(float(share[0]), float(ends[0][0]), float(ends[1][0]))
    return found


def judge(estimates: Estimates) -> tuple[str, str]:
    """Who forecasts, and why: the model only if its squared error is lower than that of both baselines, proven.

    Proven: the 95 % interval of the paired difference lies below 0. Else the better of the two baselines forecasts.
    """
    gains = [estimates[difference, RMSE] for difference in DIFFERENCES]
    shown = f"RMSE {estimates[MODEL, RMSE].value:.2f} against " + " and ".join(
        f"{estimates[baseline, RMSE].value:.2f} of the {baseline} (difference {gain.value:+.2f}, 95 % interval "
        f"{gain.ci_low:+.2f} to {gain.ci_high:+.2f})"
        for baseline, gain in zip(DIFFERENCES.values(), gains, strict=True)
    )
    if all(gain.ci_high < 0 for gain in gains):
        return MODEL, f"The model is better than both baselines: {shown}."
    better = min(DIFFERENCES.values(), key=lambda name: estimates[name, RMSE].value)
    return better, f"The model is not better than its baselines, so the {better} forecasts: {shown}."


def calibration(outcome: Floats, forecast: Floats) -> tuple[NDArray[np.int64], Floats, Floats, Floats, Floats]:
    """By bin of the forecast: rows, mean forecast, mean outcome and the 95 % interval of that mean (normal)."""
    edges, bins = bins_of(forecast)
    n = np.bincount(bins, minlength=len(edges) + 1)
    predicted, observed = (np.bincount(bins, values, minlength=n.size) / n for values in (forecast, outcome))
    spread = np.bincount(bins, (outcome - observed[bins]) ** 2, minlength=n.size) / np.maximum(n - 1, 1)
    half = 1.959963984540054 * np.sqrt(spread / n)
    return n, predicted, observed, observed - half, observed + half
