-- One row per record of somebody who asked about becoming a customer. Traps: a prospect is no
-- customer; who joined since keeps the row, with the customer they became, if they could be
-- brought home.
with prospects as (
    select * from {{ ref('int_prospects_identified') }}
),

joined as (
    select
        customer_id,
        min(registered_on) as joined_on
    from {{ ref('int_profiles_identified') }}
    where customer_id is not null
    group by customer_id
)

select
    prospects.source_system,
    prospects.prospect_key,
    joined.customer_id,
    prospects.region,
    cast({{ days_between('prospects.enquired_on', 'joined.joined_on') }} as bigint)
        as days_to_conversion,
    joined.customer_id is not null as is_converted,
    prospects.enquired_on,
    joined.joined_on as converted_on
from prospects
left join joined
    on joined.customer_id = prospects.customer_id
