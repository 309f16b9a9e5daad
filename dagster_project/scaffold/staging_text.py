"""The staging model of a new system: raw columns under the names and types of a conformed entity, or as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from dagster_project.errors import ConfigurationError
from dagster_project.scaffold.contract_text import words
from dagster_project.scaffold.profile import Profile, Profiled

_AUDIT: Final = {"business_on": "_business_on", "load_id": "_load_id"}
#: Endings under which source systems keep what ends in the key's word here.
_SAME: Final = {
    "_key": ("_id", "_key", "_no", "_number", "_code", "_nr", ""),
    "_on": ("_date", "_on", "_day", ""),
    "_at": ("_time", "_at", "_timestamp", "_datetime", ""),
    "_amount": ("_amount", "_value", ""),
    "_text": ("_text", ""),
}
_CLASSES: Final = {"free_text": "personal", "contact": "personal", "identifier": "pseudonymous"}


def entity_columns(models: Path, entity: str) -> list[tuple[str, str]]:
    """Name and type of the columns of a conformed entity, from its own contract.

    Raises:
        ConfigurationError: there is no such entity; names those that are there.
    """
    folder = models / "conformed"
    path = folder / f"{entity}.yml"
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.yml")))
        raise ConfigurationError(
            f"There is no conformed entity '{entity}'; expected one of {known}", "give another --entity"
        )
    [model] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    return [(column["name"], column["data_type"]) for column in model["columns"]]


def staging_sql(system: str, extract: str, found: Profile, wanted: Sequence[tuple[str, str]] | None) -> str:
    """The model; `wanted` are the columns of the entity, None takes the raw columns as they are."""
    grain = " and ".join(words(name).lower() for name in found.primary_key) or "record"
    if wanted is None:
        lines = [column.name for column in found.columns]
        lines = [f"'{system}' as source_system", *lines, "_business_on as business_on", "_load_id as load_id"]
    else:
        lines = [_line(name, kind, mapping(found, wanted), system) for name, kind in wanted]
    selected = ",\n".join(f"    {line}" for line in lines)
    return (
        f"-- One row per {grain} of {system}.\n"
        f"select\n{selected}\n"
        f"from {{{{ source('raw', '{system}__{extract}') }}}}\n"
        "where {{ is_current_load() }}\n"
    )


def _line(name: str, kind: str, found: Mapping[str, Profiled], system: str) -> str:
    if name == "source_system":
        return f"'{system}' as source_system"
    if name in _AUDIT:
        return f"{_AUDIT[name]} as {name}"
    column, spaced = found.get(name), kind.replace(",", ", ")
    if column is None:
        return f"cast(null as {spaced}) as {name}"
    if column.type.replace("varchar", "string") == kind:
        return name if column.name == name else f"{column.name} as {name}"
    return f"cast({column.name} as {spaced}) as {name}"


def mapping(found: Profile, wanted: Sequence[tuple[str, str]]) -> dict[str, Profiled]:
    """Which raw column is which column of the entity, as far as names tell; the primary key is the first key."""
    free = {column.name: column for column in found.columns}
    taken: dict[str, Profiled] = {}
    for name, _ in wanted:
        if name in _AUDIT or name == "source_system":
            continue
        candidate = next((other for other in _names(name) if other in free), None)
        if candidate is not None:
            taken[name] = free.pop(candidate)
    for name, kind in wanted:
        alone = [column for column in free.values() if column.type == kind in {"date", "timestamp"}]
        asked = [other for other, other_kind in wanted if other_kind == kind and other not in {*taken, *_AUDIT}]
        if asked == [name] and len(alone) == 1:
            taken[name] = free.pop(alone[0].name)
    first_key = next((name for name, _ in wanted if name.endswith("_key")), None)
    if first_key and first_key not in taken and len(found.primary_key) == 1 and found.primary_key[0] in free:
        taken[first_key] = free.pop(found.primary_key[0])
    return taken


def _names(name: str) -> list[str]:
    """Names that a column may have in a source system, the likeliest first."""
    for ending, others in _SAME.items():
        if name.endswith(ending):
            stem = name.removesuffix(ending)
            return [name, *(stem + other for other in others), *([ending[1:]] if ending == "_text" else [])]
    return [name, re.sub(r"^(is|has)_", "", name), name.rsplit("_", 1)[-1]]


def staging_yml(name: str, system: str, found: Profile, *, is_conformed: bool) -> str:
    """Words and class of personal data of the staging model."""
    classes = {column.pii for column in found.columns}
    pii = next((ours for theirs, ours in _CLASSES.items() if theirs in classes), None)
    grain = " and ".join(words(key).lower() for key in found.primary_key) or "record"
    document: dict[str, Any] = {
        "owner": "data-engineering",
        "pii": pii or ("demographic" if "demographic" in classes else "none"),
    }
    measures = ", measures: {}" if is_conformed else ""
    meta = ", ".join(f"{key}: {value}" for key, value in document.items())
    return f"""models:
  - name: {name}
    description: "One row per {grain} of {system}."
    config:
      meta: {{{meta}, capability: [SRC-6]{measures}}}
    columns:
      - name: load_id
        description: "Delivery that holds the record."
"""
