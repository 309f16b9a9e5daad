"""What people come to the web site for, as step lists: each purpose is one task with a planted loss at each step."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from typing import Final

SITE: Final = "https://www.yunlan-tel.example"


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a task.

    Attributes:
        event_type: page_view, click, search, login, basket, form or order.
        path: Page on which it happens; `{product}` stands for the product of the visit.
        element: What was clicked or used; None for a plain view.
        goes_on: Probability that the next step follows; of the last step it means nothing.
        needs_login: The visitor is known from here on; whoever has no login stops before it.
    """

    event_type: str
    path: str
    element: str | None = None
    goes_on: float = 0.9
    needs_login: bool = False


TASKS: Final = {
    "pay_bill": (
        Step("page_view", "/", None, 0.93),
        Step("login", "/login", "login_button", 0.95, needs_login=True),
        Step("page_view", "/account/bills", None, 0.90),
        Step("click", "/account/bills", "pay_now", 0.88),
        Step("page_view", "/pay", None, 0.80),
        Step("form", "/pay/done", "confirm_payment"),
    ),
    "compare_plans": (
        Step("page_view", "/plans", None, 0.80),
        Step("click", "/plans", "plan_card", 0.90),
        Step("page_view", "/plans/{product}", None, 0.65),
        Step("click", "/plans/{product}", "compare_button", 0.85),
        Step("page_view", "/plans/compare", None, 0.45),
        Step("form", "/plans/calculator", "calculate"),
    ),
    "get_help": (
        Step("page_view", "/help", None, 0.82),
        Step("search", "/help/search", "search_box", 0.78),
        Step("page_view", "/help/article", None, 0.50),
        Step("click", "/help/article", "not_helpful", 0.60),
        Step("form", "/help/chat", "start_chat"),
    ),
    "buy_addon": (
        Step("page_view", "/addons", None, 0.78),
        Step("page_view", "/addons/{product}", None, 0.62),
        Step("basket", "/addons/{product}", "add_to_basket", 0.75),
        Step("login", "/login", "login_button", 0.90, needs_login=True),
        Step("page_view", "/checkout", None, 0.80),
        Step("order", "/checkout/done", "place_order"),
    ),
    "cancel": (
        Step("search", "/help/search", "search_box", 0.85),
        Step("page_view", "/help/cancel", None, 0.75),
        Step("login", "/login", "login_button", 0.90, needs_login=True),
        Step("page_view", "/account/contract", None, 0.70),
        Step("page_view", "/account/stay-offer", None, 0.60),
        Step("form", "/account/cancel", "confirm_cancel"),
    ),
    "just_looking": (
        Step("page_view", "/", None, 0.60),
        Step("page_view", "/news", None, 0.50),
        Step("click", "/news", "banner", 0.55),
        Step("page_view", "/addons", None, 0.40),
        Step("page_view", "/about"),
    ),
}  # fmt: skip
#: Shares of purposes, by who comes. Our assumption.
PURPOSES: Final = {
    "customer": {"pay_bill": 0.30, "compare_plans": 0.16, "get_help": 0.18, "buy_addon": 0.12, "cancel": 0.01,
                 "just_looking": 0.23},
    "leaving": {"pay_bill": 0.20, "compare_plans": 0.28, "get_help": 0.22, "buy_addon": 0.03, "cancel": 0.15,
                "just_looking": 0.12},
    "prospect": {"compare_plans": 0.55, "just_looking": 0.30, "get_help": 0.15},
}  # fmt: skip
#: What people type into the search box, by purpose.
SEARCHES: Final = {
    "cancel": ("cancel", "xiaohu", "close+number", "port+out", "contract+fee"),
    "get_help": ("bill", "slow+internet", "signal", "roaming", "refund", "sim+card", "spam+calls", "invoice"),
}
#: Where visitors come from: share, referrer and what the link carries.
SOURCES: Final = {
    "direct": (0.38, None, None),
    "search": (0.24, "https://www.sousuo-search.example/s", None),
    "wechat": (0.14, "https://social.weiliao.example/", "utm_source=wechat&utm_medium=social"),
    "ad": (0.08, "https://ads.guanggao.example/click", "utm_source=adnet&utm_medium=cpc&utm_campaign=plans"),
    "sms": (0.06, None, "utm_source=sms&utm_medium=sms"),
    "email": (0.05, None, "utm_source=newsletter&utm_medium=email"),
    "referral": (0.05, "https://bijia.compare-plans.example/telecom", None),
}


def reaches(purpose: str) -> list[float]:
    """Probability of reaching each step of a task.

    >>> reaches("compare_plans")[:3]
    [1.0, 0.8, 0.72]
    """
    shares = accumulate((step.goes_on for step in TASKS[purpose][:-1]), mul, initial=1.0)
    return [round(share, 6) for share in shares]


def login_step(purpose: str) -> int | None:
    """Number of the step at which the visitor must be known, from 1; None where no step needs it."""
    return next((number for number, step in enumerate(TASKS[purpose], start=1) if step.needs_login), None)
