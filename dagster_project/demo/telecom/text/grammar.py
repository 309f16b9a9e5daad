"""The grammars as data: what is in the YAML files, and what must hold for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from dagster_project.strict_yaml import parse_yaml

#: Languages and the share of persons who write in each. Our assumption.
LANGUAGES: Final = {"zh": 0.86, "en": 0.14}
POLARITIES: Final = ("negative", "neutral", "positive")
#: Strength of feeling: 1 mild, 2 clear, 3 strong.
INTENSITIES: Final = (1, 2, 3)
_SLOT: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one language says things.

    Attributes:
        language: ISO 639-1 code.
        joiner: What stands between two sentences.
        openings, closings, details, slang: Texts by polarity; a detail fits any topic.
        consequences: What follows from it, by intensity; for negative texts.
        very: Words for the slot {very}, by intensity.
        bodies: What is said, by topic and polarity.
        slots: Fillers by slot.
        typos: Right word -> misspelt.
        mixed: Word -> the word of another language that people use for it.
    """

    language: str
    joiner: str
    openings: dict[str, list[str]]
    closings: dict[str, list[str]]
    slang: dict[str, list[str]]
    consequences: dict[int, list[str]]
    very: dict[int, list[str]]
    details: dict[str, list[str]]
    bodies: dict[str, dict[str, list[str]]]
    slots: dict[str, list[str]]
    typos: dict[str, str]
    mixed: dict[str, str]

    def unknown_slots(self) -> set[str]:
        """Slots that a template uses and nothing fills."""
        templates = [text for polarities in self.bodies.values() for texts in polarities.values() for text in texts]
        for lists in (self.details, self.consequences, self.slots):
            templates += [text for texts in lists.values() for text in texts]
        used = {slot for text in templates for slot in _SLOT.findall(text)}
        return used - set(self.slots) - {"very"}


@cache
def read_grammar(language: str) -> Grammar:
    """The grammar of a language.

    >>> sorted(read_grammar("zh").bodies)[:2]
    ['billing_error', 'call_quality']
    """
    path = Path(__file__).with_name(f"{language}.yaml")
    data: dict[str, Any] = parse_yaml(path.read_text(encoding="utf-8"))
    return Grammar(language=language, bodies=data.pop("topics"), **data)


def topics() -> list[str]:
    """Every topic that a text can be about, in alphabetical order."""
    return sorted(read_grammar("zh").bodies)
