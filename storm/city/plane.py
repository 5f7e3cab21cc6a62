"""Where on Earth an invented city lies, and its metres as degrees.

English cities lie in the open Atlantic and Chinese ones in the Taklamakan desert, where no town is that
anyone could take them for; the latter within the area where GCJ-02 differs from WGS 84, as a Chinese city
would.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from storm.city.arrays import Floats

Language = Literal["en", "zh"]

_MIDDLE = {"en": (-38.5, 44.2), "zh": (83.4, 39.1)}
_METRES_PER_DEGREE = 111_319.490793  # of longitude on the equator
# As exact as OpenStreetMap's own files, about a centimetre.
_DECIMALS = 7


def to_degrees(x_m: Floats, y_m: Floats, language: Language) -> tuple[Floats, Floats]:
    """Return longitude and latitude of places in metres about the middle of a city."""
    lon, lat = _MIDDLE[language]
    east = x_m / (_METRES_PER_DEGREE * np.cos(np.radians(lat)))
    return np.round(lon + east, _DECIMALS), np.round(lat + y_m / _METRES_PER_DEGREE, _DECIMALS)
