"""Invented names of districts, villages and streets, in English and Chinese."""

from __future__ import annotations

from itertools import product

import numpy as np

from storm.city.arrays import words
from storm.city.plane import Language

_TREES = words(
    "Alder Ash Aspen Beech Birch Cedar Cherry Chestnut Elder Elm Hawthorn Hazel Holly Juniper "
    "Larch Laurel Lime Linden Maple Oak Olive Peach Pear Pine Plum Poplar Rowan Spruce Sycamore "
    "Walnut Willow Yew Bramble Clover Fern Heather Iris Ivy Lavender Lily Primrose Rose Sorrel "
    "Thistle Violet Falcon Finch Heron Kestrel Lark Linnet Magpie Martin Plover Raven Robin "
    "Starling Swallow Swift Thrush Wren Baker Cooper Fuller Glover Mason Potter Saddler Turner "
    "Weaver"
)
_LANE_KINDS = ("Street", "Lane", "Close", "Way", "Row", "Place")
_MAINS = words(
    "Station Harbour Market Mill Bridge Castle Cathedral Church College Court Exchange Fountain "
    "Garden Guild Hospital King's Library Meadow Minster Museum North Observatory Old Orchard "
    "Palace Park Priory Quay Queen's Regent River School South Spring Summit Temple Theatre Tower "
    "Union University Victory Wall Water West Wharf Windmill East Abbey Assembly"
)
_MAIN_KINDS = ("Road", "Avenue", "Drive")
_DISTRICT_HEADS = words(
    "North South East West Ash Bell Bishops Copper Elm Fair High Kings Mill Oak Stone White"
)
_DISTRICT_TAILS = words("gate field side bridge wood ford moor brook hill bourne")
_VILLAGE_HEADS = words("Little Great Nether Upper Long")
_VILLAGE_TAILS = words("Alderton Barrow Cressing Dunmore Eddington Farrow Greywell Hatherley")

_TREES_ZH = words(
    "杨树 柳荫 松柏 梧桐 银杏 桂花 桃园 梨园 杏林 樱花 海棠 玉兰 石榴 枫林 榆树 槐花 竹园 "
    "兰花 荷花 梅园 菊园 茶花 牡丹 芍药 丁香 百合 芦苇 稻香 麦田 棉花 燕子 白鹭 鸿雁 喜鹊 "
    "黄鹂 凤凰 孔雀 仙鹤 金鱼 青龙 白马 石狮 铁匠 木匠 染坊 磨坊 酒坊 油坊 米市 布市 花市 "
    "灯市 茶馆 书院 古井 石桥 牌坊 城墙 钟楼 鼓楼"
)
_LANE_KINDS_ZH = ("路", "街", "巷", "里", "胡同", "弄")
_MAINS_ZH = words(
    "人民 解放 建设 和平 文化 胜利 青年 友谊 光明 团结 朝阳 向阳 滨江 滨河 车站 机场 港湾 "
    "工业 科技 学府 体育 公园 新华 中山 长江 黄河 长城 泰山 华山 昆仑 天山 太湖 东湖 西湖 "
    "南湖 北湖 迎宾 春晖 秋实 振兴 富强 民主 文明 和谐 平安 幸福 希望 未来 黎明 前进"
)
_MAIN_KINDS_ZH = ("大道", "路", "大街")
_DISTRICT_HEADS_ZH = "北南东西新长安和永清金石"
_DISTRICT_TAILS_ZH = "门桥湖山园岭城关湾塘"
_VILLAGE_HEADS_ZH = "李王张陈杨周"
_VILLAGE_TAILS_ZH = ("家集", "家庄", "家湾", "家店")


def district_names(rng: np.random.Generator, count: int, language: Language) -> list[str]:
    """Return the names of so many quarters of a town."""
    if language == "zh":
        pool = [f"{a}{b}" for a, b in product(_DISTRICT_HEADS_ZH, _DISTRICT_TAILS_ZH)]
        return [f"{name}街道" for name in _enough(rng, pool, count, "{}{}", "新老上下")]
    pool = [f"{a}{b}" for a, b in product(_DISTRICT_HEADS, _DISTRICT_TAILS)]
    return _enough(rng, pool, count, "{} {}", ("New", "Old", "Upper", "Lower"))


def village_names(rng: np.random.Generator, count: int, language: Language) -> list[str]:
    """Return the names of so many villages."""
    if language == "zh":
        pool = [f"{a}{b}" for a, b in product(_VILLAGE_HEADS_ZH, _VILLAGE_TAILS_ZH)]
        return [f"{name}镇" for name in _enough(rng, pool, count, "{}{}", "新老上下")]
    pool = [f"{a} {b}" for a, b in product(_VILLAGE_HEADS, _VILLAGE_TAILS)]
    return _enough(rng, pool, count, "{} {}", ("New", "Old"))


def main_street_names(rng: np.random.Generator, count: int, language: Language) -> list[str]:
    """Return so many names of main streets, all different."""
    if language == "zh":
        pool = [f"{a}{b}" for a, b in product(_MAINS_ZH, _MAIN_KINDS_ZH)]
        return _enough(rng, pool, count, "{}{}", "东西南北新")
    pool = [f"{a} {b}" for a, b in product(_MAINS, _MAIN_KINDS)]
    return _enough(rng, pool, count, "{} {}", ("New", "Old", "Great", "Upper", "Lower"))


def lane_names(rng: np.random.Generator, language: Language) -> list[str]:
    """Return the names of residential streets of one district, in random order, all different."""
    if language == "zh":
        pool = [f"{a}{b}" for a, b in product(_TREES_ZH, _LANE_KINDS_ZH)]
    else:
        pool = [f"{a} {b}" for a, b in product(_TREES, _LANE_KINDS)]
    return _enough(rng, pool, len(pool), "{}{}", ())


def _enough(
    rng: np.random.Generator, pool: list[str], count: int, form: str, heads: tuple[str, ...] | str
) -> list[str]:
    """Return names from the pool in random order; with heads before them when they do not suffice."""
    names = [pool[one] for one in rng.permutation(len(pool)).tolist()]
    more = [form.format(head, name) for head in heads for name in names]
    while len(names) + len(more) < count:
        more += [f"{name} {len(more)}" for name in names]
    return (names + more)[:count]
