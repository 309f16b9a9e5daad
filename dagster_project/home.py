"""Which pack a home is of: written down once, and held to as soon as anything is loaded.

Two companies in one warehouse would be one wrong picture, so a home never changes sides. What belongs here: the
home's own file (`home.json`). Not: the list of packs (`packs`), the folders of a home (`launch`).
"""

from __future__ import annotations

import json
from datetime import date

from dagster_project.errors import ConfigurationError
from dagster_project.packs import DEFAULT_PACK, pack_of
from dagster_project.settings import Settings
from dagster_project.warehouse import connect


def choose_pack(settings: Settings, pack: str, start_on: date | None = None) -> Settings:
    """Make the home one of a pack; returns its settings from then on.

    Args:
        settings: The home.
        pack: Name of the pack.
        start_on: First business day of its data, where it is not the pack's own.

    Raises:
        ConfigurationError: there is no such pack, the home holds data of another one, or the environment
            names another.

    Example:
        >>> choose_pack(Settings(), "telecom")  # doctest: +SKIP
    """
    pack_of(pack)
    _refuse_change(settings, pack)
    _write(settings, pack, start_on)
    changed = Settings(**settings.model_dump(include=settings.model_fields_set - {"pack", "start_on"}))
    if changed.pack != pack:
        raise ConfigurationError(
            f"TENURE_PACK says {changed.pack}, but this command is about pack {pack}.",
            "unset TENURE_PACK, or set another TENURE_HOME",
        )
    return changed


def settle_pack(settings: Settings) -> None:
    """Write the pack down where nothing says it yet; refuse one that the home's data are not of.

    Raises:
        ConfigurationError: the home holds data of another pack.
    """
    _refuse_change(settings, settings.pack)
    if not settings.home_file.exists() and settings.pack != DEFAULT_PACK:
        _write(settings, settings.pack, None)


def _refuse_change(settings: Settings, pack: str) -> None:
    """A home without a file is of the default pack: homes were, before there were packs."""
    recorded = _recorded(settings)
    if pack == recorded or not _has_loads(settings):
        return
    raise ConfigurationError(
        f"The home {settings.home.resolve()} holds data of pack {recorded} and cannot become one of pack {pack}.",
        f"set TENURE_HOME to another folder, or use pack {recorded}",
    )


def _recorded(settings: Settings) -> str:
    return str(_said(settings).get("pack", DEFAULT_PACK))


def _said(settings: Settings) -> dict[str, str]:
    if not settings.home_file.exists():
        return {}
    said: dict[str, str] = json.loads(settings.home_file.read_text(encoding="utf-8"))
    return said


def _has_loads(settings: Settings) -> bool:
    if not settings.lake_file.exists():
        return False
    with connect(settings, read_only=True) as con:
        has_ledger = con.execute(
            "select 1 from duckdb_tables() where schema_name = 'ops' and table_name = 'loads'"
        ).fetchone()
        return has_ledger is not None and con.execute("select 1 from ops.loads limit 1").fetchone() is not None


def _write(settings: Settings, pack: str, start_on: date | None) -> None:
    said = _said(settings)
    content = said if said.get("pack") == pack else {"pack": pack}
    if start_on is not None:
        content = {**content, "start_on": start_on.isoformat()}
    if content == said:
        return
    settings.home_file.parent.mkdir(parents=True, exist_ok=True)
    partial = settings.home_file.with_suffix(".tmp")
    partial.write_text(json.dumps(content) + "\n", encoding="utf-8")
    partial.replace(settings.home_file)
