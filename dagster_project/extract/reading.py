"""SQL that reads the files of one extract: numbered rows, typed columns, rules. Builds text, runs nothing.

Every field is read as text and cast in the same pass: in DuckDB 2.0 that costs no more than a typed read, and
the original text is at hand for the rules and for quarantine. Values are always bound, identifiers quoted.

DuckDB's csv reader has no row number of its own. A window over an empty partition makes the scan run in one
thread and in file order, so a streaming `row_number()` less the rows of the files before is exact; the loader
runs one such scan per thread, over a share of the files each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from dagster_project.extract.clauses import Column
from dagster_project.extract.contract import Extract
from dagster_project.extract.header import EXTRA, Layout

_INTEGERS: Final = frozenset({"bigint", "integer", "smallint"})
#: No JSON text holds this character unescaped, so a line of jsonl is one field.
_NO_DELIMITER: Final = "\x01"
#: Rows of up to 16 MB instead of 2: measured, it costs nothing. The buffer is DuckDB's default.
_LONG_LINES: Final = "max_line_size = 16000000, buffer_size = 32000000"
#: A `mangled` row that breaks another rule as well.
_LOST_ZEROS: Final = "lost_zeros"
_SCIENTIFIC: Final = r"[+-]?\d+([.,]\d+)?E[+]\d+"
_ISO_LENGTHS: Final = {"%Y-%m-%d": 10, "%Y-%m-%d %H:%M:%S": 19}

Value = str | int | float | bool | object


@dataclass(slots=True)
class Binder:
    """Collects the values of a statement and names their parameters."""

    values: dict[str, Value] = field(default_factory=dict)

    def __call__(self, value: Value) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"


def identifier(name: str) -> str:
    """A name as a quoted SQL identifier.

    >>> identifier('pos__transactions')
    '"pos__transactions"'
    """
    return '"' + name.replace('"', '""') + '"'


def numbered(
    extract: Extract, layout: Layout, paths: Sequence[Path], bind: Binder, *, count_on: bool = False, only: str = "true"
) -> str:
    """Rows of the files: the contract's columns as text, `_payload`, `file_index` and `_ordinal`.

    `file_index` is the position of the file in `paths`. `_ordinal` counts from 1 the rows that the reader
    accepts in their file; rows it rejects are in its table `reject_errors`.

    Args:
        extract: How to read.
        layout: How their columns map; the same for all of them.
        paths: The files.
        bind: Takes the values.
        count_on: Let `_ordinal` of text count on over all files, for a caller who knows how many rows each has:
            to begin anew in each costs a fifth of the load.
        only: Condition on `file_index` and `_ordinal`: what it leaves out is numbered and no more.
    """
    files = bind([str(path) for path in paths])
    if extract.format == "parquet":
        return _parquet(extract, layout, files, only)
    if extract.format.startswith("jsonl"):
        return _jsonl(extract, layout, files, bind, count_on=count_on, only=only)
    order = [name for _, name in layout]
    columns = ", ".join(identifier(name) for name in order)
    scan = (
        f"read_csv({files}, auto_detect = false, header = true, columns = {bind(dict.fromkeys(order, 'varchar'))}, "
        f"delim = {bind(extract.delimiter)}, quote = {bind(extract.quote)}, escape = {bind(extract.quote)}, "
        f"nullstr = {bind(sorted({'', extract.null_text}))}, {_LONG_LINES}, store_rejects = true)"
    )
    rows = _in_order(columns, scan, count_on=count_on)
    return f"""
        select {columns}{_absent(extract, layout)}, {_payload(layout)}, file_index, _ordinal
        from ({rows}) where {only}"""


def _absent(extract: Extract, layout: Layout) -> str:
    """What `schema_mode: evolve` adds to a select list: columns that the file lacks, and those it has in excess."""
    if extract.schema_mode != "evolve":
        return ""
    names = {name for _, name in layout}
    missing = [f", null::varchar as {identifier(item.name)}" for item in extract.columns if item.name not in names]
    new = [f"{identifier(header.strip())} := {identifier(name)}" for header, name in layout if name.startswith(EXTRA)]
    extra = f"struct_pack({', '.join(new)})::json::varchar" if new else "null::varchar"
    return f"{''.join(missing)}, {extra} as _extra"


def _in_order(columns: str, scan: str, *, count_on: bool) -> str:
    if count_on:
        return f"select {columns}, file_index, row_number() over () as _ordinal from {scan}"
    return f"""
        select {columns}, file_index,
            _position - max(case when _is_first then _position end)
                over (rows between unbounded preceding and current row) + 1 as _ordinal
        from (
            select *, coalesce(lag(file_index) over () <> file_index, true) as _is_first
            from (select {columns}, file_index, row_number() over () as _position from {scan})
        )"""


def _payload(layout: Layout) -> str:
    fields = ", ".join(f"{identifier(name)} := {identifier(name)}" for _, name in layout)
    return f"struct_pack({fields})::json::varchar as _payload"


def _jsonl(extract: Extract, layout: Layout, files: str, bind: Binder, *, count_on: bool, only: str) -> str:
    """Lines, numbered, then split by key: a line that is no JSON object keeps its number and has no fields."""
    scan = (
        f"(select line, file_index from read_csv({files}, auto_detect = false, header = false, "
        f"columns = {bind({'line': 'varchar'})}, delim = {bind(_NO_DELIMITER)}, quote = {bind('')}, "
        f"escape = {bind('')}, {_LONG_LINES}, store_rejects = true) where line is not null)"
    )
    lines = _in_order("line", scan, count_on=count_on)
    known = [(key, name) for key, name in layout if not name.startswith(EXTRA)]
    paths = bind([f'$."{key}"' for key, _ in known])
    fields = ", ".join(f"_fields[{position}] as {identifier(name)}" for position, (_, name) in enumerate(known, 1))
    if extract.schema_mode == "evolve":
        # A merge patch takes away the keys that it sets to null.
        taken = bind(json.dumps(dict.fromkeys(key for key, _ in known)))
        rest = f"nullif(json_merge_patch(line::json, {taken}::json)::varchar, '{{}}')"
        fields += f", case when _fields is not null then {rest} end as _extra"
    else:
        # The first record is the header; what another one has beside it would be lost without a word.
        names = bind([key for key, _ in known])
        unknown = f"case when _fields is not null then not list_has_all({names}, json_keys(line)) end"
        fields += f", {unknown} as _has_unknown_key"
    return f"""
        select {fields}, line as _payload, _fields is not null as _is_object, file_index, _ordinal
        from (
            select *, case when json_valid(line) and json_type(line) = 'OBJECT'
                then json_extract_string(line, {paths}) end as _fields
            from ({lines}) where {only}
        )"""


def _parquet(extract: Extract, layout: Layout, files: str, only: str) -> str:
    columns = ", ".join(f"{identifier(header)} as {identifier(name)}" for header, name in layout)
    return f"""
        select *{_absent(extract, layout)}, {_payload(layout)}
        from (select {columns}, file_index, file_row_number + 1 as _ordinal from read_parquet({files}))
        where {only}"""


def typed(extract: Extract, source: str, bind: Binder) -> str:
    """`source` with a typed column `_v_<name>` for each column of the contract; null where the cast fails."""
    columns = ", ".join(f"{_cast(extract, column, bind)} as {_typed_name(column)}" for column in extract.columns)
    return f"select *, {columns} from ({source})"


def values(extract: Extract) -> str:
    """Select list of the typed columns under their own names."""
    return ", ".join(f"{_typed_name(column)} as {identifier(column.name)}" for column in extract.columns)


def faults(extract: Extract, bind: Binder, business_on: str) -> dict[tuple[str, str], str]:
    """Conditions under which a typed row is bad, by (column, rule), in the order in which they are reported.

    Args:
        extract: Whose rules.
        bind: Takes the values.
        business_on: Expression of the business date of a row's file.
    """
    found: dict[tuple[str, str], str] = {}
    if extract.format.startswith("jsonl"):
        found["", "json"] = "not _is_object"
        if extract.schema_mode != "evolve":
            found["", "unknown_key"] = "_has_unknown_key"
    for column in extract.columns:
        text, value = identifier(column.name), _typed_name(column)
        if not column.nullable:
            found[column.name, "not_null"] = f"{text} is null"
        pattern = None if column.pattern is None else bind(column.pattern)
        found |= _mangled(extract, column, pattern, bind)
        if column.type != "varchar":
            given = f"{text} is not null and " if column.nullable else ""
            found[column.name, "cast"] = f"{given}{_is_not_cast(extract, column, text, value)}"
        if column.length is not None:
            found[column.name, "length"] = f"length({text}::varchar) <> {column.length}"
        if pattern is not None:
            found[column.name, "pattern"] = f"not regexp_full_match({text}::varchar, {pattern})"
        if column.codes is not None:
            found[column.name, "codes"] = f"not list_contains({bind(list(column.codes))}, {text}::varchar)"
        if column.is_moment:
            found[column.name, "implausible_date"] = _is_implausible(extract, column, value, business_on)
    return found


def _mangled(extract: Extract, column: Column, pattern: str | None, bind: Binder) -> dict[tuple[str, str], str]:
    """What a spreadsheet leaves of an identifier: 1.38E+10, or too few digits because leading zeros are gone."""
    text, value = identifier(column.name), _typed_name(column)
    if column.type == "bigint" and extract.is_text:
        # A number of eleven digits in fewer characters is in scientific notation; comparing is cheap.
        short = f"{value} >= 10000000000 and strlen({text}) < 11 or {value} >= 100000000000 and strlen({text}) < 12"
        return {(column.name, "mangled"): short}
    if not column.is_identifier:
        return {}
    said = f"{text}::varchar"
    scientific = f"regexp_full_match({said}, {bind(_SCIENTIFIC)})"
    found = {(column.name, "mangled"): f"case when contains({said}, 'E+') then {scientific} else false end"}
    digits = f"regexp_full_match({said}, '[0-9]+')"
    shorter = [f"{digits} and length({said}) < {column.length}"] if column.length is not None else []
    if pattern is not None:
        zeros = " or ".join(f"regexp_full_match('{'0' * n}' || {said}, {pattern})" for n in (1, 2, 3, 4))
        shorter.append(f"{digits} and not regexp_full_match({said}, {pattern}) and ({zeros})")
    if shorter:
        found[column.name, _LOST_ZEROS] = " or ".join(f"({condition})" for condition in shorter)
    return found


def _is_implausible(extract: Extract, column: Column, value: str, business_on: str) -> str:
    limits = extract.limits
    days = limits.future_days if column.future_days is None else column.future_days
    earliest = column.earliest or limits.earliest
    # Before the day after the last one, so that all of that day's times pass.
    last = f"{business_on} + {days}" if column.latest is None else f"date '{column.latest}'"
    if column.latest is not None and column.latest == date.max:
        return f"{value} < date '{earliest}'"
    return f"({value} < date '{earliest}' or {value} >= {last} + 1)"


def first_fault(conditions: Mapping[tuple[str, str], str]) -> str:
    """Expression giving the first fault as `rule:column`, or null for a good row."""
    if not conditions:
        return "null::varchar"
    names = {rule: "mangled" if rule == _LOST_ZEROS else rule for _, rule in conditions}
    cases = " ".join(f"when {text} then '{names[rule]}:{column}'" for (column, rule), text in conditions.items())
    return f"case {cases} end"


def is_bad(conditions: Mapping[tuple[str, str], str]) -> str:
    """Expression that is true for a bad row, else false or null."""
    # A field that must not be empty fails the cast when it is, and one that lost its zeros fails its pattern or
    # length: fewer conditions for every row.
    needed = [
        f"({condition})"
        for (column, rule), condition in conditions.items()
        if rule != _LOST_ZEROS and (rule != "not_null" or (column, "cast") not in conditions)
    ]
    return " or ".join(needed) or "false"


def _typed_name(column: Column) -> str:
    return identifier(f"_v_{column.name}")


def _cast(extract: Extract, column: Column, bind: Binder) -> str:
    text = identifier(column.name)
    if not extract.is_text:
        return f"try_cast({text} as {column.type})"
    if column.type in {"date", "timestamp"} and _iso_length(extract, column) is None:
        wanted = extract.date_format if column.type == "date" else extract.timestamp_format
        return f"try_strptime({text}, {bind(wanted)})::{column.type}"
    if extract.decimal_separator == "," and column.type.startswith(("decimal", "double")):
        text = f"replace(replace({text}, '.', ''), ',', '.')"
    return f"try_cast({text} as {column.type})"


def _iso_length(extract: Extract, column: Column) -> int | None:
    """Length of a date or timestamp in the format that DuckDB casts three times as fast as it parses a pattern."""
    wanted = extract.date_format if column.type == "date" else extract.timestamp_format
    return _ISO_LENGTHS.get(wanted) if extract.is_text else 0


def _is_not_cast(extract: Extract, column: Column, text: str, value: str) -> str:
    """DuckDB casts '1.5' to the integer 2; quantities and ids are not to be rounded behind anyone's back."""
    if column.type in _INTEGERS:
        return f"({value} is null or try_cast({text} as double) <> {value})"
    if column.type == "double":
        return f"({value} is null or not isfinite({value}))"
    if column.type in {"date", "timestamp"} and (length := _iso_length(extract, column)):
        return f"({value} is null or strlen({text}) <> {length})"
    return f"{value} is null"
