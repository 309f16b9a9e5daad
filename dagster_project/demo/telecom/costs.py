"""What a unit of service costs the operator, which billing delivers, and what each line earned by that. Simulated."""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom.world import World

#: Type, product, unit and cost in CNY in the first year delivered. Our assumption: keeping a line in service costs
#: more than those pay who hardly use it.
COSTS: Final = (
    ("acquisition", None, "customer", 160.0), ("service", None, "call", 7.2), ("service", None, "complaint", 38.0),
    ("service", None, "store_visit", 11.0), ("network", None, "minute", 0.012), ("network", None, "message", 0.002),
    ("network", None, "MB", 0.0009), ("network", None, "line_month", 26.0), ("campaign", None, "contact_sms", 0.05),
    ("campaign", None, "contact_call", 2.8), ("subsidy", "PHONE1", "item", 420.0), ("subsidy", "PHONE2", "item", 150.0),
    ("goods", "CASE", "item", 14.0), ("goods", "FILM", "item", 4.0), ("goods", "EARBUD", "item", 118.0),
    ("goods", "POWER", "item", 47.0), ("goods", "PHONE1", "item", 2650.0), ("goods", "PHONE2", "item", 790.0),
)  # fmt: skip
#: Costs grow by so much every calendar year.
YEARLY_FACTOR: Final = 1.03
TAX_RATE: Final = 0.06
_UNIT: Final = {(kind, unit): cost for kind, product, unit, cost in COSTS if product is None}


def plant_margins(world: World) -> None:
    """Plant `line_margins`: per line what its rated months paid before tax, what they cost, and what was left.

    Costs are those of the network and, for a line that is the first of a customer who joined within the span, of the
    acquisition. Calls to the service and campaigns come on top and can only lower the margin.
    """
    network = " + ".join(
        f"{quantity} * {_UNIT['network', unit]}"
        for unit, quantity in (
            ("minute", "(local_on_net_seconds + local_off_net_seconds + long_seconds + roaming_seconds) / 60.0"),
            ("message", "sms_count"),
            ("MB", "data_bytes / 1048576.0"),
            ("line_month", "1"),
        )
    )
    first_year = world.options.start_on.year
    world.plant(
        "line_margins",
        f"""
        with months as (
            select subscription_key, count(*) as months,
                round(sum(fee_amount + usage_amount) / {1 + TAX_RATE}, 2)::decimal(12, 2) as revenue_amount,
                sum(round(({network}) * pow({YEARLY_FACTOR}, year(month_on) - {first_year}), 4)::decimal(18, 4))
                    as network_amount
            from rated_months group by subscription_key
        ),
        costed as (
            select months.*, user_person_id as person_id, line_type, case when line_type = 'first'
                and started_on >= start_on() then round({_UNIT["acquisition", "customer"]}
                * pow({YEARLY_FACTOR}, year(started_on) - {first_year}), 4) else 0 end::decimal(18, 4)
                as acquisition_amount
            from months inner join subscriptions using (subscription_key)
        )
        select costed.*, persona, (revenue_amount - network_amount - acquisition_amount)::decimal(18, 4)
            as margin_amount
        from costed inner join persons using (person_id)
        order by subscription_key
        """,
    )
