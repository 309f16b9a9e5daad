"""Write the files of a new source system; nothing that is there is overwritten."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import yaml

from dagster_project.errors import ConfigurationError
from dagster_project.extract.contract import SourceContract
from dagster_project.scaffold.contract_text import contract_text, extract_name, source_text, suite_text
from dagster_project.scaffold.profile import Profile, profile
from dagster_project.scaffold.sample import Sample, read_sample
from dagster_project.scaffold.staging_text import entity_columns, mapping, staging_sql, staging_yml
from dagster_project.settings import Settings
from dagster_project.warehouse import engine_config

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,29}")
_GIVEN: Final = frozenset({"source_system", "business_on", "load_id"})


@dataclass(frozen=True, slots=True)
class Scaffold:
    """What was written and what was found.

    Attributes:
        system, extract, entity: Names of what was added; entity is None where none was asked for.
        files: The new files.
        sample, profile: What the sample told.
        unmapped: Columns of the entity that no raw column was found for: null in the staging model.
        unused: Raw columns that the staging model does not use.
    """

    system: str
    extract: str
    entity: str | None
    files: tuple[Path, ...]
    sample: Sample
    profile: Profile
    unmapped: tuple[str, ...]
    unused: tuple[str, ...]


def scaffold_source(
    settings: Settings, system: str, sample: Path, *, extract: str | None = None, entity: str | None = None
) -> Scaffold:
    """Describe a new system from a sample of one of its extracts, in files that the project takes as they are.

    Args:
        settings: Names the folders.
        system: Name of the new system: lower case, digits, `_`.
        sample: A delivered file; only what it is like goes into the project, nothing of what it says.
        extract: Name of the extract; by default from the name of the file.
        entity: Conformed entity that the extract feeds; the staging model then has its columns.

    Raises:
        ConfigurationError: the name is taken or no name, the sample cannot be read, or there is no such entity.

    Example:
        >>> scaffold_source(settings, "parking", Path("tickets_2026-01-31.csv"))  # doctest: +SKIP
    """
    extract = extract or extract_name(sample.name).removeprefix(f"{system}_")
    _refuse(settings, system, extract)
    wanted = entity_columns(settings.dbt_project / "models", entity) if entity else None
    with duckdb.connect(":memory:", config=engine_config(settings)) as con:
        found_sample = read_sample(con, sample, settings.spill)
        found = profile(con, found_sample)
    model = f"stg_{system}__{entity or extract}"
    staging = settings.dbt_project / "models" / "staging" / system
    texts = {
        settings.sources / system / "defs.yaml": contract_text(system, extract, found_sample, found),
        staging / f"{model}.sql": staging_sql(system, extract, found, wanted),
        staging / f"{model}.yml": staging_yml(model, system, found, is_conformed=entity is not None),
        staging / f"_{system}__sources.yml": source_text(system, extract, found),
        settings.suites / "raw" / f"{system}__{extract}.yml": suite_text(system, extract, found),
    }
    _prove(texts, system)
    _write(texts)
    mapped = mapping(found, wanted or [])
    used = {column.name for column in mapped.values()}
    return Scaffold(
        system, extract, entity, tuple(texts), found_sample, found,
        unmapped=tuple(name for name, _ in wanted or [] if name not in mapped and name not in _GIVEN),
        unused=tuple(column.name for column in found.columns if entity and column.name not in used),
    )  # fmt: skip


def _refuse(settings: Settings, system: str, extract: str) -> None:
    for what, name in (("system", system), ("extract", extract)):
        if not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"'{name}' is no name for a {what}; expected lower-case letters, digits and _, at most 30",
                "give another name",
            )
    if settings.project_root.name == "_project":
        raise ConfigurationError(
            "An installed package is no place to add a system to", "work in a checkout of the project"
        )


def _prove(texts: dict[Path, str], system: str) -> None:
    """The contract must be one before anything is written."""
    [contract] = [text for path, text in texts.items() if path.name == "defs.yaml"]
    SourceContract.model_validate(yaml.safe_load(contract)["attributes"])
    taken = [path for path in texts if path.exists()]
    if taken:
        raise ConfigurationError(
            f"There is a system '{system}' already: {taken[0]}", "give another name, or add an extract to it by hand"
        )


def _write(texts: dict[Path, str]) -> None:
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
