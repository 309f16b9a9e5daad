-- One row per coupon, product it is valid for and campaign; exact repetitions in the
-- source are dropped. The source repeats rows: one of each is kept.
with delivered as (
    {{ conformed('coupons') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by source_system, coupon_key, product_key, campaign_key
            order by business_on asc nulls last, load_id asc nulls last
        ) as delivery_rank
    from delivered
)

select
    source_system,
    coupon_key,
    product_key,
    campaign_key,
    business_on,
    load_id
from ranked
where delivery_rank = 1
