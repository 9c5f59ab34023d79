from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from hypothesis import given

from server.settings.dump import dump
from server.settings.positions import line_of, positions
from tests.settings.generated import files, law

EXAMPLE = Path(__file__).with_name("workspace.toml").read_text(encoding="utf-8")

TRICKY = '''\
# [not] a = "table"
title = """
[[fake]] # "quotes" \\""" inside
""""" # two quotes belong to it

"quoted.key" . 'and this' = 'c:\\'
list = [ # comment ]
  1, [2,
  3], { x = 1, y.z = ["]"] },
]
when = 1979-05-27 07:32:00.5Z
pi = 3.14
empty = []
none = {}

[a.b]
c = \'\'\'
it's'\'\'\'

[[agent]]
  [[agent.member]]
  d = 1
[other]
[[agent]]
  [[agent.member]]
  d = 1
  [[agent.member]]
  d = 2
  text.en = "x"
  text.da = "y"
  [agent.member.sub]
  z = -1e5
'''


def paths(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """Every path of a parsed document."""
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    found = {(*path, key) for key, _ in items}
    return found.union(*(paths(item, (*path, key)) for key, item in items))


@law
@given(files())
def test_everything_in_a_dumped_file_has_a_line(file):
    text = dump(file)
    assert set(positions(text)) == paths(tomllib.loads(text))


def test_everything_in_the_example_has_a_line():
    assert set(positions(EXAMPLE)) == paths(tomllib.loads(EXAMPLE))


def test_lines_of_the_example_are_those_of_the_text():
    lines = EXAMPLE.splitlines()
    for path, line in positions(EXAMPLE).items():
        key = next(part for part in reversed(path) if isinstance(part, str))
        assert key in lines[line - 1]


def test_strings_comments_and_nested_lists_are_followed():
    lines = positions(TRICKY)
    assert set(lines) == paths(tomllib.loads(TRICKY))
    assert lines["quoted.key", "and this"] == 6
    assert lines["list", 1, 1] == 9
    assert lines["list", 2, "y", "z", 0] == 9
    assert lines["a", "b", "c"] == 17
    assert lines["agent", 0, "member", 0, "d"] == 22
    assert lines["agent", 1, "member", 1] == 27
    assert lines["agent", 1, "member", 1, "text", "da"] == 30
    assert lines["agent", 1, "member", 1, "sub", "z"] == 32


def test_windows_line_ends_count_once():
    assert positions('a = 1\r\n\r\nb = """\r\n"""\r\nc = 2\r\n') == {("a",): 1, ("b",): 3, ("c",): 5}


def test_what_is_not_there_has_the_line_of_what_is_around_it():
    lines = positions("\n[[agent]]\nkey = 'a'\n")
    assert line_of(("agent", 0, "email"), lines) == 2
    assert line_of(("department", 0), lines) == 0
