"""Where chance comes from: one stream of random numbers per purpose, all grown from one seed.

Rule: a stream is named by what it decides ("calls of fault s1-f003"), so that asking one question more, or
in another order, never changes the answers to the others. Seeding by text is stable between processes.
"""

from datetime import timedelta
from random import Random


def stream(seed: int, *purpose: object) -> Random:
    """Return the stream of random numbers for one purpose under a seed."""
    return Random(":".join([str(seed), *(str(part) for part in purpose)]))


def minutes_between(random: Random, bounds: tuple[float, float]) -> timedelta:
    """Return a duration drawn evenly between two bounds in minutes."""
    low, high = bounds
    return timedelta(minutes=random.uniform(low, high))
