"""IBSS, the operator's business support system: customers, accounts, lines, orders, and its product catalogue.

Habits: csv in GB18030 with Chinese headers, dates with slashes, clocks of the operator (UTC+8). Every extract holds
the records that changed, as they are at the end of the day; the first file holds the whole stock. What clerks get
wrong stays wrong until somebody corrects it: a later record of the same key. Simulated.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from dagster_project.demo.telecom.drawing import by, weighted

if TYPE_CHECKING:
    from dagster_project.demo.telecom.sending import Sender
    from dagster_project.demo.telecom.world import World

ENCODING: Final = "gb18030"
#: Why a line was ended, as clerks choose it from a list: the true cause shows through only at times.
_REASONS: Final = {"个人原因": 0.62, "其他": 0.25, "迁址": 0.08, "业务变更": 0.05}
_TOLD: Final = {
    "network_coverage": "'信号差'", "call_quality": "'信号差'", "billing_error": "'费用争议'",
    "offer_chasing": "'资费高'",
    "competitor_promotion": "'资费高'", "promotion_strength": "'资费高'", "service_manner": "'服务不满'",
    "falling_satisfaction": "'服务不满'", "device_quality": "'终端故障'", "false_users": "'欠费'",
    "malicious_switching": "'欠费'",
}  # fmt: skip
_TOLD_SHARE: Final = 0.3
#: Share of misspelt records that are corrected when the customer shows up again, and of customers who move house.
_CORRECTED_SHARE: Final = 0.3

_CUSTOMERS: Final = f"""
    with events as (
        select customer_key, joined_on as changed_on from customers
        union all select customer_key, left_on from customers where left_on is not null and not is_silent
        union all select customer_key, merged_on from customers where merged_on is not null
        union all select customer_key, joined_on + 120 from customers
            where trap = 'typo' and u('corrected', customer_key) < {_CORRECTED_SHARE}
    ),
    changes as (
        select customer_key, sent_on(changed_on) as sent_on, max(changed_on) as changed_on
        from events where changed_on <= as_of() group by all
    )
    select sent_on, changed_on, customers.*, persons.* exclude (person_id), lines.msisdn,
        case when merged_on <= changed_on then '合并' when left_on <= changed_on and not is_silent then '销户'
            else '正常' end as status,
        trap = 'typo' and changed_on >= customers.joined_on + 120 as is_corrected,
        u('email given', customer_key) < 0.55 as has_email
    from changes
    inner join customers using (customer_key)
    inner join persons using (person_id)
    left join (select customer_key, min(msisdn) as msisdn from subscriptions where line_type = 'first' group by 1)
        as lines using (customer_key)
    order by sent_on, customer_key
"""
_CUSTOMER_FILE: Final = """
    select customer_key as "客户编号", case when is_corrected then name_zh else recorded_name end as "客户姓名",
        case gender when 'M' then '男' else '女' end as "性别",
        strftime(case when is_corrected then born_on else recorded_born_on end, '%Y/%m/%d') as "出生日期",
        case when is_corrected then id_number else recorded_id_number end as "证件号码", msisdn as "联系电话",
        case when has_email then email end as "电子邮箱", city as "城市", address as "通信地址", status as "状态",
        strftime(joined_on, '%Y/%m/%d') as "入网日期", case when status = '合并' then is_duplicate_of end as "合并至",
        strftime(changed_on, '%Y/%m/%d') as "变更日期"
    from ibss_customers where sent_on = $day order by customer_key
"""
_ACCOUNTS: Final = """
    with events as (
        select account_key, opened_on as changed_on from accounts
        union all select account_key, closed_on from accounts where closed_on is not null
    )
    select sent_on(changed_on) as sent_on, account_key, max(changed_on) as changed_on
    from events where changed_on <= as_of() group by all order by 1, 2
"""
_ACCOUNT_FILE: Final = """
    select account_key as "账户编号", customer_key as "客户编号", case payment_method when 'wallet' then '电子钱包'
            when 'direct_debit' then '银行代扣' when 'card' then '银行卡' when 'cash' then '现金' else '后付发票' end
            as "付款方式", billing_day as "账单日",
        case when closed_on <= changed_on then '销户' else '正常' end as "状态",
        strftime(opened_on, '%Y/%m/%d') as "开户日期",
        case when closed_on <= changed_on then strftime(closed_on, '%Y/%m/%d') end as "销户日期"
    from ibss_accounts inner join accounts using (account_key) where sent_on = $day order by account_key
"""
_LINES: Final = """
    with periods as (
        select s.*, p.plan_key as period_plan, p.from_on, plans.monthly_fee,
            case when p.to_on is not null then p.to_on when ended_on is not null then ended_on end as to_on,
            p.to_on is null as is_last
        from subscriptions as s
        inner join subscription_plans as p using (subscription_key)
        inner join plans on plans.plan_key = p.plan_key and plans.operator = 'own'
    ),
    events as (
        select subscription_key, from_on, from_on as changed_on from periods
        union all select subscription_key, from_on, to_on from periods where to_on is not null
    ),
    changes as (
        select subscription_key, from_on, sent_on(changed_on) as sent_on, max(changed_on) as changed_on
        from events where changed_on <= as_of() group by all
    )
    select sent_on, changed_on, periods.*
    from changes inner join periods using (subscription_key, from_on)
    order by sent_on, subscription_key, from_on
