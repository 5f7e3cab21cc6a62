"""The one vocabulary: the same keys and blanks in both languages, and words for every message."""

import json
import re
from pathlib import Path

from dispatch.notifications import LANGUAGES, MessageKind
from dispatch.outage_report import TOLD

FOLDER = Path(__file__).parents[2] / "web" / "vocabulary"


def words(language):
    return json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))


def blanks(text):
    return set(re.findall(r"\{(\w+)\}", text))


def test_both_languages_have_the_same_keys_and_blanks():
    english, chinese = (words(language) for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    assert {key: blanks(text) for key, text in english.items()} == {
        key: blanks(text) for key, text in chinese.items()
    }


def test_every_message_has_its_words():
    wanted = {f"message.{kind}.{part}" for kind in MessageKind for part in ("subject", "body")}
    assert wanted <= words("en").keys()


def test_every_word_of_the_printed_report_is_used():
    page = (FOLDER.parents[1] / "api" / "reliability_page.py").read_text(encoding="utf-8")
    keys = [key.removeprefix("report.") for key in words("en") if key.startswith("report.")]
    said = [key for key in keys if re.search(rf"""["']{re.escape(key)}["']""", page)]
    groups = set(re.findall(r"\"(?:report\.)?(\w+)\.\{", page))
    assert [key for key in keys if key not in said and key.split(".")[0] not in groups] == []


def test_every_word_of_a_report_to_hand_on_is_used():
    page = (FOLDER.parents[1] / "api" / "outage_report_page.py").read_text(encoding="utf-8")
    prefix = "outage_report."
    keys = [key.removeprefix(prefix) for key in words("en") if key.startswith(prefix)]
    quoted = set(re.findall(r'["\']([\w.]+)["\']', page))
    events = {f"event.{name}" for name in TOLD}
    # Heads of columns and facts are named by their last part.
    unused = [key for key in keys if key not in events | quoted and key.rpartition(".")[2] not in quoted]
    assert unused == []
    assert events <= set(keys)
