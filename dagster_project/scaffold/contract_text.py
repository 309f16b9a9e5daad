"""The texts of a new system that are about its deliveries: contract, dbt source, raw suite."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from dagster_project.scaffold.profile import Profile, Profiled
from dagster_project.scaffold.sample import Sample

_DATE_IN_NAME: Final = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2}|20\d{6})(?!\d)")
_ISO: Final = r"(?P<date>\d{4}-\d{2}-\d{2})"
_COMPACT: Final = r"(?P<date>\d{8})"


def extract_name(file: str) -> str:
    """The name of an extract in the name of one of its files.

    >>> extract_name("orders_2017-01-31.csv.gz"), extract_name("CRM-Kunden-20170131.csv")
    ('orders', 'crm_kunden')
    >>> extract_name("2017-01-31.csv")
    'records'
    """
    stem = _DATE_IN_NAME.sub("", file).split(".")[0]
    name = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")
    return name if re.match(r"[a-z]", name) else "records"


def file_pattern(file: str, extract: str) -> str:
    """The expression for files like this one; by the name of the extract where no date is in the name.

    >>> file_pattern("orders_2017-01-31.csv.gz", "orders")
    'orders_(?P<date>\\\\d{4}-\\\\d{2}-\\\\d{2})\\\\.csv\\\\.gz'
    """
    found = _DATE_IN_NAME.search(file)
    if found is None:
        return rf"{extract}_{_ISO}" + re.escape("".join(Path(file).suffixes))
    before, after = (re.escape(part).replace(r"\-", "-") for part in (file[: found.start()], file[found.end() :]))
    return before + (_ISO if "-" in found.group() else _COMPACT) + after


def contract_text(system: str, extract: str, sample: Sample, found: Profile) -> str:
    """`defs.yaml`: what the sample told is filled in, what only people know is marked with `#`."""
    lines = [
        "type: dagster_project.components.SourceSystem",
        "",
        "attributes:",
        f"  system: {system}",
        f"  owner: team:{system}  # who answers for the deliveries",
        f"  description: Source system {system}.  # what it is, and when it sends",
        "  extracts:",
        f"    - name: {extract}",
        f"      description: One row per {_grain(found)}.  # grain, and what a reader must know",
        f"      file: '{file_pattern(sample.path.name, extract)}'",
        f"      format: {sample.format}",
        *_dialect(sample, found),
        "      delivery: settle  # rename: the sender writes under another name first; marker: it adds <file>.done",
        "      load_mode: append  # snapshot: each file is the whole state",
        *([f"      primary_key: [{', '.join(found.primary_key)}]"] if found.primary_key else []),
        "      columns:",
        *(f"        - {_column(column)}" for column in found.columns),
    ]
    return "\n".join(lines) + "\n"


def _dialect(sample: Sample, found: Profile) -> list[str]:
    """Only what differs from the defaults of a contract."""
    stated = {
        "encoding": (sample.encoding, "utf-8"),
        "delimiter": (sample.delimiter, ","),
        "null_text": (found.null_text, ""),
        "decimal_separator": (found.decimal_separator, "."),
        "date_format": (found.date_format, "%Y-%m-%d"),
        "timestamp_format": (found.timestamp_format, "%Y-%m-%d %H:%M:%S"),
    }
    if sample.format == "parquet":
        return []
    return [f"      {name}: {json.dumps(value)}" for name, (value, default) in stated.items() if value != default]


def _column(column: Profiled) -> str:
    parts = [f"name: {column.name}"]
    if column.header.casefold() != column.name:
        parts.append(f"header: {json.dumps(column.header, ensure_ascii=False)}")
    parts.append(f"type: {_quoted_type(column.type)}")
    if not column.is_nullable:
        parts.append("nullable: false")
    if column.pii != "none":
        parts.append(f"pii: {column.pii}")
    parts.append(f'description: "{words(column.name)}."')
    return "{" + ", ".join(parts) + "}"


def _quoted_type(kind: str) -> str:
    # In a flow mapping the comma of decimal(18,2) would end the value.
    return f'"{kind}"' if "," in kind else kind


def words(name: str) -> str:
    """A column name as the beginning of a sentence.

    >>> words("order_id")
    'Order id'
    """
    return name.replace("_", " ").capitalize()


def _grain(found: Profile) -> str:
    return " and ".join(words(name).lower() for name in found.primary_key) or "record"


def source_text(system: str, extract: str, found: Profile) -> str:
    """`_<system>__sources.yml`: the raw table as dbt knows it."""
    return f"""sources:
  - name: raw
    database: "{{{{ 'lake' if target.type == 'duckdb' else none }}}}"
    schema: raw
    quoting: {{database: false, schema: false, identifier: false}}
    tables:
      - name: {system}__{extract}
        description: "One row per {_grain(found)}, as delivered."
"""


def suite_text(system: str, extract: str, found: Profile) -> str:
    """The raw suite: something came, keys are given and unique. Rules about values are the steward's to add."""
    stem = f"{system}_{extract}"[:50]
    rules = [
        _rule(f"{stem}_delivered", "The delivery is not empty", "expect_table_row_count_to_be_between",
              "min_value: 1", "completeness")
    ]  # fmt: skip
    if found.primary_key:
        key = ", ".join(found.primary_key)
        rules.append(
            _rule(f"{stem}_unique", f"The key ({key}) comes once per delivery", "expect_key_to_be_unique",
                  f"columns: [_load_id, {key}]", "uniqueness")
        )  # fmt: skip
    return (
        "# Types and empty fields are the contract's business; here stands what may fail on a bad day.\n"
        f"description: One row per {_grain(found)}, as delivered.\n"
        f"owner: {system}\n"
        "capability: DQ-1\n"
        "scope: loads\n"
        "rules:\n" + "".join(rules)
    )


def _rule(identifier: str, title: str, expect: str, kwargs: str, dimension: str) -> str:
    return f"""  - id: {identifier}
    title: {title}
    expect: {expect}
    kwargs: {{{kwargs}}}
    severity: critical
    on_fail: block
    dimension: {dimension}
"""
