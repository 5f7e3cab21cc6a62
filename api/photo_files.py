"""Photos as files under RELIGHT_HOME: checked by what they are, made anew without metadata, whole or absent.

Rules:
1. What is sent must decode as JPEG, PNG or WebP, whatever its name or type says, within the limits below.
2. It is drawn anew as JPEG: position, time, camera, hidden parts and anything appended are gone; it stands
   upright, and is made smaller where it is larger than a screen needs.
3. The file is written aside, flushed to the disk and then named by its digest; nobody sees half of one.
4. Two are unpacked at a time: unpacked, one may take two hundred megabytes.
5. A file that no row of the database has is removed once it is an hour old: its row may be on its way until
   then. What was written aside and never named goes likewise.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Collection
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from dispatch.photos import KeptPhoto

LARGEST_PHOTO_BYTES = 12 * 1024 * 1024
LARGEST_PHOTO_PIXELS = 60_000_000
LONGEST_SIDE_PX = 2048
UNUSED_AFTER_S = 3600.0
MEDIA_TYPE = "image/jpeg"
_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 82
_UNPACKING = threading.BoundedSemaphore(2)


class PhotoRefusedError(Exception):
    """What was sent is no photo that can be kept, with the reason."""


class PhotoFiles:
    """The folder of photos; without one, a temporary folder that ends with the process."""

    def __init__(self, folder: Path | None = None) -> None:
        """Name the folder; it is made with the first photo."""
        self._temporary = tempfile.TemporaryDirectory(prefix="relight-photos-") if folder is None else None
        self._folder = folder if folder is not None else Path(self._temporary.name if self._temporary else "")

    def keep(self, sent: bytes) -> KeptPhoto:
        """Check a photo, make it anew and keep it; PhotoRefusedError says why it cannot be."""
        with _UNPACKING:
            made, width, height = _made_anew(sent)
        digest = hashlib.sha256(made).hexdigest()
        # Written even if it is there: it is new again, so that nobody removes it before its row is kept.
        _write_whole(self.path(digest), made)
        return KeptPhoto(
            digest=digest,
            sent_digest=sent_digest(sent),
            size_bytes=len(made),
            width_px=width,
            height_px=height,
        )

    @property
    def parts_folder(self) -> Path:
        """Where photos wait that are not whole yet (api/photo_parts.py)."""
        return self._folder / "parts"

    def path(self, digest: str) -> Path:
        """Return where the photo of this digest is kept."""
        return self._folder / digest[:2] / f"{digest}.jpg"

    def remove_unused(self, in_use: Callable[[Collection[str]], set[str]]) -> int:
        """Remove the files that no photo has (rule 5); return how many.

        `in_use` says which of these digests a photo has.
        """
        removed = 0
        for folder in sorted(self._folder.glob("[0-9a-f][0-9a-f]")):
            old = [path for path in folder.iterdir() if _is_old(path)]
            used = in_use([path.stem for path in old if path.suffix == ".jpg"]) if old else set()
            removed += sum(_remove_if_old(path) for path in old if path.stem not in used)
        return removed


def sent_digest(sent: bytes) -> str:
    """Return the digest by which the same photo is known again."""
    return hashlib.sha256(sent).hexdigest()


def _made_anew(sent: bytes) -> tuple[bytes, int, int]:
    """Return the photo as a new JPEG, and its width and height in pixels."""
    if len(sent) > LARGEST_PHOTO_BYTES:
        raise PhotoRefusedError(f"A photo may have {LARGEST_PHOTO_BYTES // 1024**2} MiB at most.")
    try:
        with warnings.catch_warnings():
            # A picture that unpacks to far more than it says is refused by its size below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(sent), formats=_FORMATS) as picture:
                if picture.width * picture.height > LARGEST_PHOTO_PIXELS:
                    raise PhotoRefusedError(
                        f"A photo may have {LARGEST_PHOTO_PIXELS // 1_000_000} million pixels at most."
                    )
                upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise PhotoRefusedError("This is no photo that can be read: send JPEG, PNG or WebP.") from None
    upright.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX))
    # A new picture of the same dots: whatever else the old one carried stays behind.
    clean = Image.frombytes("RGB", upright.size, upright.tobytes())
    buffer = io.BytesIO()
    clean.save(buffer, format="JPEG", quality=_QUALITY, optimize=True)
    return buffer.getvalue(), clean.width, clean.height


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - UNUSED_AFTER_S
    except FileNotFoundError:
        return False


def _remove_if_old(path: Path) -> bool:
    """Remove a file, unless it was written anew since it was looked at: then it is put back."""
    aside = path.with_name(f".gone-{path.name}")
    try:
        path.replace(aside)
    except FileNotFoundError:
        return False
    if not _is_old(aside):
        aside.replace(path)
        return False
    aside.unlink(missing_ok=True)
    return True


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".part-", delete=False) as aside:
        try:
            aside.write(content)
            aside.flush()
            os.fsync(aside.fileno())
            Path(aside.name).replace(path)
        except BaseException:
            Path(aside.name).unlink(missing_ok=True)
            raise
