"""One reader of the environment; paths hang off the home; installed and checked-out projects are found."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from dagster_project.settings import Settings, active_settings, using


def test_home_moves_all_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENURE_HOME", str(tmp_path))
    settings = Settings()
    paths = [
        settings.inbox, settings.landing, settings.lake_file, settings.warehouse_file, settings.release_file,
        settings.lock_file, settings.spill, settings.exports, settings.reports, settings.models, settings.dbt_state,
        settings.gx, settings.dagster_home, settings.alerts_file,
    ]  # fmt: skip
    assert [path for path in paths if not path.is_relative_to(tmp_path)] == []


def test_default_home_is_inside_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENURE_HOME", raising=False)
    assert Settings().home.parts[-2:] == ("warehouse", "var")


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings(home=tmp_path).seed = 1  # type: ignore[misc]


def test_horizons_have_a_lower_bound(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="churn_horizon_days"):
        Settings(home=tmp_path, churn_horizon_days=0)


def test_the_webhook_is_never_shown(tmp_path: Path) -> None:
    assert "secret-path" not in repr(Settings(home=tmp_path, alert_webhook="http://localhost/secret-path"))


def test_definitions_are_built_with_the_settings_in_use(tmp_path: Path) -> None:
    mine = Settings(home=tmp_path)
    with using(mine):
        assert active_settings() is mine
    assert active_settings() is not mine
