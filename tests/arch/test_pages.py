"""What was built from widget/ and static/ keeps its budgets and asks no exception of a strict CSP."""

from __future__ import annotations

import gzip
import json
from html.parser import HTMLParser

import pytest

import hatch_build
from tests.arch.source import ROOT

BUILT = ROOT / "server/http/built"
PAGES = ("console.html", "demo.html", "chat.html")
BUDGETS = {"widget.js": 3 * 1024, "panel.js": 30 * 1024}
FOREIGN = ("http:", "https:", "//", "javascript:")


class Inline(HTMLParser):
    """Collects what `script-src 'self'; style-src 'self'` would block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(f"<{tag}>")
        self.found += [f"<{tag} {name}=…>" for name in names if name == "style" or name.startswith("on")]
        self.found += [
            f"<{tag} {name}={value}>"
            for name, value in attrs
            if name in {"src", "href", "action"}
            and value
            and value.startswith(("http:", "https:", "//", "javascript:"))
        ]


def blocked(page: str) -> list[str]:
    reader = Inline()
    reader.feed(page)
    return reader.found


def test_the_pages_are_those_of_the_present_sources():
    assert hatch_build.is_fresh(ROOT), "stale: run `make pages`"


@pytest.mark.parametrize("name", BUDGETS)
def test_the_widget_stays_light(name):
    assert len(gzip.compress((BUILT / name).read_bytes(), 9)) <= BUDGETS[name]


@pytest.mark.parametrize("name", ["widget.js", "panel.js"])
def test_the_widget_is_one_file_each(name):
    text = (BUILT / name).read_text(encoding="utf-8")
    assert "/assets/" not in text
    assert "sourceMappingURL" not in text


def test_the_loader_names_the_very_panel_that_was_built():
    assert "panel.js?v=" in (BUILT / "widget.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_anything_inline_or_foreign(name):
    assert blocked((BUILT / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "page",
    [
        "<script>1</script>",
        "<style>a{}</style>",
        "<p style='color:red'>",
        "<body onload=x()>",
        "<script src=https://cdn.example/x.js></script>",
    ],
)
def test_what_a_strict_policy_blocks_is_found(page):
    assert blocked(page)


def test_the_manifest_lists_every_file():
    listed = set(json.loads((BUILT / "manifest.json").read_text(encoding="utf-8"))["files"])
    present = {path.relative_to(BUILT).as_posix() for path in BUILT.rglob("*") if path.is_file()}
    assert present - {"manifest.json", hatch_build.HASH_FILE} == listed
