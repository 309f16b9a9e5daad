"""Campaigns: who was addressed and who was held back, what each would do either way, and what each did.

Two answers are drawn for everyone in a campaign, with and without being reached; only one of them happens. A/A
campaigns reach people as others do and change nothing. Times are the operator's clocks (UTC+8). Shares are ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dagster_project.demo.telecom.drawing import by, literal

if TYPE_CHECKING:
    from dagster_project.demo.telecom.world import World

#: Probability of a response within two weeks: reached, not reached.
RESPONSES: Final = {
    "persuadable": (0.18, 0.02), "sure_thing": (0.22, 0.22), "lost_cause": (0.01, 0.01), "sleeping_dog": (0.01, 0.08),
}  # fmt: skip
HOLDOUT_SHARE: Final = 0.2
#: Kind -> channel, day of the month, share of the customers addressed, products offered in turn.
_KINDS: Final = {
    "upsell": ("sms", 5, 0.15, ("DP10", "VP100", "DP5")),
    "retention": ("phone", 12, 0.05, ("CLOUD", "VIDEO")),
    "crosssell": ("app", 18, 0.10, ("VIDEO", "MUSIC", "GAME")),
    "aa": ("sms", 22, 0.10, ("SMSP",)),
}
_LASTS_DAYS: Final = 14
#: The rules that marketing gave itself, and how often history broke them.
QUIET_FROM_HOUR, QUIET_TO_HOUR = 21, 9
MOST_CONTACTS_IN_7_DAYS: Final = 3
_QUIET_BREAKS: Final = 0.004
_CAP_BREAKS: Final = 0.006
_REFUSAL_BREAKS: Final = 0.03
#: Share of customers who refuse advertising at some time; more of those whom it annoys.
_REFUSING: Final = {"persuadable": 0.04, "sure_thing": 0.03, "lost_cause": 0.08, "sleeping_dog": 0.20}
#: Share that is reached at all.
_REACHED: Final = {"sms": 0.955, "phone": 0.62, "app": 0.99}
_REFUSED_SHARE: Final = 0.12


def create(world: World) -> None:
    """Create `ad_refusals`, `campaigns`, `campaign_targets`, `campaign_touches`, `campaign_answers`; plant truth."""
    world.create(
        "ad_refusals",
        f"""
        select customer_key, joined_on + cast(floor(u('refused on', customer_key)
            * (coalesce(left_on, as_of()) - joined_on)) as int) as refused_on
        from customers inner join persons using (person_id)
        where u('refuses', person_id) < {by("campaign_effect", _REFUSING)} order by customer_key
        """,
    )
    world.create("campaigns", _campaigns(world))
    world.create("campaign_targets", _targets())
    world.create("campaign_touches", _TOUCHES)
    world.create("campaign_answers", _ANSWERS)
    for name, query in _TRUTHS.items():
        world.plant(name, query)


def _campaigns(world: World) -> str:
    """One campaign of each kind a month, of some kinds every second or third month."""
    rows = []
    for number, month_on in enumerate(world.months()):
        for kind, (channel, day, share, products) in _KINDS.items():
            starts_on = month_on.replace(day=day)
            every = {"aa": 3, "crosssell": 2}.get(kind, 1)
            if starts_on <= world.options.as_of and number % every == every - 1:
                product = products[number // every % len(products)]
                values = (f"{kind}_{month_on:%y%m}", kind, channel, product)
                rows.append(f"({', '.join(map(literal, values))}, date '{starts_on}', {share})")
    return f"""
        select row_number() over (order by starts_on, campaign_key) as campaign_no, 'C' || upper(campaign_key)
            as campaign_key, kind, channel, product_key, product_name, starts_on,
            starts_on + {_LASTS_DAYS - 1} as ends_on, target_share, kind = 'aa' as is_aa
        from (values {", ".join(rows)}) as t(campaign_key, kind, channel, product_key, starts_on, target_share)
        inner join (select product_key, product_name from products) using (product_key)
        order by campaign_no
    """


def _targets() -> str:
    """One row per campaign and customer: held back or reached, and both answers."""
    treated = by("campaign_effect", {effect: shares[0] for effect, shares in RESPONSES.items()})
    untreated = by("campaign_effect", {effect: shares[1] for effect, shares in RESPONSES.items()})
    return f"""
        with eligible as (
            select campaigns.*, customer_key, person_id, hash(campaign_no, customer_key) as k, campaign_effect,
                left_on, refused_on <= starts_on as has_refused
            from campaigns
            cross join customers
            inner join persons using (person_id)
            left join ad_refusals using (customer_key)
            where is_duplicate_of is null and joined_on < starts_on - 30
                and coalesce(left_on, date '9999-12-31') > starts_on
                and u('target', hash(campaign_no, customer_key)) < target_share
        ),
        drawn as (
            select *, u('holdout', k) < {HOLDOUT_SHARE} as is_holdout,
                u('reached', k) < {by("channel", _REACHED)} as would_be_reached,
                u('answer', k) < case when is_aa then {untreated} else {treated} end as responds_if_treated,
                u('answer', k) < {untreated} as responds_if_untreated,
                starts_on + cast(floor(u('contact day', k) * case channel when 'phone' then 8 else 3 end) as int)
                    as contacted_on
            from eligible
            where not coalesce(has_refused, false) or u('ignored refusal', k) < {_REFUSAL_BREAKS}
        )
        select * exclude (would_be_reached), coalesce(has_refused, false) and not is_holdout as breaks_refusal,
            would_be_reached and not is_holdout as is_reached,
            case when would_be_reached and not is_holdout then responds_if_treated else responds_if_untreated end
                as has_responded
        from drawn
        where contacted_on <= as_of()
        order by campaign_no, customer_key
    """


#: One row per contact that was made; most people get one, those whose cap is broken four in four days.
_TOUCHES: Final = f"""
    with touches as (
        select *, hash(k, touch_no) as t, (touch_no - 1)::int as later_days
        from campaign_targets
        cross join (select unnest(range(1, 5)) as touch_no)
        where not is_holdout and (touch_no = 1 or channel <> 'phone' and u('cap', k) < {_CAP_BREAKS})
    )
    select campaign_no, campaign_key, kind, channel, product_key, customer_key, person_id, k, t, touch_no, is_reached,
        is_aa, breaks_refusal, touch_no > {MOST_CONTACTS_IN_7_DAYS} as breaks_cap,
        channel <> 'phone' and u('quiet', t) < {_QUIET_BREAKS} as breaks_quiet_hours,
        campaign_key || '-' || customer_key || '-' || touch_no as contact_key,
        contacted_on + later_days as contacted_on,
        (contacted_on + later_days)::timestamp + to_seconds(cast(case
            when channel <> 'phone' and u('quiet', t) < {_QUIET_BREAKS} then 79200 + floor(u('at', t) * 7000)
            else 32400 + floor(u('at', t) * 43000) end as bigint)) as contacted_at
    from touches
    where contacted_on + later_days <= as_of()
    order by contact_key
