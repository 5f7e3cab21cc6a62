"""Photos that come in parts: what has arrived is kept, so that a cut line costs one part and not the photo.

Rules:
1. The sender says where in the photo a part begins and how long the whole is. A part that does not join what
   is kept is let go: the answer says how much there is, and the sender goes on from there.
2. Sent again, a part is written to the same place: it changes nothing.
3. Parts are nobody's photo yet: a file of their own by sender and id, gone once the photo is whole, or a week
   after the last part. What makes a photo of them is api/photo_files.py, as with one sent in one piece.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from api.photo_files import LARGEST_PHOTO_BYTES, PhotoRefusedError

KEPT_FOR_S = 7 * 24 * 3600.0


class PhotoParts:
    """The folder of photos that are not whole yet."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is made with the first part."""
        self._folder = folder

    def received(self, *, sender: str, id: str) -> int:
        """Return how many bytes of a sender's photo have arrived."""
        try:
            return self._path(sender, id).stat().st_size
        except FileNotFoundError:
            return 0

    def add(self, *, sender: str, id: str, begins_at: int, whole: int, part: bytes) -> bytes | None:
        """Keep a part; return the photo once it is whole, None until then.

        PhotoRefusedError where it would be too large or the figures do not fit.
        """
        if whole > LARGEST_PHOTO_BYTES:
            raise PhotoRefusedError(f"A photo may have {LARGEST_PHOTO_BYTES // 1024**2} MiB at most.")
        if not part or begins_at + len(part) > whole:
            raise PhotoRefusedError("A part must hold something, and lie within the photo.")
        received = self.received(sender=sender, id=id)
        if begins_at > received:
            return None
        path = self._path(sender, id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("r+b" if received else "w+b") as file:
            file.seek(begins_at)
            file.write(part)
            # What another photo under this id left behind is not of this one.
            file.truncate(max(begins_at + len(part), min(received, whole)))
            file.seek(0)
            content = file.read()
        return content if len(content) == whole else None

    def forget(self, *, sender: str, id: str) -> None:
        """Remove the parts of a photo that is whole, or that is none."""
        self._path(sender, id).unlink(missing_ok=True)

    def remove_old(self) -> int:
        """Remove what nobody went on with for a week; return how many."""
        removed = 0
        for path in self._folder.glob("*.part"):
            if path.stat().st_mtime < time.time() - KEPT_FOR_S:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _path(self, sender: str, id: str) -> Path:
        name = hashlib.sha256(f"{sender}\n{id}".encode()).hexdigest()
        return self._folder / f"{name}.part"
