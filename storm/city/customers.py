"""The people and firms of a city, none of whom exists, with accounts, meters, telephone and mail.

Nobody can be reached: telephone numbers begin with +999 (a country code that is not assigned) and mail
addresses end in .example (RFC 2606). Accounts, meters and telephone numbers occur once each: they are
spread by a multiplication that maps no two numbers to one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storm.city.arrays import Longs, Objects, Texts, chance, joined, numbered, words
from storm.city.buildings import BuildingKind
from storm.city.plane import Language

_ACCOUNTS, _ACCOUNT_STEP = 10**9, 387_420_489
_PHONES, _PHONE_STEP = 10**8, 43_046_721
_OTHER_LANGUAGE_SHARE = 0.08

_GIVEN = np.array(
    words(
        "Ada Amir Anna Ben Boris Carla Clara David Dina Elena Emil Esther Felix Frida Gita Grace Hans "
        "Hugo Ines Iris Ivan Jana Jonas Karin Kofi Leo Lina Lucas Maria Mei Nadia Nils Olga Omar Paul "
        "Petra Rita Rosa Samuel Sofia Tessa Tomas Ursula Victor Wanda Yara Yusuf Zoe"
    )
)
_FAMILIES = np.array(
    words(
        "Abbott Adler Alvarez Baker Becker Berg Bianchi Brandt Carter Castro Cohen Costa Dubois Duran "
        "Edwards Eriksen Fischer Fontana Garcia Gruber Haas Hansen Hughes Ibrahim Ivanov Jansen "
        "Jensen Kaya Keller Kim Koch Larsen Lehmann Lopez Martin Mayer Mendes Moreau Nakamura Nguyen "
        "Novak Okafor Olsen Ortiz Petrov Popescu Quinn Reyes Rossi Sato Schmidt Silva Sousa Taylor "
        "Thomsen Usman Varga Vogel Wagner Walker Weber Young Zhang Zimmer"
    )
)
_INITIALS = np.array(list("ABCDEFGHIJKLMNOPRSTVW"))
_FAMILIES_ZH = np.array(
    list("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕")
)
_GIVEN_ZH = np.array(
    list("伟芳娜敏静丽强磊洋艳勇军杰娟涛明超秀霞平刚桂英华玉兰建国志文海云雪梅晓宇轩涵欣怡佳思雨桐子航浩然")
)
_TRADES = {
    BuildingKind.SHOP: (
        "Bakery|Pharmacy|Grocery|Laundry|Print Shop|Café|Butcher|Florist|Hardware",
        "面包房|药房|便利店|洗衣店|印务|茶馆|肉铺|花店|五金店",
    ),
    BuildingKind.OFFICE: (
        "Consulting|Insurance|Architects|Law Office|Software",
        "咨询公司|保险公司|设计院|律师事务所|软件公司",
    ),
    BuildingKind.FACTORY: (
        "Foundry|Textiles|Plastics|Paper Mill|Machine Works",
        "铸造厂|纺织厂|塑料厂|造纸厂|机械厂",
    ),
    BuildingKind.FARM: ("Farm", "农场"),
    BuildingKind.HOSPITAL: ("Hospital", "医院"),
    BuildingKind.WATERWORKS: ("Waterworks", "自来水厂"),
    BuildingKind.SCHOOL: ("School|Primary School|College", "学校|小学|中学"),
    BuildingKind.FIRE_STATION: ("Fire Station", "消防站"),
    BuildingKind.CARE_HOME: ("Care Home", "养老院"),
}


@dataclass(frozen=True, slots=True)
class Identities:
    """Who the customers are, in the order of the service points."""

    account: Texts
    meter: Texts
    name: Texts
    phone: Texts
    email: Texts
    language: Texts


def make_identities(*, seed: int, kind: Longs, district: Objects, language: Language) -> Identities:
    """Return a customer for each service point.

    Args:
        seed: the city's seed.
        kind: of each one's building.
        district: names of the districts they are in, for hospitals and the like.
        language: that of the city; a few customers speak the other.
    """
    rng = chance(seed, "customers")
    count = len(kind)
    account = _spread(count, _ACCOUNTS, _ACCOUNT_STEP, int(rng.integers(_ACCOUNTS)))
    phone = _spread(count, _PHONES, _PHONE_STEP, int(rng.integers(_PHONES)))
    accounts = numbered("6", account, 9)
    other = rng.random(count) < _OTHER_LANGUAGE_SHARE
    is_zh = other if language == "en" else ~other
    # A place that all know bears the city's language.
    is_zh[kind >= BuildingKind.HOSPITAL] = language == "zh"
    return Identities(
        account=accounts,
        meter=numbered("SM", account, 9),
        name=_names(rng, kind, district, is_zh),
        phone=joined(numbered("+999 ", phone // 10_000, 4), numbered(" ", phone % 10_000, 4)),
        email=joined("account-", accounts, "@customers.example"),
        language=np.where(is_zh, "zh", "en"),
    )


def _spread(count: int, limit: int, step: int, start: int) -> Longs:
    """Return distinct numbers below a limit that has no divisor in common with the step (a power of 3)."""
    # The step and the count are small enough for the product to stay within 64 bits.
    return np.asarray((np.arange(count, dtype=np.int64) * step + start) % limit)


def _names(rng: np.random.Generator, kind: Longs, district: Objects, is_zh: np.ndarray) -> Texts:
    count = len(kind)
    family = rng.integers(0, len(_FAMILIES) * len(_FAMILIES_ZH), count)
    given, second = rng.integers(0, len(_GIVEN), count), rng.integers(0, len(_INITIALS), count)
    first, last = rng.integers(0, len(_GIVEN_ZH), (2, count))
    family_en, family_zh = _FAMILIES[family % len(_FAMILIES)], _FAMILIES_ZH[family % len(_FAMILIES_ZH)]
    names = np.where(
        is_zh,
        joined(family_zh, _GIVEN_ZH[first], _GIVEN_ZH[last]),
        joined(_GIVEN[given], " ", _INITIALS[second], ". ", family_en),
    ).astype(object)
    for trade, (english, chinese) in _TRADES.items():
        rows = np.flatnonzero(kind == trade)
        zh = is_zh[rows]
        en_words, zh_words = np.array(english.split("|")), np.array(chinese.split("|"))
        draw = rng.integers(0, len(en_words), len(rows))
        if trade >= BuildingKind.HOSPITAL:
            places = district[rows].astype(np.str_)
            names[rows] = np.where(zh, joined(places, zh_words[draw]), joined(places, " ", en_words[draw]))
        else:
            names[rows] = np.where(
                zh,
                joined(family_zh[rows], "记", zh_words[draw]),
                joined(family_en[rows], " ", en_words[draw]),
            )
    return names
