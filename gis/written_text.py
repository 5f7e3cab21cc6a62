"""Text as people write it, made comparable: addresses, names of places, what is typed into a search.

Blanks, punctuation, small and large letters and full-width signs make no difference. Numbers are taken out of
the words they stand in: words may be misspelt, a number is right or wrong.
"""

from __future__ import annotations

import re
import unicodedata

# Blanks and the punctuation of ASCII, and what is left of the Chinese kind after NFKC. PostgreSQL and Python
# read this class alike.
IGNORED = r"[\s!-/:-@\[-`{-~、。·]+"
_IGNORED = re.compile(IGNORED)
# A letter at the end of a house number is part of it (12a), the beginning of a word is not (12th).
_NUMBER = re.compile(r"\d+(?:[a-z](?![a-z]))?")
# What a Chinese number in an address counts: house, building, staircase, storey, flat.
_NUMBERED_UNIT = re.compile(r"\d+[a-z]?(?:号楼|单元|[号栋幢座室层楼户])?")
# A code of letters and numbers, of a substation perhaps, is no part of a street's name.
_CODE = re.compile(r"(?<![A-Za-z])[A-Za-z]{1,4}\d[A-Za-z0-9.]*")
# What an English number counts, where it is not the house: "Flat 7, 12 Alder Street".
_NUMBERED_FLAT = re.compile(
    r"\b(?:flat|unit|apartment|apt|suite|room)\b\.?\s*\d+[a-z]?\b\s*,?", re.IGNORECASE
)
# Each part ends in what it is (district, town, street …), the last one in anything.
_PLACE = re.compile(r".{2,}?(?:街道|大道|[省市区县镇乡村路街巷])|.+")
_FIRST_BEYOND_LATIN = "\u2e80"


def normal(text: str) -> str:
    """Return the text in small letters, with full-width signs as plain ones; blanks stay."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).replace("\x00", "").lower()


def squeezed(text: str) -> str:
    """Return the text without blanks and punctuation, in small letters."""
    return _IGNORED.sub("", normal(text))


def words_and_numbers(text: str) -> tuple[str, list[str]]:
    """Return the words of a text as one, without its numbers, and the numbers in their order."""
    plain = normal(text)
    return _IGNORED.sub("", _NUMBER.sub(" ", plain)), _NUMBER.findall(plain)


def split_words(text: str) -> list[str]:
    """Return the words of a text, without its numbers and what they count; one letter alone is no word."""
    words = _IGNORED.split(_NUMBERED_UNIT.sub(" ", normal(text)))
    return [word for word in words if len(word) > 1 or word >= _FIRST_BEYOND_LATIN]


def split_places(word: str) -> list[str]:
    """Return the places that a Chinese word names one after the other: 江北区人民路 as 江北区 and 人民路."""
    return [word] if is_latin(word) else [part for part in _PLACE.findall(word) if part]


def without_numbers(text: str) -> str:
    """Return an address as the name of its street: as written, without the numbers and what they count."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    plain = _CODE.sub("", plain)
    if plain.isascii():
        name = re.sub(r"\d+[A-Za-z]?\b", "", _NUMBERED_FLAT.sub("", plain))
    else:
        name = _NUMBERED_UNIT.sub("", plain)
    return re.sub(r"\s*,(\s*,)*", ",", " ".join(name.split())).strip(" ,-/#")


def is_latin(text: str) -> bool:
    """Tell whether a text is written in letters, not in Chinese characters."""
    return not text or max(text) < _FIRST_BEYOND_LATIN


def letter_pairs(text: str) -> list[str]:
    """Return the pairs of neighbouring letters; of Chinese each character as well, for one says much."""
    pairs = {text[place : place + 2] for place in range(len(text) - 1)}
    return sorted(pairs | {letter for letter in text if letter >= _FIRST_BEYOND_LATIN} or {text})
