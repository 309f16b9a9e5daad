"""Marketing: campaigns with their templates, who was addressed or held back, and who responded. Simulated.

Habits: json lines; clocks of the operator (UTC+8); customers by the operator's number. A campaign and its template
are sent when it starts, contacts and responses day by day. Who is held back for comparison is listed as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dagster_project.demo.telecom.campaigns import HOLDOUT_SHARE
from dagster_project.demo.telecom.drawing import by

if TYPE_CHECKING:
    from dagster_project.demo.telecom.sending import Sender
    from dagster_project.demo.telecom.world import World

_NAMES: Final = {"upsell": "'流量升级'", "retention": "'老客户关怀'", "crosssell": "'会员推荐'", "aa": "'对照测试'"}
_TEXTS: Final = {
    "upsell": "'尊敬的客户，' || product_name || '限时优惠，回复1办理，退订回TD。'",
    "retention": "'外呼话术：感谢您一直以来的支持，为您准备了' || product_name || '。'",
    "crosssell": "product_name || '首月免费，点击领取。'",
    "aa": "'温馨提示：您可随时查询' || product_name || '的余量。'",
}

_CAMPAIGN_FILE: Final = f"""
    select campaign_key as campaign_id, {by("kind", _NAMES)} || ' ' || strftime(starts_on, '%Y-%m') as name,
        kind, channel, product_key as product, 'K' || campaign_key as coupon, 'TPL-' || campaign_key as template_id,
        {HOLDOUT_SHARE} as holdout_share, cast(round(target_share * 1000000) as int) as budget_cny,
        starts_on::varchar as starts_on, ends_on::varchar as ends_on
    from campaigns where sent_on(starts_on) = $day order by campaign_id
"""
_TEMPLATE_FILE: Final = f"""
    select 'TPL-' || campaign_key as template_id, channel, 'zh' as language, {by("kind", _TEXTS)} as body,
        starts_on::varchar as approved_on
    from campaigns where sent_on(starts_on) = $day order by template_id
"""
_CONTACTS: Final = """
    select sent_on(contacted_on) as sent_on, contact_key, campaign_key, customer_key, 'target' as audience, channel,
        touch_no, contacted_at
    from campaign_touches
    union all
    select sent_on(contacted_on), campaign_key || '-' || customer_key || '-0', campaign_key, customer_key, 'control',
        channel, 0, contacted_on::timestamp + interval 9 hour
    from campaign_targets where is_holdout
    order by 1, 2
"""
_CONTACT_FILE: Final = """
    select contact_key as contact_id, campaign_key as campaign_id, customer_key as customer_no, audience, channel,
        touch_no as touch, strftime(contacted_at, '%Y-%m-%d %H:%M:%S') as contacted_at
    from marketing_contacts where sent_on = $day order by contact_id
"""
_RESPONSE_FILE: Final = """
    select response_key as response_id, campaign_key as campaign_id, customer_key as customer_no,
        response_type as response, case when response_type = 'redemption' then 'K' || campaign_key end as coupon,
        strftime(responded_at, '%Y-%m-%d %H:%M:%S') as responded_at
    from marketing_responses where sent_on = $day order by response_id
"""


def write(world: World, out: Sender) -> None:
    """Send campaigns and templates when they start; contacts and responses of each day."""
    world.create("marketing_contacts", _CONTACTS)
    world.create(
        "marketing_responses",
        "select sent_on(responded_on) as sent_on, * from campaign_answers order by 1, response_key",
    )
    for day in world.days("campaigns", "sent_on(starts_on)"):
        for extract, rows in (("campaigns", _CAMPAIGN_FILE), ("templates", _TEMPLATE_FILE)):
            out.send("marketing", extract, day, rows, "jsonl", parameters={"day": day})
    for extract, rows in (("contacts", _CONTACT_FILE), ("responses", _RESPONSE_FILE)):
        for day in world.days(f"marketing_{extract}"):
            out.send("marketing", extract, day, rows, "jsonl", parameters={"day": day})
