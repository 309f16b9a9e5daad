"""Words that names, places and devices are made of. Places and brands are invented; names of people are drawn
character by character, so that a full name means nobody."""

from __future__ import annotations

from typing import Final

#: Surnames with their pinyin, frequent first; the weight of the nth is 1 / (n + 4).
SURNAMES: Final = {
    "王": "wang", "李": "li", "张": "zhang", "刘": "liu", "陈": "chen", "杨": "yang", "黄": "huang", "赵": "zhao",
    "吴": "wu", "周": "zhou", "徐": "xu", "孙": "sun", "马": "ma", "朱": "zhu", "胡": "hu", "郭": "guo",
    "何": "he", "林": "lin", "高": "gao", "罗": "luo", "郑": "zheng", "梁": "liang", "谢": "xie", "宋": "song",
    "唐": "tang", "许": "xu", "邓": "deng", "韩": "han", "冯": "feng", "曹": "cao", "彭": "peng", "曾": "zeng",
    "肖": "xiao", "田": "tian", "董": "dong", "潘": "pan", "袁": "yuan", "蔡": "cai", "蒋": "jiang", "余": "yu",
    "欧阳": "ouyang", "司徒": "situ",
}  # fmt: skip
GIVEN: Final = list(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文玉兰红建国春梅海燕雪琳晨宇轩子涵思远嘉怡梦洁浩然志鹏佳慧"
)
#: Characters that typists take for one another.
CONFUSED: Final = {
    "伟": "玮",
    "丽": "莉",
    "静": "婧",
    "杰": "洁",
    "霞": "侠",
    "涛": "滔",
    "英": "瑛",
    "燕": "艳",
    "兰": "岚",
}

#: Invented cities and the share of people in each; then their districts.
CITIES: Final = {"云澜市": 0.34, "青岫市": 0.22, "石汀市": 0.16, "望汐市": 0.12, "柳渡市": 0.09, "岚溪市": 0.07}
DISTRICTS: Final = {
    "云澜市": ("澜东区", "澜西区", "钟鼓区", "桂影区", "新澜区", "沙鸥区", "稻香区"),
    "青岫市": ("岫南区", "岫北区", "松间区", "竹里区", "白石区", "栈道区"),
    "石汀市": ("汀上区", "汀下区", "渔灯区", "盐桥区", "荻花区"),
    "望汐市": ("潮头区", "灯塔区", "帆影区", "礁石区", "汐湾区"),
    "柳渡市": ("渡口区", "柳荫区", "驿前区", "茶亭区"),
    "岚溪市": ("溪口区", "岚顶区", "药园区"),
}
STREETS: Final = (
    "拾穗路", "听雨街", "晒谷巷", "望月路", "缫丝街", "打铜巷", "萤火路", "归燕街", "折桂路", "水车巷", "纸鸢路",
    "砚池街", "青梅路", "渡船巷", "鹿鸣街", "麦浪路", "星桥路", "荷塘街", "竹马巷", "风铃路",
)  # fmt: skip
#: Invented devices: name and how old a design it is, in years.
DEVICES: Final = {
    "Kestrel X2": 0, "Kestrel X1": 1, "Kestrel Lite": 2, "Heron S9": 0, "Heron S8": 1, "Heron A4": 2, "Plover P20": 1,
    "Plover P10": 3, "Wren Mini": 2, "Wren Classic": 6, "Lapwing Pad": 1, "Lapwing Stick": 3,
}  # fmt: skip
#: Competitors: key and what people call them.
COMPETITORS: Final = {"dengta": "灯塔移动", "liuzhi": "柳枝通信", "yuanfeng": "远峰电讯"}
