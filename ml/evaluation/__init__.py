"""How good a model is: metrics, bootstrap intervals, calibration and lift tables, drift.

Knows scores and outcomes, nothing of customers, features or files.
"""

from ml.evaluation.bootstrap import RESAMPLES, Estimate, bootstrap
from ml.evaluation.curves import calibration_table, lift_table
from ml.evaluation.drift import psi, reference_bins
from ml.evaluation.metrics import METRICS, Ranking

__all__ = [
    "METRICS",
    "RESAMPLES",
    "Estimate",
    "Ranking",
    "bootstrap",
    "calibration_table",
    "lift_table",
    "psi",
    "reference_bins",
]
