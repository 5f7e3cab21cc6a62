"""People who do not exist, for networks that come without customers.

Everything follows from the service point's id alone, so that the same grid always has the same
customers, whatever is imported with it (but for the number of a flat, which counts the premises
of one house). Nobody can be reached: the telephone numbers begin with
+999 (a country code that is not assigned) and the addresses end in .example (RFC 2606).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

_FAMILIES = (
    "Abbott",
    "Alvarez",
    "Becker",
    "Bianchi",
    "Carter",
    "Dubois",
    "Edwards",
    "Fischer",
    "Garcia",
    "Hansen",
    "Ibrahim",
    "Jansen",
    "Keller",
    "Larsen",
    "Martin",
    "Nakamura",
    "Novak",
    "Okafor",
    "Petrov",
    "Quinn",
    "Rossi",
    "Schmidt",
    "Taylor",
    "Usman",
    "Varga",
    "Wagner",
    "Young",
    "Zhang",
)
_GIVEN = (
    "Ada",
    "Ben",
    "Clara",
    "David",
    "Elena",
    "Felix",
    "Grace",
    "Hugo",
    "Iris",
    "Jonas",
    "Karin",
    "Leo",
    "Maria",
    "Nils",
    "Olga",
    "Paul",
    "Rita",
    "Samuel",
    "Tessa",
    "Victor",
    "Wanda",
    "Yusuf",
    "Zoe",
)
_FAMILIES_ZH = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN_ZH = (
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "洋",
    "艳",
    "秀英",
    "志强",
    "建华",
    "晓明",
    "雨桐",
    "子轩",
    "思远",
    "佳怡",
)
_TRADES = (
    ("Bakery", "面包房"),
    ("Pharmacy", "药房"),
    ("Workshop", "修理厂"),
    ("Grocery", "便利店"),
    ("Laundry", "洗衣店"),
    ("Print Shop", "印务"),
    ("Restaurant", "餐馆"),
    ("Joinery", "木工坊"),
)
_STREETS = (
    ("Peach Garden Road", "桃园路"),
    ("Station Street", "车站街"),
    ("Willow Lane", "柳荫巷"),
    ("Harbour Road", "港湾路"),
    ("People's Avenue", "人民大道"),
    ("Mill Street", "磨坊街"),
    ("Spring Road", "春晖路"),
    ("Lotus Lane", "荷花巷"),
    ("School Street", "学府街"),
    ("North Gate Road", "北门路"),
    ("Bridge Street", "石桥街"),
    ("Cedar Avenue", "松柏大道"),
    ("Market Street", "市场街"),
    ("Sunrise Road", "朝阳路"),
    ("Old Wall Lane", "古城巷"),
    ("River Road", "滨江路"),
)
_ZH_SHARE = 0.4
_LIFE_SUPPORT_SHARE = 0.0025
_SENSITIVE_SHARE = 0.01
# From these loads on a business matters to the grid's owner (the large and the very large).
_IMPORTANT_2_KW = 25.0
_IMPORTANT_1_KW = 100.0


@dataclass(frozen=True, slots=True)
class Premise:
    """What is known of a service point: its load, whether a business is there, where it stands."""

    service_point: str
    is_business: bool
    peak_kw: float
    district: str
    house_number: int


@dataclass(frozen=True, slots=True)
class FictionalCustomer:
    """A customer, and what the service point says of them."""

    service_point: str
    account: str
    meter: str
    name: str
    phone: str
    email: str
    language: str
    address: str
    priority: str | None


def fictional_customers(premises: Sequence[Premise]) -> list[FictionalCustomer]:
    """Return a customer for each premise, in order; accounts, meters and phones occur once each."""
    accounts: set[int] = set()
    phones: set[int] = set()
    flats: dict[tuple[str, int], int] = {}
    customers = []
    for premise in premises:
        draw = _Draw(premise.service_point)
        account = _unused(draw.below(10**9), taken=accounts, limit=10**9)
        phone = _unused(draw.below(10**8), taken=phones, limit=10**8)
        is_zh = draw.share() < _ZH_SHARE
        house = (premise.district, premise.house_number)
        flats[house] = flats.get(house, 0) + 1
        customers.append(
            FictionalCustomer(
                service_point=premise.service_point,
                account=f"6{account:09d}",
                meter=f"SM{account:09d}",
                name=_name(draw, is_business=premise.is_business, is_zh=is_zh),
                phone=f"+999 {phone // 10_000:04d} {phone % 10_000:04d}",
                email=f"account-6{account:09d}@customers.example",
                language="zh" if is_zh else "en",
                address=_address(premise, flat=flats[house], is_zh=is_zh),
                priority=_priority(draw, premise),
            )
        )
    return customers


class _Draw:
    """Numbers that follow from a text alone, on every machine and in every year."""

    def __init__(self, text: str) -> None:
        self._left = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=32).digest())

    def below(self, limit: int) -> int:
        self._left, number = divmod(self._left, limit)
        return number

    def share(self) -> float:
        return self.below(10_000) / 10_000


def _unused(number: int, *, taken: set[int], limit: int) -> int:
    while number in taken:
        number = (number + 1) % limit
    taken.add(number)
    return number


def _name(draw: _Draw, *, is_business: bool, is_zh: bool) -> str:
    trade, trade_zh = _TRADES[draw.below(len(_TRADES))]
    if is_zh:
        family = _FAMILIES_ZH[draw.below(len(_FAMILIES_ZH))]
        given = _GIVEN_ZH[draw.below(len(_GIVEN_ZH))]
        return f"{family}记{trade_zh}" if is_business else f"{family}{given}"
    family = _FAMILIES[draw.below(len(_FAMILIES))]
    given = _GIVEN[draw.below(len(_GIVEN))]
    return f"{family} {trade}" if is_business else f"{given} {family}"


def _address(premise: Premise, *, flat: int, is_zh: bool) -> str:
    """Neighbours share a street: it follows from the district and the run of house numbers."""
    block = premise.house_number // 20
    street, street_zh = _STREETS[_Draw(f"{premise.district}/{block}").below(len(_STREETS))]
    if is_zh:
        unit = f"{flat}室" if flat > 1 else ""
        return f"{premise.district} {street_zh}{premise.house_number}号{unit}"
    unit = f", Flat {flat}" if flat > 1 else ""
    return f"{premise.house_number} {street}{unit}, {premise.district}"


def _priority(draw: _Draw, premise: Premise) -> str | None:
    share = draw.share()
    if not premise.is_business:
        if share < _LIFE_SUPPORT_SHARE:
            return "life_support"
        return "sensitive" if share < _LIFE_SUPPORT_SHARE + _SENSITIVE_SHARE else None
    if premise.peak_kw >= _IMPORTANT_1_KW:
        return "important_1"
    return "important_2" if premise.peak_kw >= _IMPORTANT_2_KW else None
