-- Question: who owes how much?
-- Grain: one row per size of the balance; negative = credit.
-- Expected on the demo: no rows; the retailer sends no bills.
select
    case
        when balance_amount < 0 then '1 credit'
        when balance_amount = 0 then '2 even'
        when balance_amount < 100 then '3 below 100'
        when balance_amount < 500 then '4 below 500'
        else '5 500 and more'
    end as balance,
    count(*) as customers,
    sum(balance_amount) as amount
from marts.customer_360
where invoice_count > 0
group by balance
order by balance;
