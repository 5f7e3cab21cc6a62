"""A refusal tells its words all the values they name: else a person reads braces in place of them."""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _refusals():
    """Return (place, code, names of the values given) of every refusal that gives its values one by one."""
    for path in sorted((ROOT / "dispatch").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            because, values = given.get("because"), given.get("values")
            if not (isinstance(because, ast.Attribute) and isinstance(because.value, ast.Name)):
                continue
            is_told = values is None or (isinstance(values, ast.Dict) and None not in values.keys)
            if because.value.id == "Because" and is_told:
                names = {key.value for key in values.keys} if values else set()
                yield f"{path.name}:{call.lineno}", because.attr.lower(), names


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_refusal_gives_what_its_words_name(language):
    words = json.loads((ROOT / "web" / "vocabulary" / f"{language}.json").read_text(encoding="utf-8"))
    refusals = list(_refusals())
    assert len(refusals) > 50
    lacking = {}
    for place, code, names in refusals:
        named = set(re.findall(r"\{(\w+)\}", words[f"shared.because.{code}"]))
        if named - names:
            lacking[place, code] = named - names
    assert lacking == {}
