"""Fitted models on disk: a skops file and a JSON card beside it, written whole or not at all. Free of Dagster.

models/<name>/<model_id>/model.skops, card.json
models/<name>/current          the id that scoring uses
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dagster_project.errors import ConfigurationError
from dagster_project.failpoints import failpoint


@dataclass(frozen=True)
class StoredModel:
    """One fitted model.

    Attributes:
        model_id: Hex digits of the sha256 of `content`.
        content: The skops file.
        card: Data window, features, metrics, seed, library versions.
    """

    model_id: str
    content: bytes
    card: Mapping[str, Any]


def save(folder: Path, model: StoredModel) -> None:
    """Write the model and make it the current one. Writing the same model twice changes nothing."""
    target = folder / model.model_id
    target.mkdir(parents=True, exist_ok=True)
    _write(target / "model.skops", model.content)
    _write(target / "card.json", card_bytes(model.card))
    _write(folder / "current", model.model_id.encode())


def card_bytes(card: Mapping[str, Any]) -> bytes:
    """The card as a file, equal for equal cards."""
    return json.dumps(card, indent=2, sort_keys=True, ensure_ascii=False, default=str).encode() + b"\n"


def current(folder: Path) -> StoredModel | None:
    """The model that scoring uses, or None before the first fit.

    Raises:
        ConfigurationError: the folder names a model that is not there.
    """
    pointer = folder / "current"
    return _read(folder, pointer.read_text(encoding="utf-8")) if pointer.exists() else None


def known_before(folder: Path, day: date) -> StoredModel | None:
    """The model that was current before anything was fitted on `day` or later: what a fit of `day` may follow.

    Found along `previous_model` of the cards, so that a fit that is repeated with other data follows the same model as
    the first time, and not its own first attempt.

    Raises:
        ConfigurationError: a card names a model that is not there.
    """
    model = current(folder)
    while model is not None and date.fromisoformat(model.card["fitted_as_of"]) >= day:
        earlier = model.card.get("previous_model")
        model = _read(folder, earlier) if earlier else None
    return model


def _read(folder: Path, model_id: str) -> StoredModel:
    try:
        content = (folder / model_id / "model.skops").read_bytes()
        card = json.loads((folder / model_id / "card.json").read_bytes())
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"{folder} names model {model_id}, but {error.filename} is missing.",
            f"delete the file {folder / 'current'}, then `tenure run` fits a new model",
        ) from error
    return StoredModel(model_id=model_id, content=content, card=card)


def _write(path: Path, content: bytes) -> None:
    # One name for every attempt: what a killed fit left is written over, not left for good.
    temporary = path.with_name(f".partial-{path.name}")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    failpoint("model.file_written")
    temporary.replace(path)
    failpoint("model.file_placed")
