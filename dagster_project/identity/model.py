"""The model of a match: what is compared, how much each agreement weighs, which pairs are looked at.

The figures are shares that anybody can judge: how often an attribute agrees for one person (m), and for two people
(u). They are fixed, not fitted, so that the same records score the same on every day and in every home; only how
common a name is, and how many records there are, comes from the data, in steps of a power of two.
"""

from __future__ import annotations

from typing import Any, Final

#: Log2 odds from which a pair is linked (64 to 1), and from which a steward is asked.
LINK_WEIGHT: Final = 6.0
REVIEW_WEIGHT: Final = 0.0
#: From which an enquiry joins a customer (16 to 1): a wrong one costs less than two customers made one, and it must
#: lead the next candidate besides.
ATTACH_WEIGHT: Final = 4.0
#: Most records at one address that are compared with each other for it: more is a dormitory or a front desk.
MOST_AT_ADDRESS: Final = 20
#: Days within which who asked becomes a customer.
ENQUIRY_DAYS: Final = 60
#: What a rule weighs, log2 odds: 40 is one in a million million.
RULE_WEIGHTS: Final = {
    "merged_at_source": 60.0,
    "id_number": 40.0,
    "email": 25.0,
    "phone": 25.0,
    "email_login": 25.0,
    "web_order": 8.0,
}
#: Rules whose weight counts for every time they held, up to so many times.
MOST_OCCURRENCES: Final = 3
#: Attributes that are compared, in the order of `int_records_prepared`.
ATTRIBUTES: Final = (
    "record_kind", "full_name", "surname", "gender", "id_number", "email", "address", "district", "born_on",
    "enquired_on", "joined_on",
)  # fmt: skip

_DAYS: Final = "coalesce(joined_on_r - enquired_on_l, joined_on_l - enquired_on_r)"
#: Attribute: condition under which it says nothing, then level by level name, condition, m and u.
COMPARISONS: Final[dict[str, tuple[str, tuple[tuple[str, str, float, float], ...]]]] = {
    "name": (
        "surname_l is null or surname_r is null",
        (
            ("same", "full_name_l = full_name_r", 0.90, 0.0006),
            ("surname", "(full_name_l is null or full_name_r is null) and surname_l = surname_r", 0.97, 0.05),
            # Brothers and sisters share all but one character as often as typists miss one.
            ("one character", "length(full_name_l) = length(full_name_r) and levenshtein(full_name_l, full_name_r) = 1",
             0.06, 0.06),
            ("differs", "ELSE", 0.02, 0.94),
        ),
    ),
    "birth date": (
        "born_on_l is null or born_on_r is null",
        (
            ("same", "born_on_l = born_on_r", 0.93, 0.00005),
            ("near", "abs(born_on_l - born_on_r) <= 10", 0.05, 0.001),
            ("differs", "ELSE", 0.02, 0.999),
        ),
    ),
    "ID number": (
        "id_number_l is null or id_number_r is null",
        (
            ("same", "id_number_l = id_number_r", 0.85, 0.000001),
            ("two digits swapped",
             "damerau_levenshtein(id_number_l, id_number_r) = 1 and levenshtein(id_number_l, id_number_r) = 2",
             0.06, 0.00001),
            ("one digit", "levenshtein(id_number_l, id_number_r) = 1", 0.06, 0.0005),
            ("differs", "ELSE", 0.03, 0.9995),
        ),
    ),
    "gender": (
        "gender_l is null or gender_r is null",
        (("same", "gender_l = gender_r", 0.99, 0.5), ("differs", "ELSE", 0.01, 0.5)),
    ),
    "e-mail": (
        "email_l is null or email_r is null",
        (("same", "email_l = email_r", 0.70, 0.00001), ("differs", "ELSE", 0.30, 0.99999)),
    ),
    "place": (
        "district_l is null or district_r is null",
        (
            ("same address", "address_l = address_r", 0.80, 0.001),
            ("district, no address", "(address_l is null or address_r is null) and district_l = district_r",
             0.95, 0.04),
            ("district", "district_l = district_r", 0.10, 0.04),
            ("differs", "ELSE", 0.10, 0.96),
        ),
    ),
    "enquiry": (
        f"{_DAYS} is null",
        (("soon after", f"{_DAYS} between 0 and {ENQUIRY_DAYS}", 0.95, 0.05), ("differs", "ELSE", 0.05, 0.95)),
    ),
}  # fmt: skip
#: Pairs that are looked at: those that agree in all columns of one of these.
BLOCKS: Final = (
    ("id_number",),
    ("email",),
    ("address",),
    ("full_name", "born_on"),
    ("full_name", "district"),
)
#: And who asked, by a surname and a title, with who joined soon after.
ENQUIRY_BLOCK: Final = ("surname", "district", "gender")

