"""A guess at the class of personal data of a column, by its name and by the look of its values.

A guess that is wrong on the safe side costs a correction; one that is wrong on the other costs a person. So a
look alone is enough, and so is a name alone.
"""

from __future__ import annotations

import re
from typing import Final

#: Class, words of a column name. The first hit counts.
_NAMES: Final = (
    ("contact", "phone|mobile|msisdn|tel|telephone|fax|email|mail|address|street|postcode|zip|postal|wechat|qq"),
    ("contact", "姓名|电话|手机|邮箱|地址|邮编"),
    ("demographic", "gender|sex|age|born|birth|birthday|birthdate|dob|income|marital|education|kids|nationality"),
    ("demographic", "性别|年龄|出生|生日|收入|婚姻"),
    ("free_text", "text|comment|comments|remark|remarks|note|notes|message|body|feedback|transcript|备注|内容|意见"),
    ("identifier", "customer|client|subscriber|user|person|household|member|account|card|passport|login"),
    ("identifier", "imei|imsi|ip|cookie|device|身份证|证件|客户|账号"),
)  # fmt: skip
_PERSON_NAME: Final = re.compile(
    r"(^|_)(full_?name|first_?name|last_?name|surname|family_?name|customer_?name|name_\w+)$|^name$"
)
#: Class, RE2 expression of a whole value. Half of the values are enough.
LOOKS: Final = (
    ("contact", r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"),
    ("contact", r"(\+\d{8,15}|1\d{10}|0\d{2,3}-\d{7,8})"),
    ("identifier", r"\d{17}[\dXx]"),
    ("identifier", r"\d{1,3}(\.\d{1,3}){3}"),
)


def by_name(name: str, header: str) -> str:
    """The class that a column name suggests.

    >>> by_name("customer_no", "Customer No"), by_name("mobile_phone", "Mobile"), by_name("amount", "amount")
    ('identifier', 'contact', 'none')
    >>> by_name("customer_name", "customer_name"), by_name("product_name", "product_name")
    ('contact', 'none')
    """
    if _PERSON_NAME.search(name):
        return "contact"
    for kind, words in _NAMES:
        if any(word in header for word in words.split("|") if not word.isascii()):
            return kind
        if re.search(rf"(^|_)({words})($|_)", name):
            return kind
    return "none"
