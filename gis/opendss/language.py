"""The language of OpenDSS scripts: lines without comments, a line's parameters, shortened words.

Owns only what it takes to tell which command acts on which object; values are the engine's to read.
Runs in the child process, so it imports nothing but the standard library.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

# A parameter: quoted in one of five ways (the first closing sign ends it), or up to a separator or comment.
_PARAMETER = re.compile(
    r"""\s*(?:"(?P<double>[^"]*)"?|'(?P<single>[^']*)'?|\((?P<round>[^)]*)\)?|\[(?P<square>[^\]]*)\]?"""
    r"""|\{(?P<curly>[^}]*)\}?|(?P<plain>(?:(?!//)[^\s,=!])+))\s*(?P<end>[,=]?)"""
)
_ENCODINGS = ("utf-8-sig", "gb18030")

Parameter = tuple[str | None, str]


def parameters(line: str) -> list[Parameter]:
    """Return the parameters of a line as (name or None, value), up to a comment."""
    found: list[Parameter] = []
    name: str | None = None
    at = 0
    while (match := _PARAMETER.match(line, at)) is not None:
        groups = match.groupdict()
        value = next((text for key, text in groups.items() if key != "end" and text is not None), "")
        if groups["end"] == "=" and name is None:
            name = value
        else:
            found.append((name, value))
            name = None
        at = match.end()
    if name is not None:
        found.append((name, ""))
    return found


def full_word(word: str, words: Sequence[str]) -> str | None:
    """Return which of the engine's words is meant, in lower case: itself, or the first that begins so."""
    wanted = word.lower()
    known = [one.lower() for one in words]
    if wanted in known:
        return wanted
    return next((one for one in known if wanted and one.startswith(wanted)), None)


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Return the lines that say something, with their numbers from 1; block comments are left out.

    OSError when the file cannot be read.
    """
    in_block_comment = False
    for number, line in enumerate(_text(path).splitlines(), start=1):
        text = line.strip()
        in_block_comment = in_block_comment or text.startswith("/*")
        if in_block_comment:
            in_block_comment = "*/" not in text
        elif text and not text.startswith(("!", "//")):
            yield number, text


def _text(path: Path) -> str:
    raw = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def file_meant(name: str, folder: Path) -> Path:
    """Return the file that a script in `folder` means: on Windows neither case nor slashes matter.

    The path may be one that does not exist.
    """
    path = folder / name.replace("\\", "/")
    if path.exists():
        return path
    found = Path(path.anchor)
    for part in path.parts[bool(path.anchor) :]:
        if part == ".." or (found / part).exists():
            found /= part
            continue
        try:
            found = next(one for one in found.iterdir() if one.name.lower() == part.lower())
        except (OSError, StopIteration):
            return path
    return found
