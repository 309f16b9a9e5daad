"""Market research: what competitors ask for their plans, and figures about the market. Simulated.

Habits: jsonl; observers walk the shops every week and write down what they see, late by some days; figures are
published monthly and are made up.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from dagster_project.demo.telecom.drawing import by
from dagster_project.demo.telecom.names import CITIES, COMPETITORS

if TYPE_CHECKING:
    from dagster_project.demo.telecom.sending import Sender
    from dagster_project.demo.telecom.world import World

_OBSERVED: Final = f"""
    select operator || '-' || plan_key || '-' || strftime($day::date, '%Y%m%d') as observation_id,
        {by("operator", {key: f"'{name}'" for key, name in COMPETITORS.items()})} as competitor, plan_key as offer,
        substr(plan_key, 4) as our_product, [{", ".join(f"'{city}'" for city in CITIES)}][1 + cast(floor(u('seen in',
            hash(plan_key, $day::date)) * {len(CITIES)}) as int)] as city, monthly_fee as price_cny,
        strftime($day::date - cast(floor(4 * u('seen', hash(plan_key, $day::date))) as int), '%Y-%m-%d') as seen_on
    from plans
    where operator <> 'own' and u('visited', hash(plan_key, $day::date)) < 0.6
        and $day::date - cast(floor(4 * u('seen', hash(plan_key, $day::date))) as int)
            between valid_from_on and coalesce(valid_to_on, date '9999-12-31')
    order by observation_id
"""
#: Figure: name, unit, level at the start, change a month, noise.
_INDICATORS: Final = {
    "penetration": ("Mobile lines per 100 people", "lines per 100 people", 112.0, 0.12, 0.3),
    "ported": ("Numbers ported between operators", "thousand numbers", 41.0, 0.4, 2.5),
    "confidence": ("Consumer confidence", "index", 92.0, 0.05, 1.4),
    "data_price": ("Mean price of mobile data", "CNY per GB", 3.4, -0.03, 0.05),
    "growth": ("Growth of retail sales on the year before", "percent", 4.2, -0.02, 0.7),
}


def write(world: World, out: Sender) -> None:
    """Send observations every Monday and figures on the 15th for the month before."""
    day = world.options.start_on
    while day <= world.options.as_of:
        if day.weekday() == 0:
            out.send("market", "competitor_offers", day, _OBSERVED, "jsonl", parameters={"day": day.isoformat()})
        if day.day == 15:
            out.send("market", "indicators", day, _indicators(world, day.isoformat()), "jsonl")
        day += timedelta(days=1)


def _indicators(world: World, day: str) -> str:
    month_no = f"date_diff('month', date '{world.options.start_on}', date '{day}')"
    rows = ", ".join(
        f"('{key}', '{name}', '{unit}', {level}, {trend}, {noise})"
        for key, (name, unit, level, trend, noise) in _INDICATORS.items()
    )
    return f"""
        select indicator, name, unit, 'simulated' as licence, round(level + trend * {month_no}
                + noise * z('indicator ' || indicator, {month_no}::bigint), 2) as value,
            strftime(date_trunc('month', date '{day}') - interval 1 month, '%Y-%m-%d') as period_from,
            strftime((date_trunc('month', date '{day}') - interval 1 day)::date, '%Y-%m-%d') as period_to
        from (values {rows}) as t(indicator, name, unit, level, trend, noise)
        order by indicator
    """
