"""From what is meant to words: one SQL statement over all rows, no loop.

A text is opening, body, detail, consequence and closing, each drawn from its list by a uniform number of its own;
then slots are filled; then a share of texts gets slang, words of the other language, or misspellings.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from dagster_project.demo.telecom.drawing import literal
from dagster_project.demo.telecom.text.grammar import (
    INTENSITIES,
    LANGUAGES,
    POLARITIES,
    Grammar,
    read_grammar,
    topics,
)
from dagster_project.demo.telecom.world import World

#: Shares of texts with slang, with words of the other language, and with misspellings. Our assumption.
SLANG_SHARE: Final = 0.12
MIXED_SHARE: Final = 0.07
TYPO_SHARE: Final = 0.10
#: The slots are filled in this order: fillers of the first may hold the later ones.
_LAST_SLOTS: Final = ("month",)


def create_grammar_tables(world: World) -> None:
    """Create `text_bodies` (language, topic, polarity, intensity -> templates) and what surrounds them."""
    rows = [row for language in LANGUAGES for row in _rows(read_grammar(language))]
    table = pa.Table.from_pylist(rows)
    world.con.register("grammar_rows", table)
    world.create("text_bodies", "select * from grammar_rows")
    world.con.unregister("grammar_rows")


def _rows(grammar: Grammar) -> list[dict[str, object]]:
    """One row per topic, polarity and intensity, with every list that a text of this kind draws from."""
    return [
        {
            "language": grammar.language,
            "topic": topic,
            "polarity": polarity,
            "intensity": intensity,
            "joiner": grammar.joiner,
            "bodies": grammar.bodies[topic][polarity],
            "openings": grammar.openings[polarity],
            "closings": grammar.closings[polarity],
            "details": grammar.details[polarity],
            "consequences": grammar.consequences[intensity] if polarity == "negative" else [""],
            "slang": grammar.slang.get(polarity, [""]),
            "very": grammar.very[intensity],
        }
        | {f"slot_{name}": grammar.slots.get(name, [""]) for name in _slots()}
        for topic in topics()
        for polarity in POLARITIES
        for intensity in INTENSITIES
    ]


def rendered(rows: str) -> str:
    """SQL that gives each row its words.

    Args:
        rows: Table or query in parentheses with `text_key` (bigint, unique), `language`, `topic`, `polarity` and
            `intensity` (1 to 3, integer).

    Returns:
        A query with `text_key`, `text`, `has_typo`, `is_mixed`, `has_slang`. Rows of no known topic are left out.

    Example:
        >>> rendered("wanted").startswith("with meant as (")
        True
    """
    parts = ", ".join(
        f"nullif({_drawn(f'{part}s' if part != 'body' else 'bodies', part)}, '')"
        for part in ("opening", "body", "detail", "consequence")
    )
    return f"""with meant as (
            select wanted.text_key, wanted.language, text_bodies.* exclude (language, topic, polarity, intensity),
                u('text slang', text_key) < {SLANG_SHARE} and slang[1] <> '' as has_slang,
                u('text mixed', text_key) < {MIXED_SHARE} as wants_mixed,
                u('text typo', text_key) < {TYPO_SHARE} as wants_typo
            from {rows} as wanted inner join text_bodies using (language, topic, polarity, intensity)
        ),
        put_together as (
            select *, concat_ws(joiner, {parts},
                case when has_slang then {_drawn("slang", "slang word")} end,
                nullif({_drawn("closings", "closing")}, '')) as template
            from meant
        ),
        filled as (
            select text_key, language, has_slang, wants_mixed, wants_typo, {_filled("template")} as plain
            from put_together
        ),
        mixed as (
            select *, case when wants_mixed then {_replaced("plain", "mixed")} else plain end as spoken from filled
        ),
        misspelt as (
            select *, case when wants_typo then {_replaced("spoken", "typos")} else spoken end as text from mixed
        )
        select text_key, text, text <> spoken as has_typo, spoken <> plain as is_mixed, has_slang from misspelt"""


def _slots() -> list[str]:
    names = {name for language in LANGUAGES for name in read_grammar(language).slots}
    return [*sorted(names - set(_LAST_SLOTS)), *_LAST_SLOTS]


def _drawn(column: str, stream: str) -> str:
    return f"{column}[1 + cast(floor(u('text {stream}', text_key) * len({column})) as int)]"


def _filled(text: str) -> str:
    filled = f"replace({text}, '{{very}}', {_drawn('very', 'very')})"
    for name in _slots():
        filled = f"replace({filled}, '{{{name}}}', {_drawn(f'slot_{name}', name)})"
    return filled


def _replaced(text: str, which: str) -> str:
    """Words replaced, each language by its own list."""
    branches = []
    for language in LANGUAGES:
        replaced = text
        words: dict[str, str] = getattr(read_grammar(language), which)
        for right, wrong in words.items():
            replaced = f"replace({replaced}, {literal(right)}, {literal(wrong)})"
        branches.append(f"when language = {literal(language)} then {replaced}")
    return f"case {' '.join(branches)} end"
