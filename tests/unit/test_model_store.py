"""A model is written whole or not at all, and the pointer names one that is there."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dagster_project import model_store
from dagster_project.errors import ConfigurationError
from dagster_project.model_store import StoredModel

MODEL = StoredModel(model_id="abc", content=b"skops", card={"seed": 1, "metrics": {"auc": 0.8}})


def test_what_is_saved_is_current(tmp_path: Path) -> None:
    model_store.save(tmp_path, MODEL)
    assert model_store.current(tmp_path) == MODEL


def test_nothing_is_current_before_the_first_fit(tmp_path: Path) -> None:
    assert model_store.current(tmp_path) is None


def test_a_later_model_takes_its_place_and_the_first_is_kept(tmp_path: Path) -> None:
    model_store.save(tmp_path, MODEL)
    later = StoredModel(model_id="def", content=b"other", card={})
    model_store.save(tmp_path, later)
    assert model_store.current(tmp_path) == later
    assert (tmp_path / "abc" / "model.skops").read_bytes() == b"skops"


def test_a_fit_follows_the_model_before_its_date_and_not_its_own_first_attempt(tmp_path: Path) -> None:
    def fitted(model_id: str, day: str, previous: str | None) -> StoredModel:
        return StoredModel(model_id, b"skops", {"fitted_as_of": day, "previous_model": previous})

    first, attempt, again = (
        fitted("a", "2017-02-27", None), fitted("b", "2017-03-13", "a"), fitted("c", "2017-03-13", "a")
    )  # fmt: skip
    for model in (first, attempt, again):
        model_store.save(tmp_path, model)
        assert model_store.known_before(tmp_path, date(2017, 3, 13)) == first
    assert model_store.known_before(tmp_path, date(2017, 3, 14)) == again
    assert model_store.known_before(tmp_path, date(2017, 2, 27)) is None


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    model_store.save(tmp_path, MODEL)
    (tmp_path / "abc" / "card.json").unlink()
    with pytest.raises(ConfigurationError, match=r"names model abc, but .*card\.json is missing"):
        model_store.current(tmp_path)


def test_equal_cards_are_equal_files() -> None:
    assert model_store.card_bytes({"a": 1, "b": 2}) == model_store.card_bytes({"b": 2, "a": 1})
