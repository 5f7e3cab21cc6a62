"""What axe finds wrong with a page for those who hear it or use it by keyboard. Loaded by conftest.py.

axe-core (MPL-2.0) is used as it is, and by tests alone; no page of Relight contains it. Its source goes in
through the browser's own tools, since our pages let no foreign script run.
"""

from __future__ import annotations

from pathlib import Path

_SOURCE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """() => axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`)))"""


def violations(page) -> list[str]:
    """Return each violation of the page as rule and place."""
    if page.evaluate("() => !window.axe"):
        page.evaluate(_SOURCE.read_text(encoding="utf-8"))
    return page.evaluate(_RUN)
