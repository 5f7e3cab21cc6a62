"""Removes what nobody can need any more (dispatch/tidying.py), in the process of the analysis worker.

It looks every ten minutes; once a day, and whenever rows of photos went, it removes the files no row has.
"""

from __future__ import annotations

import logging

from sqlalchemy import Engine

from api.photo_files import PhotoFiles
from api.photo_parts import PhotoParts
from api.processes.pace import Pace
from api.work import reading, writing
from dispatch.address_confirmations import forget_old_codes
from dispatch.tidying import (
    TidyRules,
    digests_in_use,
    remove_past_shifts,
    remove_unnamed_photos,
    tidying_is_due,
)

logger = logging.getLogger("relight.tidying")

LOOK_EVERY_S = 600.0
LOOK_AT_FILES_EVERY_S = 86_400.0
# What is left waits for the next look: nothing here is urgent.
_MOST_STEPS = 20


class TidyKeeper:
    """Tidies one database and its folder of photos."""

    def __init__(self, engine: Engine, *, photos: PhotoFiles, rules: TidyRules) -> None:
        """Prepare; nothing is looked at yet."""
        self._engine = engine
        self._photos = photos
        self._rules = rules
        self._pace = Pace(every_s=LOOK_EVERY_S)
        self._files_pace = Pace(every_s=LOOK_AT_FILES_EVERY_S)

    def look(self) -> None:
        """Tidy if it is time to."""
        photos = self._pace.look(self._tidy_rows)
        if photos:
            self._tidy_files()
        else:
            self._files_pace.look(self._tidy_files)

    def _tidy_rows(self) -> int:
        """Remove rows step by step; return how many photos went."""
        photos = 0
        for _ in range(_MOST_STEPS):
            # Looked up outside the writer's lock: an idle worker must not stand in a dispatcher's way.
            with reading(self._engine) as work:
                is_due = tidying_is_due(work.session, rules=self._rules, now=work.now)
            if not is_due:
                break
            with writing(self._engine) as work:
                photos += remove_unnamed_photos(work.session, rules=self._rules, now=work.now)
                forget_old_codes(work.session, now=work.now)
                remove_past_shifts(work.session, rules=self._rules, now=work.now)
        if photos:
            logger.info("removed %d photos that no report named", photos)
        return photos

    def _tidy_files(self) -> int:
        """Remove files that no row has; return how many."""
        try:
            with reading(self._engine) as work:
                removed = self._photos.remove_unused(
                    lambda digests: digests_in_use(work.session, digests=digests)
                )
            PhotoParts(self._photos.parts_folder).remove_old()
        except OSError as error:
            logger.warning("the folder of photos cannot be tidied: %s", error)
            return 0
        if removed:
            logger.info("removed %d files of photos that no row has", removed)
        return removed
