"""The tariff book: own plans and those of three competitors, with tiers, bundles, on- and off-net prices and roaming.

Prices are assumptions in the range of Chinese mass-market plans: a monthly fee of 8 to 288 CNY, 0.10 to 0.25 CNY a
minute, 0.10 CNY a message. Own plans have one row each; a competitor's plan has one row per price period.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from dagster_project.demo.telecom.drawing import literal
from dagster_project.demo.telecom.names import COMPETITORS
from dagster_project.demo.telecom.world import World

#: plan, name, fee, local minutes, long-distance minutes, messages, MB, price of a local minute on-net and off-net,
#: of a long-distance minute, a message, an MB and a roaming minute, bundle, closed for sale.
_OWN: Final = (
    ("P8", "轻享卡", 8, 0, 0, 0, 100, 0.15, 0.20, 0.25, 0.10, 0.0100, 0.99, False, False),
    ("P18", "入门18", 18, 60, 0, 30, 1024, 0.12, 0.18, 0.22, 0.10, 0.0050, 0.99, False, False),
    ("P38", "畅聊38", 38, 200, 50, 50, 3072, 0.10, 0.16, 0.20, 0.10, 0.0040, 0.89, False, False),
    ("P58", "畅享58", 58, 300, 100, 100, 8192, 0.10, 0.15, 0.19, 0.10, 0.0035, 0.79, False, False),
    ("P88", "尊享88", 88, 500, 200, 200, 20480, 0.10, 0.15, 0.18, 0.08, 0.0030, 0.69, False, False),
    ("P128", "商务128", 128, 800, 500, 300, 30720, 0.08, 0.12, 0.15, 0.08, 0.0030, 0.49, False, False),
    ("P188", "商务188", 188, 1200, 900, 500, 46080, 0.06, 0.10, 0.12, 0.05, 0.0025, 0.39, False, False),
    ("P288", "精英288", 288, 2500, 2000, 1000, 81920, 0.05, 0.08, 0.10, 0.05, 0.0020, 0.29, False, False),
    ("Y29", "青春29", 29, 50, 20, 50, 12288, 0.12, 0.20, 0.22, 0.10, 0.0030, 0.99, False, False),
    ("Y59", "青春59", 59, 100, 50, 50, 32768, 0.12, 0.20, 0.22, 0.10, 0.0025, 0.89, False, False),
    ("CAMP19", "校园19", 19, 100, 0, 100, 10240, 0.00, 0.20, 0.25, 0.10, 0.0040, 0.99, False, False),
    ("SEN16", "银龄16", 16, 150, 30, 30, 200, 0.08, 0.12, 0.18, 0.10, 0.0100, 0.99, False, False),
    ("FAM158", "全家福158", 158, 1000, 300, 200, 40960, 0.00, 0.12, 0.15, 0.08, 0.0025, 0.59, True, False),
    ("FAM228", "全家福228", 228, 2000, 800, 300, 61440, 0.00, 0.10, 0.12, 0.05, 0.0020, 0.49, True, False),
    ("DAT25", "随身网25", 25, 0, 0, 0, 15360, 0.25, 0.25, 0.30, 0.10, 0.0030, 1.20, False, False),
    ("OLD48", "老友48", 48, 100, 0, 60, 1024, 0.15, 0.20, 0.25, 0.10, 0.0080, 1.20, False, True),
    ("OLD68", "神州68", 68, 240, 60, 100, 2048, 0.14, 0.20, 0.25, 0.10, 0.0070, 1.20, False, True),
)  # fmt: skip
#: What a competitor makes of our book: factor on the fee, on the included quantities, on unit prices.
_STYLES: Final = {"dengta": (1.05, 1.15, 1.0), "liuzhi": (0.90, 0.80, 1.1), "yuanfeng": (0.98, 1.0, 0.95)}
_COPIED: Final = ("P18", "P38", "P58", "P88", "P128", "P188", "Y29", "CAMP19", "FAM158")
#: Price moves of competitors: when (share of the span), who, which of our plans is attacked, factor on the fee.
_MOVES: Final = (
    (0.33, "dengta", ("P38", "P58", "Y29"), 0.75),
    (0.72, "yuanfeng", ("P58", "P88", "P128"), 0.70),
)
#: First day of plans that were always there.
_ALWAYS: Final = date(2015, 1, 1)


def price_moves(start_on: date, as_of: date) -> list[tuple[date, str]]:
    """When which competitor cuts prices.

    >>> price_moves(date(2025, 1, 1), date(2026, 6, 30))
    [(datetime.date(2025, 6, 29), 'dengta'), (datetime.date(2026, 1, 28), 'yuanfeng')]
    """
    span = (as_of - start_on).days
    return [(start_on + timedelta(days=int(span * share)), operator) for share, operator, _, _ in _MOVES]


def create(world: World) -> None:
    """Create `plans` and `price_moves`."""
    rows = [*_own_rows(), *_competitor_rows(world)]
    world.create(
        "plans",
        f"""
        select plan_key, operator, plan_name, monthly_fee::decimal(12, 2) as monthly_fee,
            included_local_minutes::int as included_local_minutes, included_long_minutes::int as included_long_minutes,
            included_sms::int as included_sms, included_mb::int as included_mb,
            columns('price_.*')::decimal(18, 6), is_bundle, valid_from_on, valid_to_on::date as valid_to_on
        from (values {", ".join(rows)}) as t(plan_key, operator, plan_name, monthly_fee, included_local_minutes,
            included_long_minutes, included_sms, included_mb, price_local_on_net, price_local_off_net, price_long,
            price_sms, price_mb, price_roaming_minute, is_bundle, valid_from_on, valid_to_on)
        order by operator, plan_key, valid_from_on
        """,
    )
    moves = ", ".join(
        f"(date '{day}', {literal(operator)})"
        for day, operator in price_moves(world.options.start_on, world.options.as_of)
    )
    world.create("price_moves", f"select * from (values {moves}) as t(moved_on, operator)")


def _own_rows() -> list[str]:
    closed = "date '2023-12-31'"
    return [
        _row(plan, "own", name, [fee, *rest], is_bundle=is_bundle,
             valid=(f"date '{_ALWAYS}'", closed if is_closed else "null"))
        for plan, name, fee, *rest, is_bundle, is_closed in _OWN
    ]  # fmt: skip


def _competitor_rows(world: World) -> list[str]:
    moved = {operator: day for day, operator in price_moves(world.options.start_on, world.options.as_of)}
    cuts = {operator: (plans, factor) for _, operator, plans, factor in _MOVES}
    rows = []
    for operator, (fee_factor, quantity_factor, price_factor) in _STYLES.items():
        attacked, cut = cuts.get(operator, ((), 1.0))
        for plan, _, fee, *rest, is_bundle, _ in _OWN:
            if plan not in _COPIED:
                continue
            key = f"{operator[:2].upper()}-{plan}"
            name = f"{COMPETITORS[operator]}{plan}"
            quantities = [round(quantity * quantity_factor / 10) * 10 for quantity in rest[:4]]
            prices = [round(price * price_factor, 4) for price in rest[4:]]
            fees = [(round(fee * fee_factor), f"date '{_ALWAYS}'", "null")]
            if plan in attacked:
                day = moved[operator]
                fees = [
                    (round(fee * fee_factor), f"date '{_ALWAYS}'", f"date '{day - timedelta(days=1)}'"),
                    (round(fee * fee_factor * cut), f"date '{day}'", "null"),
                ]
            rows += [
                _row(key, operator, name, [price, *quantities, *prices], is_bundle=is_bundle, valid=(since, until))
                for price, since, until in fees
            ]
    return rows


def _row(plan: str, operator: str, name: str, numbers: list[float], *, is_bundle: bool, valid: tuple[str, str]) -> str:
    texts = ", ".join(map(literal, (plan, operator, name)))
    return f"({texts}, {', '.join(map(str, numbers))}, {str(is_bundle).lower()}, {', '.join(valid)})"
