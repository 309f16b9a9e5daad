"""Grammars: complete, varied, the same words for the same key, and shares of slang and misspellings as planted."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.demo.telecom.churn import known_causes
from dagster_project.demo.telecom.contacts import CAUSE_OF_TOPIC, RUN_UP, TOPICS
from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.demo.telecom.text.grammar import LANGUAGES, POLARITIES, read_grammar, topics
from dagster_project.demo.telecom.text.rendering import SLANG_SHARE, create_grammar_tables, rendered
from dagster_project.demo.telecom.world import World, open_world
from dagster_project.settings import Settings
from tests.unit.demo.talk.conftest import Told, is_likely

WANTED = """(
    select k as text_key, case when k % 3 = 0 then 'en' else 'zh' end as language,
        (select list(distinct topic order by topic) from text_bodies)[1 + k % 16] as topic,
        ['negative', 'neutral', 'positive'][1 + (k // 16) % 3] as polarity, 1 + (k // 48) % 3 as intensity
    from range(9600) as t(k))"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_grammar_is_complete(language: str) -> None:
    grammar = read_grammar(language)
    assert sorted(grammar.bodies) == topics()
    assert grammar.unknown_slots() == set()
    for topic in topics():
        for polarity in POLARITIES:
            texts = grammar.bodies[topic][polarity]
            assert len(texts) == len(set(texts)) >= 2, (topic, polarity)


def test_what_people_talk_about_has_words_and_what_drives_them_away_is_a_cause(told: Told) -> None:
    spoken = {topic for shares in TOPICS.values() for topic in shares}
    spoken |= {topic for _, shares in RUN_UP.values() for topic in shares} | set(CAUSE_OF_TOPIC)
    assert spoken - set(topics()) == set()
    with open_world(told.settings, told.options) as world:
        causes = known_causes(world)
    assert causes - set(RUN_UP) == {"false_users"}
    assert set(CAUSE_OF_TOPIC.values()) - causes == set()


def _texts(world: World) -> list[tuple[int, str, bool, bool, bool]]:
    create_grammar_tables(world)
    return world.con.execute(f"{rendered(WANTED)} order by text_key").fetchall()


def test_words_follow_from_the_key_and_are_varied(tmp_path: Path) -> None:
    options = TelecomOptions(customers=100, months=2)
    found = []
    for threads in (1, 2):
        with open_world(Settings(home=tmp_path / str(threads), threads=threads), options) as world:
            found.append(_texts(world))
    assert found[0] == found[1]
    texts = [text for _, text, _, _, _ in found[0]]
    assert len(texts) == 9600
    assert [text for text in texts if "{" in text or "}" in text] == []
    assert len(set(texts)) > 0.75 * len(texts), "praise and enquiries are short and may repeat"
    slangy = [has_slang for key, _, _, _, has_slang in found[0] if key // 16 % 3 != 1]
    assert is_likely(sum(slangy), len(slangy), SLANG_SHARE)
    typos = sum(has_typo for _, _, has_typo, _, _ in found[0])
    assert 0.02 < typos / len(texts) < 0.10, "a text that is to be misspelt needs a word that can be"


def test_no_two_complaints_of_a_hundred_are_alike(told: Told) -> None:
    total, distinct = told.ask(
        "select count(*), count(distinct complaint_text) from sent.complaints where complaint_type = 'complaint'"
    )[0]
    assert total > 500
    assert distinct / total > 0.97
