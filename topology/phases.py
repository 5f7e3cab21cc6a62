"""Phases as a bit mask: A = 1, B = 2, C = 4; the neutral is ignored."""

from __future__ import annotations

from topology.errors import PhasesError

A, B, C = 1, 2, 4
ABC = A | B | C
PHASE_BITS = (A, B, C)

_BIT_OF_LETTER = {"A": A, "B": B, "C": C, "N": 0}
_TEXTS = tuple(
    "".join(letter for letter, bit in zip("ABC", PHASE_BITS, strict=True) if mask & bit) for mask in range(8)
)


def parse_phases(text: str) -> int:
    """Return the bit mask of a text such as "ABC" or "BN"; raises PhasesError on other letters or none."""
    mask = 0
    for letter in text.strip().upper():
        if letter not in _BIT_OF_LETTER:
            raise PhasesError(
                f"Phases {text!r} hold the letter {letter!r}; write a subset of ABC (N is ignored)."
            )
        mask |= _BIT_OF_LETTER[letter]
    if not mask:
        raise PhasesError(f"Phases {text!r} name no phase; write a subset of ABC.")
    return mask


def format_phases(mask: int) -> str:
    """Return the letters of a bit mask, in the order ABC."""
    return _TEXTS[mask & ABC]
