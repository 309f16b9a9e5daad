"""Customer value: what will a customer bring in the months after the last closed one, and how sure is that?

In use:

    cutoffs = Cutoffs(interval=…, test=…, final=…, first_month=first_closed_month, horizon_months=3)
    if mark(histories, exposures, cutoffs=cutoffs, …) != last_card["fingerprint"]:      # else the last fit still stands
        fitted = fit(histories, exposures, cutoffs=cutoffs, seed=…, max_rows=200_000)
        file = dump_model(fitted.model)
        card = build_card(fitted, model_sha256=digest(file), versions=…)
    forecasts = score(load_model(file, card["model_sha256"]), histories, cutoff=…, as_of=…, model_id=card["model_id"])
"""

from ml.model_file import digest
from ml.value.card import build_card
from ml.value.cutoffs import Cutoffs
from ml.value.fitting import ValueFit, fit, mark
from ml.value.model import ValueModel, dump_model, load_model
from ml.value.scoring import score

__all__ = [
    "Cutoffs",
    "ValueFit",
    "ValueModel",
    "build_card",
    "digest",
    "dump_model",
    "fit",
    "load_model",
    "mark",
    "score",
]
