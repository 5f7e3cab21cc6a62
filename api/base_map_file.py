"""The base map of this system: opened when the process starts, or why there is none.

A base map that cannot be used never keeps Relight from starting: the log and the desk say what is wrong.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from api.settings import BaseMapSettings
from gis.base_map import BaseMap, open_base_map
from gis.errors import BaseMapError

logger = logging.getLogger("relight.api")


@dataclass(frozen=True, slots=True)
class GivenBaseMap:
    """The base map, if one was set and can be used; else `problem` says why, where one was set."""

    base_map: BaseMap | None = None
    problem: str | None = None


def give_base_map(settings: BaseMapSettings) -> GivenBaseMap:
    """Open the base map of the settings; a problem is logged once, with what to do."""
    if settings.base_map is None:
        return GivenBaseMap()
    try:
        opened = open_base_map(settings.base_map, attribution=settings.base_map_attribution)
    except (BaseMapError, OSError) as error:
        code = error.code if isinstance(error, BaseMapError) else "unreadable"
        logger.warning("base map: %s (RELIGHT_BASE_MAP) Relight runs without it.", error)
        return GivenBaseMap(problem=code)
    return GivenBaseMap(base_map=opened)