#: Two people of one house: other names and other documents, whatever else agrees. Never linked by score alone.
TWO_PEOPLE: Final = (
    "full_name_l <> full_name_r and id_number_l <> id_number_r "
    "and not (damerau_levenshtein(id_number_l, id_number_r) = 1 and levenshtein(id_number_l, id_number_r) = 2)"
)


def key_hash(system: str, key: str) -> str:
    """SQL of the number by which a record is looked up: the same in every release of DuckDB, as ids outlive them.

    >>> key_hash("source_system", "customer_key")
    "md5_number_lower(source_system || '|' || customer_key)"
    """
    return f"md5_number_lower({system} || '|' || {key})"


def least_weight(one_kind: str, other_kind: str) -> str:
    """SQL of the score from which two records of these kinds are linked.

    >>> least_weight("one.record_kind", "other.record_kind")
    "case when one.record_kind = 'customer' and other.record_kind = 'customer' then 6.0 else 4.0 end"
    """
    both = f"{one_kind} = 'customer' and {other_kind} = 'customer'"
    return f"case when {both} then {LINK_WEIGHT} else {ATTACH_WEIGHT} end"


def splink_settings(records: int) -> dict[str, Any]:
    """Settings of Splink for so many records, rounded to a power of two: one match for each is expected at most.

    >>> splink_settings(1024)["probability_two_random_records_match"]
    0.0009765625
    """
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record_no",
        "probability_two_random_records_match": 1 / max(records, 2),
        "comparisons": [_comparison(name, silent, levels) for name, (silent, levels) in COMPARISONS.items()],
        "blocking_rules_to_generate_predictions": [_block(block) for block in BLOCKS] + [_enquiry_block()],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
        "additional_columns_to_retain": ["record_kind"],
    }


def column(attribute: str) -> str:
    """Name of a comparison as a column: `gamma_<this>` holds its level.

    >>> column("birth date")
    'birth_date'
    """
    return attribute.lower().replace(" ", "_").replace("-", "_")


def evidence() -> str:
    """SQL that puts the levels of a scored pair into words."""
    parts = []
    for name, (_, levels) in COMPARISONS.items():
        # Splink numbers levels from the last, which is 0; -1 says nothing.
        cases = " ".join(
            f"when {len(levels) - 1 - place} then '{name}: {level[0]}'" for place, level in enumerate(levels)
        )
        parts.append(f"case gamma_{column(name)} {cases} end")
    return f"concat_ws(', ', {', '.join(parts)})"


def _comparison(name: str, silent: str, levels: tuple[tuple[str, str, float, float], ...]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [{"sql_condition": silent, "label_for_charts": "not known", "is_null_level": True}]
    for label, condition, same, other in levels:
        rows.append(
            {"sql_condition": condition, "label_for_charts": label, "m_probability": same, "u_probability": other}
        )
    if name == "name":
        rows[1] |= {"tf_adjustment_column": "full_name", "tf_adjustment_weight": 1.0}
    return {"output_column_name": column(name), "comparison_levels": rows}


def _block(columns: tuple[str, ...]) -> str:
    return " and ".join(f"l.{name} = r.{name}" for name in columns) + " and (l.is_changed or r.is_changed)"


def _enquiry_block() -> str:
    days = "coalesce(l.joined_on - r.enquired_on, r.joined_on - l.enquired_on)"
    return f"{_block(ENQUIRY_BLOCK)} and l.record_kind <> r.record_kind and {days} between 0 and {ENQUIRY_DAYS}"
