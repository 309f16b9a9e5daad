-- One row per customer and account that they pay from. Trap: an account whose owner nobody has
-- identified is in dim_accounts only.
select
    customer_id,
    account_id,
    'payer' as relation,
    coalesce(opened_on, business_on) as from_on,
    closed_on as to_on
from {{ ref('int_accounts_identified') }}
where customer_id is not null
