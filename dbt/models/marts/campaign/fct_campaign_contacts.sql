-- One row per campaign and customer it targeted, with the first contact. Traps: two systems
-- list one contact, who plans under the customer's number and who sends under the phone number;
-- contacts with a number or login that is not anybody's yet are left out.
with ranked as (
    select
        *,
        row_number() over (
            partition by campaign_id, customer_id
            order by contacted_on asc nulls last, source_system asc nulls last,
                channel asc nulls last, business_on asc nulls last, load_id asc nulls last
        ) as contact_rank
    from {{ ref('int_campaign_contacts_identified') }}
    where customer_id is not null
)

select
    campaign_id,
    customer_id,
    channel,
    contacted_on,
    business_on,
    load_id
from ranked
where contact_rank = 1
