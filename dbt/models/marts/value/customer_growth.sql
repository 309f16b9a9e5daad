-- One row per customer with a closed month: trend of the monthly revenue over the last twelve
-- closed months and change against a year before. Traps: with fewer than six months there is no
-- trend (has_too_few_points); the interval takes months as independent.
with months as (
    select distinct month_on from {{ ref('customer_profit_loss') }} where is_closed
),

numbered as (
    select
        month_on,
        row_number() over (order by month_on desc nulls last) as months_back
    from months
),

firsts as (
    select customer_id, min(month_on) as first_month_on
    from {{ ref('customer_revenue_parts') }}
    group by customer_id
),

points as (
    select
        firsts.customer_id,
        cast(13 - numbered.months_back as bigint) as x,
        numbered.months_back,
        cast(
            coalesce(
                parts.fee_amount + parts.usage_amount + parts.credit_amount
                + parts.sales_amount, 0
            ) as decimal(18, 2)
        ) as y
    from firsts
    inner join numbered
        on numbered.month_on >= firsts.first_month_on
    left join {{ ref('customer_revenue_parts') }} as parts
        on parts.customer_id = firsts.customer_id and parts.month_on = numbered.month_on
),

-- Sums of exact numbers: their order cannot show.
sums as (
    select
        customer_id,
        count(*) as n,
        cast(cast(sum(x) as bigint) as double) as sx,
        cast(cast(sum(x * x) as bigint) as double) as sxx,
        cast(cast(sum(y) as decimal(28, 2)) as double) as sy,
        cast(cast(sum(y * x) as decimal(28, 2)) as double) as sxy,
        cast(cast(sum(y * y) as decimal(38, 4)) as double) as syy
    from points
    where months_back <= 12
    group by customer_id
),

fitted as (
    select
        *,
        sxx - sx * sx / n as dxx,
        (sxy - sx * sy / n) / nullif(sxx - sx * sx / n, 0) as slope,
        greatest(
            syy - sy * sy / n
            - power(sxy - sx * sy / n, 2) / nullif(sxx - sx * sx / n, 0), 0
        ) as residual
    from sums
),

-- 97.5 % quantile of Student's t by degrees of freedom.
quantiles as (
    select * from (values
        (4, 2.776), (5, 2.571), (6, 2.447), (7, 2.365), (8, 2.306), (9, 2.262), (10, 2.228)
    ) as t (degrees, quantile)
),

years as (
    select
        customer_id,
        cast(sum(case when months_back <= 3 then y end) as decimal(18, 2)) as recent_amount,
        cast(sum(case when months_back between 13 and 15 then y end) as decimal(18, 2))
            as year_ago_amount,
        count_if(months_back between 13 and 15) as year_ago_count
    from points
    group by customer_id
)

select
    fitted.customer_id,
    fitted.n as month_count,
    case when fitted.n >= 6 then cast(fitted.slope as decimal(18, 4)) end as slope_amount,
    cast(
        fitted.slope
        - quantiles.quantile * sqrt(fitted.residual / (fitted.n - 2) / fitted.dxx)
        as decimal(18, 4)
    ) as slope_low_amount,
    cast(
        fitted.slope
        + quantiles.quantile * sqrt(fitted.residual / (fitted.n - 2) / fitted.dxx)
        as decimal(18, 4)
    ) as slope_high_amount,
    case
        when years.year_ago_count = 3
            then
                cast(
                    years.recent_amount / nullif(years.year_ago_amount, 0) - 1
                    as decimal(18, 4)
                )
    end as year_on_year_share,
    fitted.n < 6 as has_too_few_points,
    {{ as_of() }} as as_of_on
from fitted
inner join years
    on years.customer_id = fitted.customer_id
left join quantiles
    on quantiles.degrees = fitted.n - 2
