"""Groups in words: the SQL answers as the words say, and what cannot be meant is refused with what can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.errors import QueryError
from dagster_project.publish.groups import Vocabulary, group_sql

BANDS: Final = ("19-24", "25-34", "35-44")
WORDS: Final = Vocabulary(
    tags={"traveller", "complaint_30d", "topic"},
    attributes={
        "age_band": "VARCHAR", "fee": "DECIMAL(18,2)", "joined_on": "DATE", "is_ok": "BOOLEAN", "city": "VARCHAR",
    },
    orders={"age_band": BANDS},
)  # fmt: skip


class Person(NamedTuple):
    number: int
    age_band: str | None
    fee: int | None
    tags: frozenset[str]


PEOPLE: Final = [
    Person(number, band, fee, frozenset(tags))
    for number, (band, fee, tags) in enumerate(
        [
            (band, fee, tags)
            for band in (*BANDS, None)
            for fee in (10, 50, None)
            for tags in ((), ("traveller",), ("complaint_30d",), ("traveller", "complaint_30d"))
        ],
        start=1,
    )
]
Meaning = Callable[[Person], bool]


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(":memory:")
    con.execute("create schema marts")
    con.execute(
        "create table marts.customer_360 (customer_id bigint, age_band varchar, fee decimal(18, 2), joined_on date,"
        " is_ok boolean, city varchar)"
    )
    con.execute(
        "create table marts.customer_tags (customer_id bigint, tag varchar, tag_value varchar, is_current bool)"
    )
    con.executemany(
        "insert into marts.customer_360 values (?, ?, ?, '2026-01-01', true, 'O''Hara')",
        [(person.number, person.age_band, person.fee) for person in PEOPLE],
    )
    con.executemany(
        "insert into marts.customer_tags values (?, ?, null, true)",
        [(person.number, tag) for person in PEOPLE for tag in sorted(person.tags)],
    )
    # Held once, and no more; and a tag with values.
    con.execute("insert into marts.customer_tags values (1, 'traveller', null, false), (2, 'topic', 'BILL', true)")
    return con


def ask(con: duckdb.DuckDBPyConnection, expression: str) -> list[int]:
    return [number for (number,) in con.execute(group_sql(expression, WORDS)).fetchall()]


_TERMS: Final = st.one_of(
    st.sampled_from(["traveller", "complaint_30d"]).map(lambda tag: (f"tag:{tag}", lambda person: tag in person.tags)),
    st.sampled_from(BANDS).map(
        lambda band: (f"age_band >= {band}", lambda person: person.age_band is not None and person.age_band >= band)
    ),
    st.sampled_from([10, 49.5]).map(
        lambda fee: (f"fee > {fee}", lambda person: person.fee is not None and person.fee > fee)
    ),
    st.just(("fee is null", lambda person: person.fee is None)),
)


def _joined(inner: st.SearchStrategy[tuple[str, Meaning]]) -> st.SearchStrategy[tuple[str, Meaning]]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda p: (f"({p[0][0]} and {p[1][0]})", lambda person: p[0][1](person) and p[1][1](person))),
        pairs.map(lambda p: (f"({p[0][0]} OR {p[1][0]})", lambda person: p[0][1](person) or p[1][1](person))),
        inner.map(lambda one: (f"not {one[0]}", lambda person: not one[1](person))),
    )


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.recursive(_TERMS, _joined, max_leaves=8))
def test_a_group_is_who_the_words_say(con: duckdb.DuckDBPyConnection, drawn: tuple[str, Meaning]) -> None:
    expression, means = drawn
    assert ask(con, expression) == [person.number for person in PEOPLE if means(person)]


def test_and_binds_stronger_than_or(con: duckdb.DuckDBPyConnection) -> None:
    loose = ask(con, "fee is null or tag:traveller and tag:complaint_30d")
    assert loose == ask(con, "fee is null or (tag:traveller and tag:complaint_30d)")
    assert loose != ask(con, "(fee is null or tag:traveller) and tag:complaint_30d")


def test_a_tag_can_be_asked_for_by_value(con: duckdb.DuckDBPyConnection) -> None:
    assert (ask(con, "tag:topic=BILL"), ask(con, "tag:topic = NET")) == ([2], [])


def test_a_tag_of_a_model_is_read_where_models_are(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create schema if not exists activation")
    con.execute("create or replace table activation.customer_model_tags as from marts.customer_tags limit 0")
    con.execute("insert into activation.customer_model_tags values (3, 'segment', 'v1_frequent', true)")
    words = replace(WORDS, tags={*WORDS.tags, "segment"}, model_tags={"segment"})
    sql = group_sql("tag:segment=v1_frequent and not tag:traveller", words)
    assert con.execute(sql).fetchall() == [(3,)] == con.execute(sql.replace("=v1", " = v1")).fetchall()
    assert sql.count("activation.customer_model_tags") == sql.count("marts.customer_tags") == 1


def test_texts_dates_and_flags_are_compared_as_what_they_are(con: duckdb.DuckDBPyConnection) -> None:
    everybody = [person.number for person in PEOPLE]
    assert ask(con, "city = 'O''Hara' and joined_on >= 2026-01-01 and is_ok = true") == everybody
    assert ask(con, "joined_on < 2026-01-01") == []


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "The group is empty"),
        ("tag:traveler", "There is no tag traveler. Nearest: traveller"),
        ("fees > 3", "There is no attribute fees. Nearest: fee"),
        ("fee > many", "fee is compared with a number, got `many`"),
        ("joined_on > yesterday", "compared with a date like"),
        ("is_ok = yes", "true or false"),
        ("age_band >= 35", "There is no value of age_band, 35"),
        ("city > A", "The values of city have no order"),
        ("fee", "Expected an operator, got the end"),
        ("fee 3", "Expected an operator after fee, got `3`"),
        ("(tag:traveller", "Expected `)`, got the end"),
        ("tag:traveller tag:topic", "Expected `and`, `or` or the end, got `tag:topic`"),
        ("fee is 3", "Expected `null`, got `3`"),
        ("not", "Expected a tag or an attribute, got the end"),
        ("fee > 'open", "Cannot read the group from here: 'open"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(expression: str, message: str) -> None:
    with pytest.raises(QueryError, match=message.replace("(", r"\(").replace(")", r"\)").replace("`", "`")):
        group_sql(expression, WORDS)


@pytest.mark.parametrize("value", ["'; drop table marts.customer_360; --'", "'x'' or true or ''x'"])
def test_a_value_stays_a_value(con: duckdb.DuckDBPyConnection, value: str) -> None:
    assert ask(con, f"city = {value}") == []
