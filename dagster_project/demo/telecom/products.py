"""Products and what is ordered: add-ons, devices, top-ups, with planted pairs, chains in time, and null products.

- pair: who orders the first orders the second the same day, more often than chance would have it.
- chain: who orders A orders B after a lag of days, and C after another.
- null product: ordered by everyone alike and together with nothing; whatever is found about it is noise.
"""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom.drawing import by, literal, weighted
from dagster_project.demo.telecom.world import World

#: Add-ons: key -> name, category, type, price in CNY, weight among orders.
PRODUCTS: Final = {
    "TOP30": ("话费充值30", "top_up", "recharge", 30, 20), "TOP50": ("话费充值50", "top_up", "recharge", 50, 24),
    "TOP100": ("话费充值100", "top_up", "recharge", 100, 18), "TOP200": ("话费充值200", "top_up", "recharge", 200, 5),
    "DP1": ("流量日包1GB", "data_pack", "day", 3, 14), "DP5": ("流量包5GB", "data_pack", "month", 15, 12),
    "DP10": ("流量包10GB", "data_pack", "month", 20, 9), "DP30": ("流量包30GB", "data_pack", "month", 40, 4),
    "NIGHT": ("夜间流量包", "data_pack", "night", 8, 4), "VP100": ("语音包100分钟", "voice_pack", "month", 9, 6),
    "VP300": ("语音包300分钟", "voice_pack", "month", 20, 3), "INTL": ("国际长途包", "voice_pack", "month", 30, 1.5),
    "SMSP": ("短信包100条", "voice_pack", "month", 5, 2), "ROAM1": ("漫游日包", "roaming", "day", 25, 3),
    "ROAM7": ("漫游周包", "roaming", "week", 120, 1), "TRAVEL": ("旅行保障", "insurance", "travel", 20, 0.8),
    "RING": ("彩铃", "value_added", "entertainment", 5, 5),
    "VIDEO": ("视频会员", "value_added", "entertainment", 15, 6),
    "MUSIC": ("音乐会员", "value_added", "entertainment", 10, 4),
    "GAME": ("游戏加速", "value_added", "entertainment", 12, 3),
    "CLOUD": ("云盘扩容", "value_added", "cloud", 10, 3), "SAFE": ("来电防护", "value_added", "security", 3, 4),
    "MISSED": ("漏话提醒", "value_added", "service", 2, 3), "HEALTH": ("健康热线", "value_added", "service", 8, 1),
    "PHONE1": ("Kestrel X2", "device", "phone", 2999, 0.8), "PHONE2": ("Wren Mini", "device", "phone", 899, 0.8),
    "CASE": ("手机壳", "device", "accessory", 39, 1.5), "FILM": ("屏幕贴膜", "device", "accessory", 19, 1.5),
    "EARBUD": ("无线耳机", "device", "accessory", 199, 1.5), "POWER": ("移动电源", "device", "accessory", 89, 1.5),
    "PADS": ("Lapwing Pad", "device", "tablet", 1599, 0.4), "BROAD": ("家庭宽带", "home", "broadband", 360, 1),
    "TV": ("家庭电视盒", "home", "television", 120, 0.5), "CAM": ("家庭摄像头", "home", "security", 169, 0.4),
    "LUCKY": ("靓号保留", "other", "number", 6, 2), "DONATE": ("公益捐赠", "other", "charity", 1, 2),
    "CARD": ("补换卡", "other", "sim", 10, 2),
}  # fmt: skip
#: First product -> second, and the probability that it follows at once.
PAIRS: Final = {"PHONE1": ("CASE", 0.55), "PHONE2": ("FILM", 0.45), "ROAM1": ("TRAVEL", 0.30), "BROAD": ("TV", 0.40),
                "VIDEO": ("DP10", 0.25), "VP300": ("MISSED", 0.30)}  # fmt: skip
