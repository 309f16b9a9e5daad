"""What a model must not contain, because DuckDB 2.0 and Spark 4.1 read it differently or only one reads it at all.

`violations(sql)` judges one text. Rules of syntax hold for templates and for compiled SQL; rules of functions hold
for templates only, because a portable macro may compile to an engine's own function.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """A construct that only one engine reads as meant. `instead` tells what to write."""

    name: str
    pattern: re.Pattern[str]
    instead: str


def _rule(name: str, pattern: str, instead: str) -> Rule:
    return Rule(name, re.compile(pattern, re.IGNORECASE | re.DOTALL), instead)


SYNTAX: Final = (
    _rule("asof join", r"\basof\b", "a validity interval by lead() and a range join"),
    _rule("qualify", r"\bqualify\b", "a CTE with row_number() and a where"),
    _rule("distinct on", r"\bdistinct\s+on\b", "row_number() = 1"),
    _rule("exclude", r"\bexclude\s*\(", "named columns"),
    _rule("union by name", r"\bunion\s+(all\s+)?by\s+name\b", "columns in the same order"),
    _rule("integer division //", r"//", "floor(a / b)"),
    _rule("power **", r"\*\*", "power(a, b)"),
    _rule("cast with ::", r"::", "cast(x as type)"),
    _rule("arrow", r"->", "a portable macro"),
    _rule("lambda", r"\blambda\b", "a portable macro"),
    _rule("list literal or index", r"[\[\]]", "a portable macro"),
    _rule("struct literal", r"[{}]", "a portable macro"),
    _rule("double-quoted identifier", r'"', "a plain name: Spark reads a string"),
    _rule("distinct count over a window", r"\bcount\s*\(\s*distinct\b[^()]*\)\s*over\b", "a grouped CTE"),
    _rule("from before select", r"(^|\(|;)\s*from\b", "select … from"),
)
FUNCTIONS: Final = (
    _rule("clock", r"\b(now|today)\s*\(|\bcurrent_(date|time|timestamp)\b", "as_of()"),
    _rule("chance", r"\b(random|rand|uuid|gen_random_uuid)\s*\(", "a hash of the key"),
    _rule("approximate function", r"\bapprox_\w+\s*\(", "the exact function"),
    _rule("hash()", r"\bhash\s*\(", "md5()"),
    _rule("concat()", r"\bconcat\s*\(", "||, which is null when a part is"),
    _rule("log()", r"\blog\s*\(", "ln() or log10()"),
    _rule("day of week", r"\b(dow|isodow|dayofweek|weekday)\b", "a portable macro"),
    _rule("other estimator", r"\b(skewness|kurtosis)\s*\(", "an estimator written out"),
    _rule("date difference", r"\b(date_?diff|date_?sub|date_?add|age)\s*\(", "days_between() or add_days()"),
    _rule("untyped date_trunc", r"(?<!cast\()\bdate_trunc\s*\(", "cast(date_trunc(…) as date)"),
    _rule("series", r"\b(generate_series|range|unnest|explode|sequence)\s*\(", "days_from_to()"),
    _rule("text aggregate", r"\b(string_agg|listagg|group_concat|array_join)\s*\(", "string_agg_ordered()"),
    _rule("regular expression", r"\b(regexp_replace|regexp_matches|rlike|similar\s+to)\b", "a portable macro"),
    _rule("date format", r"\b(strftime|strptime|date_format)\s*\(", "a portable macro"),
    _rule(
        "sum without a type",
        r"(?<!cast\()(?<!cast\(coalesce\()\bsum\s*\(",
        "cast(sum(…) as bigint or decimal): DuckDB sums into HUGEINT",
    ),
    _rule(
        "type that one engine lacks",
        r"\bas\s+(varchar|text|hugeint|uuid|time|interval|timestamp_ns|timestamptz|json|float)\b\s*\)",
        "string, bigint, double, decimal(p, s), date or timestamp",
    ),
)
_WINDOW: Final = re.compile(r"\bover\s*\(", re.IGNORECASE)
_ORDER: Final = re.compile(r"\border\s+by\b(.*?)(?=\brows\b|\brange\b|$)", re.IGNORECASE | re.DOTALL)


def violations(sql: str, *, template: bool) -> list[str]:
    """Names of the rules that `sql` breaks, in order.

    >>> violations("select a::bigint from t", template=True)
    ['cast with ::']
    """
    literals = re.findall(r"'(?:[^']|'')*'", _without_jinja(sql) if template else sql)
    bare = _bare(sql, template=template)
    found = [rule.name for rule in SYNTAX if rule.pattern.search(bare)]
    if template:
        found += [rule.name for rule in FUNCTIONS if rule.pattern.search(_squeezed(bare))]
        if "target.type" in re.sub(r"\s", "", sql):
            found.append("engine in a model")
    if any("\\" in literal for literal in literals):
        found.append("backslash in a literal")
    if not all(_says_where_nulls_go(window) for window in _windows(bare)):
        found.append("window order without nulls first or last")
    return found


def _bare(sql: str, *, template: bool) -> str:
    """The SQL without comments, Jinja and the contents of literals."""
    text = _without_jinja(sql) if template else sql
    # In one pass: an apostrophe in a comment opens no literal, two hyphens in a literal no comment.
    return re.sub(
        r"/\*.*?\*/|--[^\n]*|('(?:[^']|'')*')", lambda found: "''" if found[1] else " ", text, flags=re.DOTALL
    )


def _without_jinja(sql: str) -> str:
    # A hook inside config() holds Jinja of its own.
    text = re.sub(r"\{\{\s*config\((?:[^\n]*|.*?\n)\)\s*\}\}", " ", sql, flags=re.DOTALL)
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", text, flags=re.DOTALL)
    return re.sub(r"\{\{.*?\}\}", " jinja ", text, flags=re.DOTALL)


def _squeezed(sql: str) -> str:
    """No blanks after an opening parenthesis, so that a look-behind sees what a call stands in."""
    return re.sub(r"\(\s+", "(", sql)


def _windows(sql: str) -> list[str]:
    """What stands between the parentheses of each `over (…)`."""
    bodies = []
    for match in _WINDOW.finditer(sql):
        depth, start = 1, match.end()
        end = start
        while depth and end < len(sql):
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        bodies.append(sql[start : end - 1])
    return bodies


def _says_where_nulls_go(window: str) -> bool:
    order = _ORDER.search(window)
    if order is None:
        return True
    depth, terms, term = 0, [], ""
    for character in order.group(1):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            terms.append(term)
            term = ""
        else:
            term += character
    return all(re.search(r"\bnulls\s+(first|last)\b", text, re.IGNORECASE) for text in [*terms, term])
