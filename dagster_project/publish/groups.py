"""A group of customers, asked for in words: tags and attributes joined by and, or, not, as one SQL statement.

    expression = term | not expression | expression and expression | expression or expression | ( expression )
    term       = tag:NAME | tag:NAME=VALUE | ATTRIBUTE OPERATOR VALUE | ATTRIBUTE is [not] null
    operator   = `=` `!=` `<` `<=` `>` `>=`;  value = number, date, true, false, word or 'text'

A name is checked against the release before it becomes SQL, so that a misspelt tag is an error and not an empty
group. Whatever is not known of a customer is not true of them: `not complaint_count_30d >= 1` holds for who never
turned to us.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from dagster_project.errors import QueryError

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<operator>!=|<>|<=|>=|=|<|>)|(?P<bracket>[()])|(?P<text>'(?:[^']|'')*')|(?P<word>[^\s()<>=!']+))"""
)
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMERIC: Final = re.compile(r"BIGINT|INTEGER|DOUBLE|DECIMAL.*|HUGEINT")
_HELP: Final = "`tenure query-group --help` shows how a group is written"
_TAGS: Final = "`tenure query 'select tag, meaning from tag_registry'` lists the tags"
_ATTRIBUTES: Final = "`tenure query 'select attribute, subject from attribute_catalog'` lists the attributes"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a release can be asked for.

    Attributes:
        tags: Names of the tags.
        attributes: DuckDB type of each column of `customer_360`, by name.
        orders: Values of an attribute from low to high, where they have an order.
        model_tags: Those of `tags` that models give; they lie in a table of their own, so that a question about one
            reads that table alone.
    """

    tags: Collection[str]
    attributes: Mapping[str, str]
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    model_tags: Collection[str] = ()


def group_sql(expression: str, vocabulary: Vocabulary) -> str:
    """The SQL that answers with the `customer_id` of every customer of the group, in order.

    Raises:
        QueryError: The expression is no expression, or names what the release does not have.

    >>> words = Vocabulary({"traveller"}, {"tier": "VARCHAR"}, {"tier": ("silver", "gold", "platinum")})
    >>> print(group_sql("tag:traveller and tier >= gold", words))
    select customer_id
    from marts.customer_360
    where customer_id in (select customer_id from marts.customer_tags where tag = 'traveller' and is_current)
        and coalesce(tier in ('gold', 'platinum'), false)
    order by customer_id
    """
    condition = _Parser(_tokens(expression), vocabulary).condition()
    return f"select customer_id\nfrom marts.customer_360\nwhere {condition}\norder by customer_id"


def _tokens(expression: str) -> list[str]:
    tokens, end = [], 0
    text = expression.strip()
    while end < len(text):
        match = _TOKEN.match(text, end)
        if match is None:
            raise QueryError(f"Cannot read the group from here: {text[end:].lstrip()[:20]}", _HELP)
        tokens.append(match.group().strip())
        end = match.end()
    if not tokens:
        raise QueryError("The group is empty.", _HELP)
    return tokens


class _Parser:
    """Recursive descent; each method returns SQL that is true or false, never null."""

    def __init__(self, tokens: list[str], vocabulary: Vocabulary) -> None:
        self._tokens = tokens
        self._next = 0
        self._words = vocabulary

    def condition(self) -> str:
        sql = self._any(indent="")
        if self._next < len(self._tokens):
            raise QueryError(f"Expected `and`, `or` or the end, got `{self._tokens[self._next]}`.", _HELP)
        return sql

    def _any(self, indent: str) -> str:
        parts = [self._all(indent)]
        while self._take("or"):
            parts.append(self._all(indent))
        return f"\n    {indent}or ".join(parts)

    def _all(self, indent: str) -> str:
        parts = [self._not(indent)]
        while self._take("and"):
            parts.append(self._not(indent))
        return f"\n    {indent}and ".join(parts)

    def _not(self, indent: str) -> str:
        if self._take("not"):
            return f"not {self._not(indent)}"
        if self._take("("):
            inner = self._any(indent + "    ")
            if not self._take(")"):
                raise QueryError(f"Expected `)`, got {self._shown()}.", _HELP)
            return f"({inner})"
        return self._term()

    def _term(self) -> str:
        name = self._word("a tag or an attribute")
        if name.lower().startswith("tag:"):
            return self._tag(name[4:])
        if name not in self._words.attributes:
            raise QueryError(_unknown("attribute", name, self._words.attributes), _ATTRIBUTES)
        if self._take("is"):
            negation = "not " if self._take("not") else ""
            if not self._take("null"):
                raise QueryError(f"Expected `null`, got {self._shown()}.", _HELP)
            return f"{name} is {negation}null"
        operator = self._word("an operator")
        if operator not in {"=", "!=", "<>", "<", "<=", ">", ">="}:
            raise QueryError(f"Expected an operator after {name}, got `{operator}`.", _HELP)
        return self._comparison(name, operator, self._word("a value"))

    def _tag(self, name: str) -> str:
        if name not in self._words.tags:
            raise QueryError(_unknown("tag", name, self._words.tags), _TAGS)
        value = ""
        if self._take("="):
            value = f" and tag_value = {_literal(_bare(self._word('a value')))}"
        table = "activation.customer_model_tags" if name in self._words.model_tags else "marts.customer_tags"
        return f"customer_id in (select customer_id from {table} where tag = {_literal(name)}{value} and is_current)"

    def _comparison(self, name: str, operator: str, value: str) -> str:
        kind = self._words.attributes[name]
        bare = _bare(value)
        if _NUMERIC.fullmatch(kind):
            typed = _matching(_NUMBER, bare, name, "a number")
        elif kind == "DATE":
            typed = f"date {_literal(_matching(_DATE, bare, name, 'a date like 2017-12-31'))}"
        elif kind == "BOOLEAN":
            typed = _matching(re.compile("true|false"), bare.lower(), name, "true or false")
        else:
            return self._text_comparison(name, operator, bare)
        return f"coalesce({name} {operator} {typed}, false)"

    def _text_comparison(self, name: str, operator: str, value: str) -> str:
        order = self._words.orders.get(name)
        if order and value not in order:
            raise QueryError(_unknown(f"value of {name},", value, order), f"use one of: {', '.join(order)}")
        if operator in {"=", "!=", "<>"}:
            return f"coalesce({name} {operator} {_literal(value)}, false)"
        if not order:
            raise QueryError(f"The values of {name} have no order, so `{operator}` says nothing.", "use = or !=")
        position = order.index(value)
        chosen = {
            "<": order[:position],
            "<=": order[: position + 1],
            ">": order[position + 1 :],
            ">=": order[position:],
        }[operator]
        return f"coalesce({name} in ({', '.join(map(_literal, chosen))}), false)" if chosen else "false"

    def _take(self, token: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next].lower() == token:
            self._next += 1
            return True
        return False

    def _word(self, wanted: str) -> str:
        if self._next >= len(self._tokens) or self._tokens[self._next] in {"(", ")"}:
            raise QueryError(f"Expected {wanted}, got {self._shown()}.", _HELP)
        self._next += 1
        return self._tokens[self._next - 1]

    def _shown(self) -> str:
        return f"`{self._tokens[self._next]}`" if self._next < len(self._tokens) else "the end"


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3)
    return f"There is no {kind} {name}." + (f" Nearest: {', '.join(near)}." if near else "")


def _matching(pattern: re.Pattern[str], value: str, name: str, wanted: str) -> str:
    if not pattern.fullmatch(value):
        raise QueryError(f"{name} is compared with {wanted}, got `{value}`.", _HELP)
    return value


def _bare(value: str) -> str:
    return value[1:-1].replace("''", "'") if value.startswith("'") else value


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