#: A, then B after a lag in days (from, to) with a probability, then C likewise.
CHAINS: Final = (
    (("PHONE1", "CLOUD", 20, 40, 0.45), ("CLOUD", "EARBUD", 25, 45, 0.40)),
    (("DP5", "DP30", 50, 70, 0.30), ("DP30", "VIDEO", 10, 20, 0.35)),
    (("BROAD", "CAM", 30, 60, 0.30), ("CAM", "SAFE", 15, 30, 0.40)),
)
NULL_PRODUCTS: Final = ("LUCKY", "DONATE", "CARD")
#: Factor on a persona's orders of a category.
_TASTES: Final = {
    "young_generation": {"data_pack": 1.8, "value_added": 1.6, "top_up": 1.1},
    "achiever": {"roaming": 2.5, "device": 1.6, "home": 1.5},
    "elite": {"roaming": 4, "device": 2, "insurance": 2, "home": 1.5},
    "good_friend": {"voice_pack": 2, "home": 1.5},
    "butterfly": {"device": 1.5, "data_pack": 1.2},
    "occasional": {"top_up": 1.6, "data_pack": 0.3, "value_added": 0.5},
    "watch_list": {"top_up": 1.4},
}
#: Orders a line and month, at most two.
_RATES: Final = {"elite": 0.55, "young_generation": 0.75, "achiever": 0.55, "butterfly": 0.50, "occasional": 0.22,
                 "good_friend": 0.42, "watch_list": 0.45}  # fmt: skip


def create(world: World) -> None:
    """Create `products` and `product_orders`."""
    rows = ", ".join(
        f"({literal(key)}, {literal(name)}, {literal(category)}, {literal(kind)}, {price})"
        for key, (name, category, kind, price, _) in PRODUCTS.items()
    )
    world.create(
        "products",
        f"""
        select plan_key as product_key, plan_name as product_name, 'plan' as category,
            case when is_bundle then 'bundle' else 'single' end as product_type, monthly_fee as price, valid_from_on,
            valid_to_on
        from plans where operator = 'own'
        union all
        select product_key, product_name, category, product_type, price::decimal(12, 2), date '2015-01-01', null
        from (values {rows}) as t(product_key, product_name, category, product_type, price)
        order by product_key
        """,
    )
    _create_first_orders(world)
    _add_chains(world)
    _add_pairs(world)
    _create_orders(world)


def _create_first_orders(world: World) -> None:
    """Up to two orders a line and month, by taste of the user's persona."""
    tastes = {
        persona: weighted("u_product", {
            key: weight * factors.get(category, 1) for key, (_, category, _, _, weight) in PRODUCTS.items()
        })
        for persona, factors in _TASTES.items()
    }  # fmt: skip
    world.create(
        "wishes",
        f"""
        with slots as (
            select subscription_key, month_on, slot, activity, hash(subscription_key, month_on, slot) as k, persona,
                customer_key
            from usage_months
            cross join (select unnest([1, 2]) as slot)
            inner join subscriptions using (subscription_key)
            inner join persons on persons.person_id = user_person_id
            where line_type <> 'data'
        ),
        ordered as (
            select *, u('product', k) as u_product from slots
            where u('order', k) < {by("persona", _RATES)} * activity / 2
        )
        select customer_key, subscription_key, {by("persona", tastes)} as product_key,
            month_on::timestamp + to_seconds(floor(u('ordered at', k) * 86400 * 27)) as ordered_at, 'own' as planted
        from ordered
        """,
    )


def _add_chains(world: World) -> None:
    for chain in CHAINS:
        for first, then, least, most, share in chain:
            world.con.execute(
                f"""
                insert into wishes
                select customer_key, subscription_key, '{then}',
                    ordered_at + to_days(cast({least} + floor(u('lag', k) * {most - least + 1}) as int)), 'chain'
                from (select *, hash(subscription_key, ordered_at, '{then}') as k from wishes
                    where product_key = '{first}')
                where u('chain', k) < {share}
                """
            )


def _add_pairs(world: World) -> None:
    for first, (second, share) in PAIRS.items():
        world.con.execute(
            f"""
            insert into wishes
            select customer_key, subscription_key, '{second}', ordered_at + interval 90 second, 'pair'
            from (select *, hash(subscription_key, ordered_at, '{second}') as k from wishes
                where product_key = '{first}')
            where u('pair', k) < {share}
            """
        )


def _create_orders(world: World) -> None:
    """Those that fall into the line's life, numbered as they came. Orders of a pair are lines of one order."""
    world.create(
        "product_orders",
        """
        select 70000000 + dense_rank() over (order by date_trunc('hour', ordered_at), subscription_key) as order_key,
            wishes.customer_key, subscription_key, product_key, ordered_at::timestamp as ordered_at, price as amount,
            planted
        from wishes
        inner join subscriptions using (subscription_key)
        inner join customers on customers.customer_key = subscriptions.customer_key
        inner join products using (product_key)
        where ordered_at >= started_on and ordered_at < as_of() + 1
            and ordered_at < coalesce(ended_on, left_on, as_of()) + 1
        qualify row_number() over (partition by subscription_key, date_trunc('hour', ordered_at), product_key
            order by ordered_at) = 1
        order by ordered_at, subscription_key, product_key
        """,
    )
    world.con.execute("drop table wishes")
