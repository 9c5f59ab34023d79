"""What was built from widget/ and static/ keeps its budgets and asks no exception of a strict CSP."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

import hatch_build
from tests.arch.source import ROOT

BUILT = ROOT / "server/http/built"
PAGES = ("console.html", "demo.html", "chat.html")
LANGUAGES = ("da", "de")
PANELS = ("panel.js", *(f"panel-{language}.js" for language in LANGUAGES))
# What comes before anything is seen; then each part by itself, and what a visitor who needs everything has fetched.
BUDGETS = {"widget.js": 3 * 1024, **dict.fromkeys(PANELS, 30 * 1024)}
PART_BUDGET = 4 * 1024
WHOLE_BUDGET = 36 * 1024
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


def packed(name: str) -> int:
    """Bytes on the wire."""
    size = len(gzip.compress((BUILT / name).read_bytes(), 9))
    print(f"{name}: {size} bytes, compressed")
    return size


def version(name: str) -> str:
    return hashlib.sha256((BUILT / name).read_bytes()).hexdigest()[:12]


def parts() -> list[str]:
    return sorted(path.name for path in BUILT.glob("part-*.js"))


@pytest.mark.parametrize("name", BUDGETS)
def test_the_widget_stays_light(name):
    assert packed(name) <= BUDGETS[name]


def test_what_comes_later_stays_light_too():
    sizes = {name: packed(name) for name in parts()}
    assert {"part-forms.js", "part-cards.js"} <= sizes.keys()
    assert max(sizes.values()) <= PART_BUDGET
    whole = packed("widget.js") + max(map(packed, PANELS)) + sum(sizes.values())
    print(f"all of it: {whole} bytes, compressed")
    assert whole <= WHOLE_BUDGET


def test_there_is_a_panel_for_each_language():
    assert sorted(PANELS) == sorted(path.name for path in BUILT.glob("panel*.js"))


@pytest.mark.parametrize("name", ["widget.js", *PANELS])
def test_the_widget_is_one_file_each(name):
    text = (BUILT / name).read_text(encoding="utf-8")
    assert "/assets/" not in text
    assert "sourceMappingURL" not in text


def test_the_loader_names_the_very_panels_that_were_built():
    text = (BUILT / "widget.js").read_text(encoding="utf-8")
    assert f"panel.js?v={version('panel.js')}" in text
    for language in LANGUAGES:
        assert f"panel.js?language={language}&v={version(f'panel-{language}.js')}" in text


def test_the_panels_name_the_very_parts_that_were_built_which_import_nothing():
    for name in PANELS:
        text = (BUILT / name).read_text(encoding="utf-8")
        asked = set(re.findall(r"panel\.js\?part=\w+&v=\w+", text))
        assert {f"panel.js?part={part[5:-3]}&v={version(part)}" for part in parts()} == asked
    for part in parts():
        assert not re.search(r"\bimport\b", (BUILT / part).read_text(encoding="utf-8"))


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
