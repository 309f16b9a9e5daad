"""YAML as people write it: a key that stands twice in one mapping is a mistake, not the value of the last one."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

import yaml

# libyaml where PyYAML was built with it: ten times faster, same documents.
_BASE: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc]  # which of the two is known when it runs
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        lines: dict[Hashable, int] = {}
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            key, line = (key_node.tag, key_node.value), key_node.start_mark.line + 1
            if key in lines:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key '{key_node.value}' stands twice, on line {lines[key]} and here",
                    key_node.start_mark,
                )  # fmt: skip
            lines[key] = line
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found


def parse_yaml(text: str) -> Any:
    """The document of a YAML text: mappings, lists, texts, numbers, dates; no Python objects.

    Raises:
        yaml.YAMLError: the text is not YAML, or a mapping has a key twice; names line and column.

    >>> parse_yaml("name: pos")
    {'name': 'pos'}
    >>> parse_yaml("owner: a\\nowner: b")
    Traceback (most recent call last):
      ...
    yaml.constructor.ConstructorError: key 'owner' stands twice, on line 1 and here
      in "<unicode string>", line 2, column 1
    """
    return yaml.load(text, Loader=_Loader)  # a safe loader
