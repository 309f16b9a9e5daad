"""The data dictionary of features and labels, written from their declarations in the models' YAML.

`docs/features.md` is a text by hand and, below a mark, the tables of this module. What a feature is is declared in
`dbt/models/ml/` and nowhere else: the SQL of `ml.customer_features` takes its columns from there too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import yaml

#: Models whose columns declare features or labels.
MODELS: Final = ("customer_features", "churn_labels")
MARK: Final = "<!-- Below: written by `make docs` from the YAML of the models in dbt/models/ml/. -->"


@dataclass(frozen=True, slots=True)
class Declared:
    """One feature or label.

    Attributes:
        table: Model that holds it, without the schema.
        name, data_type: Column.
        kind: feature or label.
        subject: Which model works it out.
        entity: Conformed entity whose sources it needs; without one it is null.
        unit: In words.
        window: Days that it looks at: a number, a variable of the dbt project, or None for everything known.
        opens_after_days: Of a label: the days between the cut-off and the first day that it looks at.
        absent: Value for a customer of whom the subject has nothing; None: null.
        definition: With what 0 and null mean.
    """

    table: str
    name: str
    data_type: str
    kind: str
    subject: str
    entity: str
    unit: str
    window: int | str | None
    opens_after_days: int | None
    absent: int | None
    definition: str


def declared(dbt_project: Path) -> list[Declared]:
    """Every feature and label that the models declare, in the order of their columns."""
    return [feature for name in MODELS for feature in _declared_in(dbt_project / "models" / "ml" / f"{name}.yml")]


def _declared_in(path: Path) -> Iterator[Declared]:
    (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    for column in model["columns"]:
        feature: Mapping[str, Any] | None = column.get("config", {}).get("meta", {}).get("feature")
        if feature:
            yield Declared(
                table=model["name"], name=column["name"], data_type=column["data_type"], kind=feature["kind"],
                subject=feature["subject"], entity=feature["entity"], unit=feature["unit"],
                window=feature.get("window_var") or feature["window_days"],
                opens_after_days=feature.get("opens_after_days"), absent=feature["absent"],
                definition=" ".join(column["description"].split()),
            )  # fmt: skip


def tables(features: Sequence[Declared]) -> str:
    """Markdown: a table for each subject."""
    parts = []
    for (table, subject), group in groupby(features, key=lambda feature: (feature.table, feature.subject)):
        rows = list(group)
        entities = ", ".join(dict.fromkeys(f"`{row.entity}`" for row in rows))
        lines = [
            f"## {subject.capitalize()}: `ml.{table}`, from {entities}",
            "",
            "| Column | Kind | Type | Unit | Days | Without a row | Definition |",
            "|---|---|---|---|---|---|---|",
            *(
                f"| `{row.name}` | {row.kind} | {row.data_type} | {row.unit} | {_window(row)} "
                f"| {'null' if row.absent is None else row.absent} | {row.definition} |"
                for row in rows
            ),
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _window(feature: Declared) -> str:
    days = "all" if feature.window is None else str(feature.window)
    if feature.opens_after_days is None:
        return days
    return f"{days}, from {feature.opens_after_days} after the cut-off on"


def with_tables(document: str, features: Sequence[Declared]) -> str:
    """The document with the tables below its mark."""
    head, mark, _ = document.partition(MARK)
    if not mark:
        raise ValueError(f"docs/features.md has lost its mark. Put this line where the tables belong: {MARK}")
    return f"{head}{MARK}\n\n{tables(features)}"


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    page = root / "docs" / "features.md"
    page.write_text(with_tables(page.read_text(encoding="utf-8"), declared(root / "dbt")), encoding="utf-8")
