"""The columns of a sample: name, strictest type that every value has, nullable, key, class of personal data.

Each figure is counted over the whole sample in one statement; a value never leaves the database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import duckdb

from dagster_project.scaffold.personal import LOOKS, by_name
from dagster_project.scaffold.sample import Sample

#: Formats of dates and timestamps, the safest first; the length keeps a lazy parser from reading half a text.
_DATES: Final = (("%Y-%m-%d", 10), ("%Y/%m/%d", 10), ("%d.%m.%Y", 10), ("%d/%m/%Y", 10), ("%m/%d/%Y", 10))
_TIMESTAMPS: Final = (
    ("%Y-%m-%d %H:%M:%S", 19), ("%Y-%m-%dT%H:%M:%S", 19), ("%Y-%m-%dT%H:%M:%SZ", 20), ("%Y/%m/%d %H:%M:%S", 19),
    ("%d.%m.%Y %H:%M:%S", 19), ("%Y-%m-%d %H:%M", 16),
)  # fmt: skip
_NULL_TEXTS: Final = ("NULL", "null", r"\N", "N/A")
_PARQUET: Final = {
    "bigint": "bigint", "integer": "integer", "smallint": "smallint", "tinyint": "smallint", "ubigint": "decimal(20,0)",
    "uinteger": "bigint", "usmallint": "integer", "utinyint": "smallint", "hugeint": "decimal(38,0)", "float": "double",
    "double": "double", "boolean": "boolean", "date": "date",
}  # fmt: skip
_KEY_WORDS: Final = re.compile(r"(^|_)(id|key|no|nr|number|code|uuid)$|编号|号$")
_NOT_A_KEY: Final = ("decimal", "double", "boolean", "timestamp")
_FREE_TEXT_CHARACTERS: Final = 40


@dataclass(frozen=True, slots=True)
class Profiled:
    """One column of the sample as the contract will state it; `header` as it stands in the file."""

    name: str
    header: str
    type: str
    is_nullable: bool
    pii: str


@dataclass(frozen=True, slots=True)
class Profile:
    """All that is read off the rows of a sample.

    Attributes:
        columns: In the order of the file.
        primary_key: The fewest columns that tell its rows apart, those that look like keys first; may be empty.
        rows: Rows looked at.
        null_text, decimal_separator, date_format, timestamp_format: As the contract calls them.
    """

    columns: tuple[Profiled, ...]
    primary_key: tuple[str, ...]
    rows: int
    null_text: str = ""
    decimal_separator: str = "."
    date_format: str = "%Y-%m-%d"
    timestamp_format: str = "%Y-%m-%d %H:%M:%S"


def profile(con: duckdb.DuckDBPyConnection, sample: Sample) -> Profile:
    """Judge the columns of `temp.sample`, which `read_sample` has filled."""
    count = len(sample.headers)
    null_text = _null_text(con, count)
    if null_text:
        changed = ", ".join(f"nullif(c{number}, $null) as c{number}" for number in range(count))
        con.execute(f"create or replace temp table sample as select {changed} from sample", {"null": null_text})
    figures = [_figures(con, number) for number in range(count)]
    names = _names(sample.headers)
    formats = {
        "date_format": _common_format([figure["dates"] for figure in figures], _DATES),
        "timestamp_format": _common_format([figure["timestamps"] for figure in figures], _TIMESTAMPS),
    }
    comma = any(figure["comma"] for figure in figures) and not any(figure["point"] for figure in figures)
    columns = [
        _column(name, header, figure, sample.types[number] if sample.types else None, formats, comma=comma)
        for number, (name, header, figure) in enumerate(zip(names, sample.headers, figures, strict=True))
    ]
    return Profile(
        columns=tuple(columns),
        primary_key=_key(con, columns, figures),
        rows=figures[0]["rows"],
        null_text=null_text,
        decimal_separator="," if comma else ".",
        **formats,
    )


def _null_text(con: duckdb.DuckDBPyConnection, count: int) -> str:
    """The text that stands for null in at least one column beside other values; empty if there is none."""
    values = ", ".join(f"c{number}" for number in range(count))
    found = con.execute(
        f"select value, count(*) from (select unnest([{values}]) as value from sample) "
        "where list_contains($texts, value) group by value order by 2 desc, 1 limit 1",
        {"texts": list(_NULL_TEXTS)},
    ).fetchall()
    return str(found[0][0]) if found else ""


def _figures(con: duckdb.DuckDBPyConnection, number: int) -> dict[str, Any]:
    """Counts over one column; those of a type say whether every value that is there has it."""
    c = f"c{number}"
    parses = [
        f"count_if({c} is not null and (length({c}) <> {length} or try_strptime({c}, '{text}') is null)) = 0"
        for text, length in (*_DATES, *_TIMESTAMPS)
    ]
    looks = [f"count_if(regexp_full_match({c}, '{look}')) * 2 > count({c})" for _, look in LOOKS]
    row = con.execute(
        f"""
        select count(*), count({c}), count(distinct {c}),
            coalesce(bool_and(lower({c}) in ('true', 'false')), false),
            coalesce(bool_and(regexp_full_match({c}, '-?(0|[1-9]\\d{{0,17}})')), false),
            coalesce(bool_and(regexp_full_match({c}, '-?(0|[1-9]\\d{{0,15}})(\\.\\d{{1,12}})?')), false),
            coalesce(max(strlen(split_part({c}, '.', 2))), 0),
            coalesce(bool_and(regexp_full_match({c}, '-?\\d{{1,3}}(\\.?\\d{{3}})*(,\\d{{1,12}})?')), false),
            coalesce(max(strlen(split_part({c}, ',', 2))), 0),
            coalesce(avg(length({c})), 0), coalesce(bool_or(contains(trim({c}), ' ')), false),
            {", ".join([*parses, *looks])}
        from sample
        """
    ).fetchall()[0]
    rows, given, distinct, boolean, integer, point, point_scale, comma, comma_scale, length, spaces = row[:11]
    dates, timestamps = row[11 : 11 + len(_DATES)], row[11 + len(_DATES) : 11 + len(_DATES) + len(_TIMESTAMPS)]
    return {
        "rows": rows, "given": given, "distinct": distinct, "boolean": boolean, "integer": integer,
        "point": point and point_scale > 0, "point_scale": point_scale,
        "comma": comma and comma_scale > 0, "comma_scale": comma_scale,
        "dates": given > 0 and dates, "timestamps": given > 0 and timestamps,
        "length": length, "spaces": spaces, "looks": row[-len(LOOKS) :],
    }  # fmt: skip


def _common_format(found: Sequence[Any], formats: Sequence[tuple[str, int]]) -> str:
    """The format that most columns have: a contract has one for all."""
    votes = [sum(bool(column and column[position]) for column in found) for position in range(len(formats))]
    return formats[votes.index(max(votes))][0]


def _column(
    name: str,
    header: str,
    figure: Mapping[str, Any],
    declared: str | None,
    formats: Mapping[str, str],
    *,
    comma: bool,
) -> Profiled:
    look = next((kind for (kind, _), hit in zip(LOOKS, figure["looks"], strict=True) if hit), "none")
    guess = by_name(name, header)
    pii = look if look == "contact" or guess == "none" else guess
    kind = _declared(declared) if declared else _strictest(figure, formats, comma=comma)
    if pii == "contact":
        # A telephone number is no quantity: it has leading zeros and nobody adds it up.
        kind = "varchar"
    if pii == "free_text" and kind != "varchar":
        pii = "none"
    is_prose = kind == "varchar" and figure["length"] > _FREE_TEXT_CHARACTERS and figure["spaces"]
    if pii == "none" and is_prose:
        pii = "free_text"
    return Profiled(name, header, kind, figure["given"] < figure["rows"] or not figure["rows"], pii)


def _declared(kind: str) -> str:
    if kind.startswith("decimal"):
        return kind.replace(" ", "")
    if kind.startswith("timestamp"):
        return "timestamp"
    return _PARQUET.get(kind, "varchar")


def _strictest(figure: Mapping[str, Any], formats: Mapping[str, str], *, comma: bool) -> str:
    """The strictest type that every value has; text where there is any doubt, such as a leading zero."""
    for kind, known, wanted in (
        ("timestamp", _TIMESTAMPS, formats["timestamp_format"]),
        ("date", _DATES, formats["date_format"]),
    ):
        hits = figure[f"{kind}s"]
        if hits and hits[[text for text, _ in known].index(wanted)]:
            return kind
    if figure["boolean"]:
        return "boolean"
    if figure["integer"]:
        return "bigint"
    separator = "comma" if comma else "point"
    if figure[separator]:
        scale = max(2, figure[f"{separator}_scale"])
        return f"decimal(18,{scale})" if scale <= 6 else "double"
    return "varchar"


def _names(headers: Sequence[str]) -> list[str]:
    """Column names after our rules, each once; a header without a Latin letter is named by its place.

    >>> _names(["Order ID", "orderDate", "客户编号", "order id "])
    ['order_id', 'order_date', 'column_3', 'order_id_4']
    """
    names: list[str] = []
    for number, header in enumerate(headers, 1):
        spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", header)
        name = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")[:60]
        if not re.match(r"[a-z]", name):
            name = f"column_{number}"
        names.append(f"{name}_{number}" if name in names else name)
    return names


def _key(
    con: duckdb.DuckDBPyConnection, columns: Sequence[Profiled], figures: Sequence[Mapping[str, Any]]
) -> tuple[str, ...]:
    """One column that tells the rows apart, else two of those that look like keys, else none."""
    rows = figures[0]["rows"]
    able = [
        number
        for number, column in enumerate(columns)
        if not column.is_nullable and not column.type.startswith(_NOT_A_KEY) and column.pii in {"none", "identifier"}
    ]
    liked = [
        number
        for number in able
        if _KEY_WORDS.search(columns[number].name) or _KEY_WORDS.search(columns[number].header)
    ]
    # Any column of few rows looks unique; only one that is named like a key is believed then.
    single = [
        number for number in (liked if rows < 100 else [*liked, *able]) if figures[number]["distinct"] == rows > 0
    ]
    if single:
        return (columns[single[0]].name,)
    for first, second in combinations([*liked, *(n for n in able if columns[n].type == "date")][:6], 2):
        [(distinct,)] = con.execute(
            f"select count(*) from (select distinct c{first}, c{second} from sample)"
        ).fetchall()
        if distinct == rows > 0:
            return (columns[first].name, columns[second].name)
    return ()