"""
#: One row per thing that a customer did about a campaign: coupon used, product bought without one, or a refusal.
_ANSWERS: Final = f"""
    with answers as (
        select campaign_no, campaign_key, channel, product_key, customer_key, k, left_on, contacted_on,
            case when is_holdout then 'purchase' else 'redemption' end as response_type,
            least({_LASTS_DAYS - 2}, 1 + cast(floor(-3 * ln(1 - u('answer lag', k))) as int)) as lag_days
        from campaign_targets where has_responded
        union all
        select campaign_no, campaign_key, channel, product_key, customer_key, k, left_on, contacted_on, 'refusal', 0
        from campaign_targets
        where is_reached and campaign_effect = 'sleeping_dog' and not is_aa and u('refusal', k) < {_REFUSED_SHARE}
    )
    select *, contacted_on + lag_days as responded_on, (contacted_on + lag_days)::timestamp + to_seconds(
            cast(case when lag_days = 0 then 76000 else 28800 end + floor(u('answer at', k) * 10000) as bigint))
            as responded_at,
        campaign_key || '-' || customer_key || '-' || left(response_type, 3) as response_key
    from answers
    where contacted_on + lag_days < least(as_of() + 1, coalesce(left_on, date '9999-12-31'))
    order by response_key
"""
_TRUTHS: Final = {
    "campaigns": "select * from campaigns order by campaign_no",
    "campaign_outcomes": """
        select campaign_key, customer_key, person_id, campaign_effect, is_aa, is_holdout, is_reached,
            responds_if_treated, responds_if_untreated, has_responded, contacted_on
        from campaign_targets order by campaign_no, customer_key
    """,
    "contact_rule_breaks": """
        select contact_key, customer_key, contacted_at, 'cap' as broken_rule from campaign_touches where breaks_cap
        union all
        select contact_key, customer_key, contacted_at, 'quiet_hours' from campaign_touches where breaks_quiet_hours
        union all
        select contact_key, customer_key, contacted_at, 'do_not_contact' from campaign_touches where breaks_refusal
        order by contact_key, broken_rule
    """,
}
