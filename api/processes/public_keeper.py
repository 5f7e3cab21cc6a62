"""Writes the public map's snapshot every minute, and decides in which cells it counts.

RULE 1: cells are those of the network version in force when nothing was told in them; they stay so through
later versions until nothing is told again, or for REDRAWN_AFTER at most (dispatch/public_counts.py, rule 6).
RULE 2: after a restart they are those of the snapshot that is there, as long as their version exists.
RULE 3: a snapshot that cannot be made or written leaves the one before, which says how old it is.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.public_feeds import Stamp
from api.public_folder import PublicFolder, real_now
from api.public_page import PublicPage
from api.work import reading
from dispatch.errors import NoActiveNetwork
from dispatch.public_picture import PublicPicture, cells_of, public_picture, version_in_force
from gis.public_cells import PublicCells

logger = logging.getLogger("relight.public_map")

REDRAWN_AFTER = timedelta(days=7)
# Where there is nothing to show yet, or the disk is full.
_AGAIN_AFTER_S = 5.0


class PublicKeeper:
    """Keeps one folder up to date."""

    def __init__(self, engine: Engine, *, folder: PublicFolder, page: PublicPage, every_s: float) -> None:
        """Prepare; nothing is written yet."""
        self._engine = engine
        self._folder = folder
        self._page = page
        self._every_s = every_s
        self._next_at = float("-inf")
        self._cells: PublicCells | None = None
        self._cells_since: datetime | None = None
        self._was_calm = False

    def look(self) -> int:
        """Write a snapshot if it is time to; return its number, 0 where none was written."""
        begin = time.monotonic()
        if begin < self._next_at:
            return 0
        try:
            version = self.write()
        except NoActiveNetwork:
            self._next_at = begin + _AGAIN_AFTER_S
            return 0
        except OSError as error:
            logger.warning("the public map cannot be written to %s: %s", self._folder.path, error)
            self._next_at = begin + _AGAIN_AFTER_S
            return 0
        took_s = time.monotonic() - begin
        # From beginning to beginning; a machine that is too slow for that rests as long as it wrote.
        self._next_at = begin + max(self._every_s, 2 * took_s)
        logger.debug("public map %d written in %.2f s", version, took_s)
        return version

    def write(self) -> int:
        """Write a snapshot now and return its number; NoActiveNetwork, OSError."""
        with reading(self._engine) as work:
            cells = self._cells_now(work.session)
            picture = public_picture(work.session, cells=cells, now=work.now)
        self._was_calm = picture.is_calm
        stamp = Stamp(version=self._folder.next_version(), written_at=real_now())
        files = self._page.files(picture, stamp=stamp)
        self._folder.write(files, members=self._members(picture, stamp))
        return stamp.version

    def _members(self, picture: PublicPicture, stamp: Stamp) -> dict[str, Any]:
        return {
            **stamp.members(picture),
            "areas_since": self._cells_since.isoformat() if self._cells_since else None,
            "is_calm": picture.is_calm,
        }

    def _cells_now(self, session: Session) -> PublicCells:
        """Return the cells to count in (rules 1 and 2)."""
        in_force = version_in_force(session)
        if self._cells is None:
            self._take_up_kept(session)
        may_change = self._was_calm or (
            self._cells_since is not None and real_now() - self._cells_since > REDRAWN_AFTER
        )
        if self._cells is None or (self._cells.network_version != in_force and may_change):
            self._cells = cells_of(session, network_version=in_force)
            self._cells_since = real_now()
        return self._cells

    def _take_up_kept(self, session: Session) -> None:
        """Take the cells of the snapshot that is there, if it still tells something in them."""
        index = self._folder.index()
        version, since = index.get("areas_version"), index.get("areas_since")
        if not isinstance(version, int) or not isinstance(since, str) or index.get("is_calm", True):
            return
        kept = cells_of(session, network_version=version)
        if kept.cells:
            self._cells, self._cells_since = kept, datetime.fromisoformat(since)
