"""What a script builds, handed to the engine; what may not reach the engine, noted or passed over.

Owns which object later lines speak of, and the record of what was not built. Runs in the child process.
"""

from typing import Protocol

from gis.opendss.commands import BUILT, CHANGING, FORGIVEN, GENERATION, NAMED, OPTIONS, TRIMMED, UNREAD
from gis.opendss.language import Parameter, full_word

_SHORTEST_LINE_TYPE = 4  # up to here the engine reads "line" as LineCode


class Engine(Protocol):
    """What is needed of the engine."""

    command_words: list[str]
    option_words: list[str]
    class_words: list[str]

    def run(self, command: str) -> str:
        """Run one command and return the engine's warning, if any; EngineRefusal."""


class EngineRefusal(Exception):
    """The engine reports an error; the text is its own."""


class Builder:
    """One circuit in the making."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._classes = {one.lower() for one in engine.class_words} | {"circuit"}
        self.forget()

    def forget(self) -> None:
        """Begin anew, as after the command Clear."""
        self.not_run: list[str] = []
        self.warnings: list[str] = []
        self.left_out: dict[str, list[str]] = {}
        # The engine (0.14.5) takes four of its own line types, reclosers among them, for overhead lines.
        self.line_types: dict[str, str] = {}
        self._class = self._object = ""
        self._is_wanted = False

    def do(self, command: str, given: list[Parameter], text: str, where: str) -> None:
        """Do one command, its word in full and its parameters given, if it builds; EngineRefusal."""
        if command in CHANGING:
            self.not_run.append(f"{where} {command}")
        elif command in FORGIVEN:
            try:
                self._engine.run(text)
            except EngineRefusal:
                self.not_run.append(f"{where} {command}")
        elif command in {"more", "m", "~"}:
            self._set(given, text, trimmed="~", where=where)
        elif not given or command in {"makebuslist", "reprocessbuses", "var"}:
            self._engine.run(text)
        else:
            self._act_on(command, given, text, where)

    def set_property(self, name: str, given: list[Parameter], text: str, where: str) -> None:
        """Do a line such as Line.L1.enabled=no; without an object it speaks of the one before."""
        named, _, own = name.rpartition(".")
        if "." in named:
            self._choose(*named.lower().split(".", maxsplit=1))
        self._set([(own, given[0][1]), *given[1:]], text, trimmed=f'Edit "{self._object}"', where=where)

    def set_options(self, given: list[Parameter]) -> None:
        """Set those options that matter to what is connected to what."""
        for name, value in given:
            option = full_word(name or "", self._engine.option_words)
            if option in OPTIONS:
                self._engine.run(f"Set {option}=[{value}]")

    def _act_on(self, command: str, given: list[Parameter], text: str, where: str) -> None:
        of_class, dot, name = given[0][1].partition(".")
        of_class, name = (of_class.lower(), name) if dot else (self._class, of_class)
        self._choose(of_class, name.lower())
        if self._is_wanted:
            self._set(given[1:], text, trimmed=f'{command} "{of_class}.{name}"', where=where)
        elif command == "new" and of_class in NAMED:
            self._engine.run(f'New "{of_class}.{name}"')
        elif command == "new" and of_class in GENERATION | UNREAD:
            self.left_out.setdefault(of_class, []).append(name)

    def _choose(self, of_class: str, name: str) -> None:
        """Make an object the one that later lines speak of; unknown classes are for the engine to refuse."""
        self._class, self._object = of_class, f"{of_class}.{name}"
        self._is_wanted = of_class in BUILT or of_class in TRIMMED or of_class not in self._classes

    def _set(self, given: list[Parameter], text: str, *, trimmed: str, where: str) -> None:
        """Run a line about the chosen object; of a trimmed class only the properties it may have."""
        if not self._is_wanted:
            return
        if self._class in TRIMMED:
            text = _trimmed(given, TRIMMED[self._class], trimmed)
        if text and (warning := self._engine.run(text)):
            self.warnings.append(f"{where} ({warning})")
            word, _, rest = text.partition(" ")
            if word.lower() == "new":
                # Something defined twice: the engine warns and means to redefine it, but sets nothing.
                self._engine.run(f"Edit {rest}")
        for name, value in given:
            if name is not None and len(name) > _SHORTEST_LINE_TYPE and "linetype".startswith(name.lower()):
                self.line_types[self._object] = value.lower()


def _trimmed(given: list[Parameter], kept: tuple[str, ...], start: str) -> str:
    """The line with the kept properties alone, by name or by place; nothing when it changes none of them."""
    found = []
    for place, (name, value) in enumerate(given):
        own = full_word(name, kept) if name else dict(enumerate(kept)).get(place)
        if own:
            found.append(f'{own}="{value}"')
    return " ".join([start, *found]) if found or start.lower().startswith("new") else ""
