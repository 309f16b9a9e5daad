"""Churn of non-contract customers: will an active customer make no purchase within the horizon?

In use:

    data = prepare(features, labels, as_of=…, horizon_days=56, seed=…, max_rows=200_000)
    if data.fingerprint != last_card["fingerprint"]:      # else the last fit still stands
        fitted = fit_prepared(data)
        file = dump_model(fitted.model)
        card = build_card(fitted, model_sha256=digest(file), versions=…)
    scores = score(load_model(file, card["model_sha256"]), active_customers, as_of, card["model_id"])
"""

from ml.churn.card import build_card
from ml.churn.fitting import ChurnFit, fit, fit_prepared
from ml.churn.model import ChurnModel, dump_model, load_model
from ml.churn.scoring import drift, score
from ml.churn.training import TrainingData, prepare
from ml.model_file import digest

__all__ = [
    "ChurnFit",
    "ChurnModel",
    "TrainingData",
    "build_card",
    "digest",
    "drift",
    "dump_model",
    "fit",
    "fit_prepared",
    "load_model",
    "prepare",
    "score",
]
