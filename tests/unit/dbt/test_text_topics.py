"""The model that finds topics, on texts of a seed that no rule was written on. Simulated: see the test's words."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import duckdb
import pytest

from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.demo.telecom.text.rendering import create_grammar_tables, rendered
from dagster_project.demo.telecom.world import open_world
from dagster_project.settings import Settings
from ml.identity import wilson_interval
from tests.unit.dbt.lake import Lake, failed

#: Rules were written on seed 5. Topics equally often, one text in seven in English.
SEED: Final = 20262
WANTED: Final = """
    create table wanted as
    select
        k as text_key, case when u('language', k) < 0.14 then 'en' else 'zh' end as language,
        (select list(distinct topic order by topic) from text_bodies)[1 + k % 16] as topic,
        ['negative', 'neutral', 'positive'][1 + (k // 16) % 3] as polarity, 1 + (k // 48) % 3 as intensity
    from range(2400) as t(k)
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """SQL of the model, compiled on an empty lake."""
    lake = Lake(Settings(home=tmp_path_factory.mktemp("topics") / "home")).prepare()
    events = lake.build(date(2017, 12, 31), "--select", "+fct_text_topics", "--exclude-resource-type", "unit_test")
    assert failed(events) == []
    [path] = (
        path
        for path in (lake.settings.dbt_state / "target" / "compiled").rglob("fct_text_topics.sql")
        if path.parent.name == "tags"
    )
    return path.read_text(encoding="utf-8")


def test_planted_topics_are_found(model: str, tmp_path: Path, record_property) -> None:
    """An upper bound: all seeds share one grammar, so that real texts are found less well."""
    with open_world(Settings(home=tmp_path), TelecomOptions(customers=100, months=2, seed=SEED)) as world:
        create_grammar_tables(world)
        world.con.execute(WANTED)
        texts = world.con.sql(
            "select text_key::varchar as text_key, topic, text from "
            f"({rendered('wanted')}) inner join wanted using (text_key)"
        ).to_arrow_table()
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as lake; attach ':memory:' as warehouse")
        con.execute("create schema lake.intermediate; create schema warehouse.marts")
        rules = Settings().dbt_project / "seeds" / "text_topic_rules.csv"
        con.execute("create table warehouse.marts.text_topic_rules as from read_csv(?)", [str(rules)])
        con.register("texts", texts)
        con.execute(
            "create table lake.intermediate.int_texts_collected as select 'simulated' as source_system, text_key,"
            " 'feedback' as text_type, 1::bigint as customer_id, 'phone' as channel, lower(text) as text_words,"
            " date '2026-06-30' as given_on from texts"
        )
        [(planted, found, right)] = con.execute(
            "select (select count(*) from texts), count(*), count_if(texts.topic = topics.topic)"
            f" from ({model}) as topics inner join texts using (text_key)"
        ).fetchall()
    assert planted == 2400
    for name, of in (("precision", found), ("recall", planted)):
        low, high = wilson_interval(right, of)
        record_property(f"topic_{name}", f"{right / of:.4f} ({low:.4f} to {high:.4f})")
        assert low > 0.9, (name, right, of)