"""
_LINE_FILE: Final = f"""
    select subscription_key as "用户编号", line.customer_key as "客户编号", account_key as "账户编号",
        msisdn as "业务号码", period_plan as "产品编号", monthly_fee as "月费",
        case when to_on <= changed_on and is_last then '拆机' when to_on <= changed_on then '已变更' else '在用' end
            as "状态",
        case when to_on <= changed_on and is_last then case when u('told', customer_key) < {_TOLD_SHARE}
            then {by("churn_cause", _TOLD, "'其他'")} else {weighted("u('reason', customer_key)", _REASONS)} end end
            as "拆机原因", device as "终端", device_id as "终端串号", strftime(from_on, '%Y/%m/%d') as "生效日期",
        strftime(contract_ends_on, '%Y/%m/%d') as "合约到期",
        case when to_on <= changed_on then strftime(to_on, '%Y/%m/%d') end as "失效日期"
    from ibss_lines as line inner join (select customer_key, churn_cause from customers) using (customer_key)
    where sent_on = $day order by subscription_key, from_on
"""
_ORDER_FILE: Final = """
    select order_key as "订单编号", product_key as "产品编号", subscription_key as "用户编号",
        customer_key as "客户编号", 1 as "数量", amount as "金额",
        case when u('order channel', order_key) < 0.62 then '自助' when
            u('order channel', order_key) < 0.85 then '营业厅' else '电话' end as "受理渠道",
        strftime(ordered_at, '%Y/%m/%d %H:%M:%S') as "受理时间"
    from ibss_orders where sent_on = $day order by order_key, product_key
"""
_PRODUCT_FILE: Final = """
    select product_key as "产品编号", product_name as "产品名称", category as "产品大类", product_type as "产品小类",
        price as "标准价格", case when valid_to_on < $day then '停售' else '在售' end as "状态"
    from products where valid_from_on <= $day order by product_key
"""
_RATE_FILE: Final = """
    with elements as (
        select plan_key, 'monthly_fee' as usage_type, 'month' as unit, null as included, monthly_fee::decimal(18, 6)
            as price, valid_from_on, valid_to_on, 1 as n
        from plans where operator = 'own'
        union all select plan_key, 'voice_local_on_net', 'minute', included_local_minutes, price_local_on_net,
            valid_from_on, valid_to_on, 2 from plans where operator = 'own'
        union all select plan_key, 'voice_local_off_net', 'minute', included_local_minutes, price_local_off_net,
            valid_from_on, valid_to_on, 3 from plans where operator = 'own'
        union all select plan_key, 'voice_long', 'minute', included_long_minutes, price_long, valid_from_on,
            valid_to_on, 4 from plans where operator = 'own'
        union all select plan_key, 'sms', 'message', included_sms, price_sms, valid_from_on, valid_to_on, 5
            from plans where operator = 'own'
        union all select plan_key, 'data', 'MB', included_mb, price_mb, valid_from_on, valid_to_on, 6
            from plans where operator = 'own'
        union all select plan_key, 'voice_roaming', 'minute', null, price_roaming_minute, valid_from_on, valid_to_on, 7
            from plans where operator = 'own'
    )
    select plan_key || '-' || n as "资费编号", plan_key as "产品编号", usage_type as "计费类型", unit as "单位",
        included as "包含量", price as "单价", strftime(valid_from_on, '%Y/%m/%d') as "生效日期",
        strftime(valid_to_on, '%Y/%m/%d') as "失效日期"
    from elements where valid_from_on <= $day order by 1
"""
_STOCK_FILE: Final = """
    select customer_key as "客户编号", strftime(joined_on, '%Y/%m/%d') as "入网日期"
    from customers
    where joined_on <= $day and (left_on is null or is_silent or left_on > $day)
        and (merged_on is null or merged_on > $day)
    order by customer_key
"""


def write(world: World, out: Sender) -> None:
    """Send daily changes of customers, accounts, lines and orders; monthly the catalogue and the stock of customers."""
    world.create("ibss_customers", _CUSTOMERS)
    world.create("ibss_accounts", _ACCOUNTS)
    world.create("ibss_lines", _LINES)
    world.create(
        "ibss_orders",
        "select sent_on(ordered_at::date) as sent_on, * from product_orders order by sent_on, order_key, product_key",
    )
    for extract, table, rows in (
        ("customers", "ibss_customers", _CUSTOMER_FILE),
        ("accounts", "ibss_accounts", _ACCOUNT_FILE),
        ("subscriptions", "ibss_lines", _LINE_FILE),
        ("orders", "ibss_orders", _ORDER_FILE),
    ):
        for day in world.days(table):
            out.send("ibss", extract, day, rows, "csv", encoding=ENCODING, parameters={"day": day})
    for month_on in world.months():
        for extract, rows in (("products", _PRODUCT_FILE), ("plan_rates", _RATE_FILE)):
            out.send("ibss", extract, month_on, rows, "csv", encoding=ENCODING, parameters={"day": month_on})
        if month_on > world.options.start_on:
            day = month_on - timedelta(days=1)
            out.send("ibss", "customer_stock", day, _STOCK_FILE, "csv", encoding=ENCODING, parameters={"day": day})
