"""`docs/state-machines.md` shows the tables as they are. `python -m tests.router.test_draw` writes it."""

from __future__ import annotations

from pathlib import Path

from router.draw import diagram, page
from router.transitions import HOLD

PAGE = Path(__file__).resolve().parents[2] / "docs" / "state-machines.md"


def test_the_page_is_fresh():
    assert PAGE.read_text(encoding="utf-8") == page(), "stale: python -m tests.router.test_draw"


def test_a_row_is_an_arrow():
    drawn = diagram(HOLD).splitlines()
    assert "    [*] --> offer: offer made" in drawn
    assert "    wrap_up --> [*]: let go" in drawn


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
