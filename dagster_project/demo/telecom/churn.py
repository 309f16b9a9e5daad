"""Who leaves, when it began, why, and where to: one true cause per leaver, a leaf of the seed `churn_causes`.

Two competing clocks: a hazard of each persona, and the price moves of competitors that draw people away in the weeks
after them. Rates are our assumption.
"""

from __future__ import annotations

import csv
from typing import Final

from dagster_project.demo.telecom.drawing import by, weighted
from dagster_project.demo.telecom.names import COMPETITORS
from dagster_project.demo.telecom.world import World
from dagster_project.errors import ConfigurationError

#: Share of a persona that leaves in a month, and that follows a competitor's price move.
MONTHLY_HAZARD: Final = {
    "elite": 0.006, "young_generation": 0.016, "achiever": 0.009, "butterfly": 0.034, "occasional": 0.016,
    "good_friend": 0.005, "watch_list": 0.026,
}  # fmt: skip
_PULLED: Final = {"elite": 0.02, "young_generation": 0.05, "achiever": 0.03, "butterfly": 0.12, "occasional": 0.03,
                  "good_friend": 0.01, "watch_list": 0.05}  # fmt: skip
#: Leaf -> weight and days from onset to leaving.
_CAUSES: Final = {
    "billing_error": (7, 60), "call_quality": (6, 90), "network_coverage": (6, 100), "device_quality": (4, 60),
    "service_provision": (3, 45), "policy_gap": (2, 60), "promotion_strength": (6, 60), "market_separation": (2, 60),
    "service_absence": (4, 75), "service_manner": (8, 60), "organisation_investment": (1.5, 90),
    "process_rules": (3, 60), "rough_management": (1.5, 75), "channel_speculation": (4, 30), "false_users": (4, 15),
    "competitor_disparagement": (3, 30), "competitor_promotion": (9, 40), "competitor_brand": (5, 90),
    "falling_satisfaction": (8, 120), "substitution": (6, 150), "offer_chasing": (5, 45),
    "malicious_switching": (2, 20),
}  # fmt: skip
#: Causes that a persona has more often (factor on the weight).
_INCLINED: Final = {
    "butterfly": {"offer_chasing": 6, "malicious_switching": 4, "competitor_promotion": 2},
    "occasional": {"substitution": 5, "channel_speculation": 1.5},
    "watch_list": {"false_users": 6, "channel_speculation": 4, "malicious_switching": 3},
    "elite": {"service_manner": 2, "service_absence": 2.5, "call_quality": 1.5},
    "young_generation": {"competitor_brand": 2, "promotion_strength": 2, "network_coverage": 1.3},
    "achiever": {"network_coverage": 1.5, "call_quality": 2, "billing_error": 1.5},
    "good_friend": {"falling_satisfaction": 2, "billing_error": 1.5},
}
_CAUSES_OF_A_MOVE: Final = {"competitor_promotion": 0.65, "offer_chasing": 0.15, "competitor_disparagement": 0.12,
                            "competitor_brand": 0.08}  # fmt: skip
_DESTINATIONS: Final = {**dict.fromkeys(COMPETITORS, 0.24), "none": 0.18, "second_line": 0.10}
#: Leavers who never tell: the line goes silent and stays open in the operator's books.
SILENT_SHARE: Final = 0.15

_DRAW: Final = """
    create table leavers as
    with clocks as (
        select customer_key, person_id, joined_on, persona, home_cell, u('churn cause', person_id) as u_cause,
            greatest(start_on(), joined_on + 30)
                + least(20000, cast(floor(-30.4 / {hazard} * ln(1 - u('churn', person_id))) as int)) as own_on
        from customers inner join persons using (person_id)
        where is_duplicate_of is null
    ),
    pulled as (
        select customer_key, moved_on + 7 + cast(floor(60 * u('pulled after', person_id)) as int) as pulled_on,
            operator as pulled_by
        from clocks cross join price_moves
        where joined_on < moved_on - 60 and u('pulled by ' || operator, person_id) < {pulled}
        qualify row_number() over (partition by customer_key order by moved_on) = 1
    ),
    dated as (
        select clocks.*, least(own_on, pulled_on) as left_on, coalesce(pulled_on < own_on, false) as is_pulled,
            pulled_by
        from clocks left join pulled using (customer_key)
    )
    select dated.*, grids.has_bad_network
    from dated
    inner join cells on cells.cell_key = home_cell
    inner join grids using (grid_key)
    where left_on <= as_of()
"""


def create(world: World) -> None:
    """Complete `customers` with who left when, why and where to; second records leave with the person."""
    leaves = known_causes(world)
    if leaves != set(_CAUSES):
        raise ConfigurationError(
            f"The seed churn_causes and the simulated operator differ in: {', '.join(sorted(leaves ^ set(_CAUSES)))}.",
            "give every leaf of dbt/seeds/churn_causes.csv a weight in demo/telecom/churn.py",
        )
    hazard, pulled = by("persona", MONTHLY_HAZARD), by("persona", _PULLED)
    world.con.execute(_DRAW.format(hazard=hazard, pulled=pulled))
    weights = {
        persona: {leaf: weight * inclined.get(leaf, 1) for leaf, (weight, _) in _CAUSES.items()}
        for persona, inclined in _INCLINED.items()
    }
    usual = by("persona", {persona: weighted("u_cause", shares) for persona, shares in weights.items()})
    lead = by("churn_cause", {leaf: days for leaf, (_, days) in _CAUSES.items()})
    world.create(
        "left_customers",
        f"""
        with caused as (
            select *, case when is_pulled then {weighted("u_cause", _CAUSES_OF_A_MOVE)}
                when has_bad_network and u('bad network felt', person_id) < 0.6 then 'network_coverage'
                else {usual} end as churn_cause
            from leavers
        )
        select person_id, left_on, churn_cause, greatest(joined_on, left_on - cast(floor({lead}
            * (0.6 + 0.8 * u('onset', person_id))) as int)) as churn_onset_on,
            case when is_pulled then pulled_by when churn_cause = 'false_users' then 'none'
                else {weighted("u('destination', person_id)", _DESTINATIONS)} end as destination,
            u('silent', person_id) < {SILENT_SHARE} and not is_pulled as is_silent
        from caused
        """,
    )
    _apply(world)


def _apply(world: World) -> None:
    world.create(
        "customers_left",
        """
        select customers.* exclude (left_on, churn_cause, churn_onset_on, destination), left_customers.left_on,
            left_customers.churn_cause, left_customers.churn_onset_on, left_customers.destination,
            coalesce(is_silent, false) as is_silent
        from customers left join left_customers using (person_id)
        where joined_on < coalesce(left_customers.left_on, date '9999-12-31') - 5 or is_duplicate_of is null
        order by customer_key
        """,
    )
    for statement in ("drop table customers", "drop table leavers", "drop table left_customers",
                      "alter table customers_left rename to customers"):  # fmt: skip
        world.con.execute(statement)


def known_causes(world: World) -> set[str]:
    """Leaf codes of the steward's seed."""
    path = world.settings.dbt_project / "seeds" / "churn_causes.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["cause_code"] for row in csv.DictReader(file)}
