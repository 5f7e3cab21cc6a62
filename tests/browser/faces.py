"""The three faces as the people before them use them: what they read and tap, in their own language.

Loaded by path from conftest.py.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import expect

_VOCABULARY = Path(__file__).parents[2] / "web" / "vocabulary"


# What people and screen readers are told, with the names of languages and what people typed left out.
_ALL_WORDS = """
() => {
  const said = [document.body.innerText];
  for (const name of ['aria-label', 'title', 'alt', 'placeholder'])
    for (const one of document.querySelectorAll(`[${name}]`)) said.push(one.getAttribute(name));
  return said.join('\\n');
}
"""
# The switch of languages, and names and words of people in these stories: others see them as they are.
_SAID_BY_PEOPLE = ("Language · 语言", "误报 · a false alarm", "loud bang", "咣当一声", "Household", "住户")
# What stands out of the page's side, or is cut off in its own box although it is words or a button.
_OUT_OF_SIGHT = """
() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  const cut = [...document.querySelectorAll('button, h1, h2, h3, dt, dd, label, a, p, li')]
    .filter((one) => one.checkVisibility() && !one.closest('.maplibregl-map, .out_of_sight, .unseen, .skip'))
    .filter((one) => {
      const box = one.getBoundingClientRect();
      return box.width > 0 && (box.left < -1 || box.right > innerWidth + 1);
    });
  const full = [...document.querySelectorAll('.bar, .controls, .row, .panel, .job, .signal, select')]
    .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1);
  const said = (one) => one.textContent.trim().replace(/\\s+/g, ' ').slice(0, 60);
  return { wide: Math.max(0, wide), cut: cut.map(said), full: full.map(said) };
}
"""
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_ENGLISH = re.compile(r"(?<![\w-])[A-Za-z]{2,}(?![\w-])")
# Names, ids, keys of the keyboard, and what has the same name in both languages.
_NAMES = frozenset(
    (
        "Relight",
        "English",
        "Esc",
        "Enter",
        "Ctrl",
        "ABC",
        "UTC",
        "km",
        "MB",
        "WebGL",
        "Squad",
        "Relief",
        "Street",
        "wang",
        "li",
        "chief",
        "drawn",
    )
)


class Words:
    """The vocabulary of one language, as the pages say it."""

    def __init__(self, language) -> None:
        """Read it."""
        self.language = language
        self._texts = json.loads((_VOCABULARY / f"{language}.json").read_text(encoding="utf-8"))

    def __call__(self, key, **values) -> str:
        """Say the words of a key, as web/src/shared/words/vocabulary.ts does."""
        return re.sub(r"\{(\w+)\}", lambda hole: str(values.get(hole[1], hole[0])), self._texts[key])

    def before(self, key) -> str:
        """Say the words of a key up to the first value in them."""
        return self._texts[key].partition("{")[0].strip()


class Face:
    """One page of one person."""

    def __init__(self, page, words, *, name, address) -> None:
        """Know the page; `address` is where Relight is served."""
        self.page = page
        self.words = words
        self.name = name
        self.address = address

    def button(self, key, *, exact=False, **values):
        """Return the button of these words; not `exact`, more words may stand beside them."""
        return self.page.get_by_role("button", name=self.words(key, **values), exact=exact)

    def says(self, key, **values) -> None:
        """Wait until the words of a key are on the page."""
        self.shows(self.words(key, **values))

    def shows(self, text) -> None:
        """Wait until a text is on the page."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def fits(self) -> None:
        """Check that nothing runs out of the side of the window, or is cut off in its box."""
        assert self.page.evaluate(_OUT_OF_SIGHT) == {"wide": 0, "cut": [], "full": []}

    def foreign_words(self) -> list[str]:
        """Return what the page says, to eyes or ears, in the language that was not chosen."""
        if self.page.is_closed() or not self.page.url.startswith(self.address):
            return []
        said = self.page.evaluate(_ALL_WORDS)
        for text in _SAID_BY_PEOPLE:
            said = said.replace(text, "")
        if self.words.language == "zh":
            return [word for word in _ENGLISH.findall(said) if word not in _NAMES]
        return [word for word in _CHINESE.findall(said) if word != "中文"]

    def sign_in(self, name, password) -> None:
        """Fill in the form of desk and crew."""
        self.page.get_by_label(self.words("shared.sign_in.name")).fill(name)
        self.page.get_by_label(self.words("shared.sign_in.password")).fill(password)
        self.button("shared.sign_in.send").click()


class Desk(Face):
    """The dispatcher's desk."""

    row = ".row.selected"
    panel = ".panel"
    history = ".panel .history"

    def open(self, name, password) -> None:
        """Sign in, and wait until the desk is live."""
        self.page.goto(f"{self.address}/dispatcher/")
        self.sign_in(name, password)
        self.is_live()

    def is_live(self) -> None:
        """Wait until the desk says that it follows the log."""
        expect(self.page.locator(".connection")).to_have_text(self.words("dispatcher.connection.live"))

    def is_cut_off(self) -> None:
        """Wait until the desk says that it does not."""
        expect(self.page.locator(".connection.lost")).to_contain_text(
            self.words.before("dispatcher.connection.lost")
        )

    def row_of(self, device):
        """Return the line of the list that names a device."""
        rows = self.page.locator(".list").get_by_role("row")
        return rows.filter(has=self.page.get_by_text(device, exact=True))

    def choose(self, device) -> None:
        """Choose an outage in the list, and wait for its panel."""
        self.row_of(device).click()
        expect(self.page.locator(".panel h2", has_text=device)).to_be_visible()

    def show(self, which) -> None:
        """Choose which outages the list shows: waiting, open or all."""
        self.page.locator(".filters").get_by_role(
            "button", name=self.words(f"dispatcher.list.filter.{which}")
        ).click()

    def speak(self, language) -> None:
        """Choose another language on the page itself."""
        self.page.get_by_role("button", name={"en": "English", "zh": "中文"}[language]).click()


class CrewPhone(Face):
    """The crew's page."""

    job = "article.job"
    whole = "main"

    def open(self, name, password) -> None:
        """Sign in, and wait until the page says whether there is a job."""
        self.page.goto(f"{self.address}/crew/")
        self.sign_in(name, password)
        job_or_none = self.page.locator("article.job").or_(self.page.get_by_text(self.words("crew.no_jobs")))
        expect(job_or_none).to_be_visible()

    def tap(self, step) -> None:
        """Tap the large button, which must be that of this step."""
        self.button(f"crew.step.{step}").click()


class CustomerPhone(Face):
    """The customer's pages."""

    state = "#main"

    def find(self, household, *, digits=None) -> None:
        """Ask for a supply by account and the last four digits of the phone."""
        self.page.goto(f"{self.address}/supply")
        self.try_in(household.account, digits or household.digits)

    def try_in(self, account, digits) -> None:
        """Fill in the form that stands on the page."""
        self.page.get_by_label(self.words("customer.find.account"), exact=True).fill(account)
        self.page.get_by_label(self.words("customer.find.digits"), exact=True).fill(digits)
        self.button("customer.find.button").click()
