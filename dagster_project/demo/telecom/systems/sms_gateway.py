"""The message gateway: what was sent to which number, and the receipts of the networks. Simulated.

Habits: csv with bars; clocks of the operator (UTC+8); it knows phone numbers and nothing of customers. Receipts are
sent on the day they arrive: most within seconds, some a day after the message, some never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dagster_project.demo.telecom.sending import Sender
    from dagster_project.demo.telecom.world import World

#: Share of receipts that arrive a day late, and of messages that never get one.
LATE_SHARE: Final = 0.05
_NEVER_SHARE: Final = 0.015
#: Share of lines that want the bill of a month announced by message.
_BILL_SHARE: Final = 0.3

_MESSAGES: Final = f"""
    with numbers as (
        select customer_key, arg_min(msisdn, (started_on, subscription_key)) as msisdn
        from subscriptions group by customer_key
    ),
    messages as (
        select 'SC' || contact_key as message_key, campaign_key, 'TPL-' || campaign_key as template_key, msisdn,
            contacted_at + to_seconds(cast(1 + floor(u('queue', t) * 90) as bigint)) as sent_at, t, is_reached
        from campaign_touches inner join numbers using (customer_key) where channel = 'sms'
        union all
        select 'SB' || subscription_key || strftime(month_on, '%y%m'), null, 'TPL-BILL', msisdn,
            month_on + interval 2 day + to_seconds(cast(36000 + floor(u('bill at', k) * 20000) as bigint)), k, true
        from (
            select subscription_key, msisdn, month_on, hash(subscription_key, month_on) as k
            from usage_months inner join subscriptions using (subscription_key)
            where u('bill by message', subscription_key) < {_BILL_SHARE}
        )
    )
    select sent_on(sent_at::date) as sent_on, *, u('receipt', t) as u_receipt
    from messages where sent_at < as_of() + 1 order by sent_on, message_key
"""
_RECEIPTS: Final = f"""
    with answered as (
        select message_key, case when is_reached then 'DELIVRD' when u_receipt < 0.4 then 'EXPIRED'
                when u_receipt < 0.8 then 'UNDELIV' else 'REJECTD' end as status,
            sent_at + to_seconds(cast(case when u('late receipt', t) < {LATE_SHARE} then 86400 else 2 end
                + floor(-6 * ln(1 - u('receipt after', t))) as bigint)) as received_at
        from gateway_messages where u('no receipt', t) >= {_NEVER_SHARE}
    )
    select sent_on(received_at::date) as sent_on, * from answered where received_at < as_of() + 1
    order by sent_on, message_key
"""
_FILES: Final = {
    "messages": """
        select message_key as msg_id, campaign_key as campaign_ref, template_key as template, msisdn as dest,
            1 + (u_receipt < 0.3)::int as parts, strftime(sent_at, '%Y-%m-%d %H:%M:%S') as sent_at,
            cast(0.03 * (1 + (u_receipt < 0.3)::int) as decimal(8, 2)) as fee_cny
        from gateway_messages where sent_on = $day order by msg_id
    """,
    "receipts": """
        select message_key as msg_id, status, case when status <> 'DELIVRD' then printf('%03d', 1 + hash(message_key)
            % 40) end as error_code, strftime(received_at, '%Y-%m-%d %H:%M:%S') as received_at
        from gateway_receipts where sent_on = $day order by msg_id
    """,
}


def write(world: World, out: Sender) -> None:
    """Send messages of each day, and receipts on the day they arrive."""
    world.create("gateway_messages", _MESSAGES)
    world.create("gateway_receipts", _RECEIPTS)
    for extract, rows in _FILES.items():
        for day in world.days(f"gateway_{extract}"):
            out.send("sms_gateway", extract, day, rows, "csv", delimiter="|", parameters={"day": day})
