"""The way through an OpenDSS script, line by line and into the files behind it.

Owns redirects, folders and files of coordinates; what a line builds is `gis.opendss.builder`'s. We follow
the files ourselves, so that we know the file and the line of everything. Runs in the child process.
"""

from pathlib import Path

from gis.opendss.builder import Builder, Engine, EngineRefusal
from gis.opendss.commands import BUILDING, CHANGING, FOLLOWED
from gis.opendss.language import Parameter, file_meant, full_word, numbered_lines, parameters

_DEEPEST = 50  # files that redirect to each other would never end
_COORDINATES = 3  # bus, x, y


class ScriptError(Exception):
    """A line of a script cannot be run; says where (line 0: nowhere in particular) and why."""

    def __init__(self, file: str, line: int, text: str) -> None:
        super().__init__(text)
        self.file, self.line, self.text = file, line, text


class Script:
    """One run of a script; coordinates are (bus, x, y, whether they are longitude and latitude)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.builder = Builder(engine)
        self.coordinates: list[tuple[str, str, str, bool]] = []
        self.unread_coordinates: list[str] = []

    def run_file(self, path: Path, depth: int = 0) -> Path:
        """Run a file and return the folder that relative names then start from; ScriptError."""
        folder = path.parent
        for number, text in numbered_lines(path):
            where = f"{path.name}:{number}"
            try:
                moved = self._run(text, folder, where, depth)
            except EngineRefusal as refusal:
                raise ScriptError(str(path), number, f"OpenDSS says: {refusal}") from refusal
            except (OSError, _UnusableError) as problem:
                raise ScriptError(str(path), number, str(problem)) from problem
            if moved is None:
                break
            folder = moved
        return folder

    def _run(self, text: str, folder: Path, where: str, depth: int) -> Path | None:
        """Run one line; return the folder for the next, None where the script ends."""
        given = parameters(text)
        if not given:
            return folder
        name, word = given[0]
        if name is not None and name.lower() != "command":
            self.builder.set_property(name, given, text, where)
            return folder
        command = full_word(word, self._engine.command_words)
        if command is None:
            self._engine.run(text)  # it knows no such command either, and says so in its own words
        elif command == "quit":
            return None
        elif command in FOLLOWED:
            return self._follow(command, given[1:], folder, where, depth)
        elif command in {"clear", "clearall"}:
            self.builder.forget()
            self.coordinates, self.unread_coordinates = [], []
            self._engine.run(text)
        elif command in BUILDING | CHANGING:
            self.builder.do(command, given[1:], text, where)
        return folder

    def _follow(
        self, command: str, given: list[Parameter], folder: Path, where: str, depth: int
    ) -> Path | None:
        if command == "set":
            self.builder.set_options(given)
            return folder
        if command == "setbusxy":
            by_name = {str(key).lower(): value for key, value in given}
            bus, x, y = (by_name.get(key, "") for key in ("bus", "x", "y"))
            self.coordinates.append((bus, x, y, False))
            return folder
        if not given:
            raise _UnusableError(f"The command '{command}' names no file.")
        path = file_meant(given[0][1], folder)
        if command == "cd":
            return path
        if command in {"buscoords", "latlongcoords"}:
            self._read_coordinates(path, is_lat_lon=command == "latlongcoords", where=where)
            return folder
        if depth >= _DEEPEST:
            raise _UnusableError(f"More than {_DEEPEST} files redirect to each other.")
        if not path.is_file():
            beside = where.partition(":")[0]
            raise _UnusableError(
                f"The file '{given[0][1]}' is not there. Put it where {beside} looks for it."
            )
        left_in = self.run_file(path, depth + 1)
        return left_in if command == "compile" else folder

    def _read_coordinates(self, path: Path, *, is_lat_lon: bool, where: str) -> None:
        """Keep bus, x, y (or bus, lat, lon); a file that cannot be read costs places, not the network."""
        try:
            lines = list(numbered_lines(path))
        except OSError:
            self.unread_coordinates.append(f"{where} {path.name}")
            return
        for number, text in lines:
            values = [value for _, value in parameters(text.replace("=", " "))]
            if len(values) < _COORDINATES:
                self.unread_coordinates.append(f"{path.name}:{number}")
                continue
            bus, first, second = values[:_COORDINATES]
            x, y = (second, first) if is_lat_lon else (first, second)
            self.coordinates.append((bus, x, y, is_lat_lon))


class _UnusableError(Exception):
    """A line cannot be followed; the text says why."""
