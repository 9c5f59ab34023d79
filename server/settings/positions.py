"""Where in a TOML text each key stands.

`tomllib` reads TOML but forgets the lines. This walks over the same text once more and notes the line of every table,
key and list element. It relies on the text being valid (tomllib has accepted it), so it never checks, it only follows:

    statement = "[" key "]" | "[[" key "]]" | key "=" value
    value     = "[" value, … "]" | "{" key "=" value, … "}" | anything else up to "," "]" "}" or the end of the line

A header's key leads through lists of tables to their last element: after the second `[[agent]]`, `[[agent.member]]`
belongs to `("agent", 1, "member", 0)`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

from server.settings.problem import Path

_TOKEN = re.compile(
    r'''
      (?P<blank> [ \t\r]+ | \#[^\n]* )
    | (?P<newline> \n )
    | (?P<string> """(?:[^\\]|\\.)*?"{3,5} | \'\'\'.*?\'{3,5} | "(?:[^"\\\n]|\\.)*" | '[^'\n]*' )
    | (?P<word> [^\s\[\]{},.="'\#]+ )
    | (?P<mark> [\[\]{},.=] )
    ''',
    re.VERBOSE | re.DOTALL,
)


def positions(text: str) -> dict[Path, int]:
    """The line (from 1) of every table, key and list element of a text `tomllib` accepts."""
    return _Walk(text).run()


def line_of(path: Path, lines: Mapping[Path, int]) -> int:
    """The line of the path, or of the nearest thing around it that the text has; 0 if there is none."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


class _Walk:
    """One pass over the tokens; `lines` grows as keys go by."""

    def __init__(self, text: str) -> None:
        self._source = text
        self._at = 0  # behind the current token
        self._line = 1  # where the current token begins
        self._kind = ""
        self._text = ""
        self._last: dict[Path, int] = {}  # lists of tables, and the place of their last element
        self._lines: dict[Path, int] = {}
        self._next()

    def run(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip_newlines():
            if self._text == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _next(self) -> str:
        """Step to the next token that is not blank, and return the one left behind."""
        behind = self._text
        while True:
            self._line += self._text.count("\n")
            match = _TOKEN.match(self._source, self._at)
            self._kind = (match.lastgroup or "") if match else ""
            self._text = match.group() if match else ""
            self._at += len(self._text)
            if self._kind != "blank":
                return behind

    def _skip_newlines(self) -> bool:
        while self._kind == "newline":
            self._next()
        return bool(self._text)

    def _header(self) -> Path:
        """`[a.b]` or `[[a.b]]`; the path of the table that the following keys belong to."""
        line = self._line
        self._next()
        is_list = self._text == "["
        if is_list:
            self._next()
        path = self._resolve(self._key(), is_list=is_list)
        self._lines.setdefault(path, line)
        while self._text == "]":
            self._next()
        return path

    def _resolve(self, key: Path, *, is_list: bool) -> Path:
        path: Path = ()
        for part in key[:-1]:
            path = self._into((*path, part))
        path = (*path, key[-1])
        if is_list:
            self._last[path] = self._last.get(path, -1) + 1
        return self._into(path)

    def _into(self, path: Path) -> Path:
        self._lines.setdefault(path, self._line)
        return (*path, self._last[path]) if path in self._last else path

    def _key(self) -> Path:
        """A dotted key, up to the mark behind it."""
        parts = [self._part()]
        while self._text == ".":
            self._next()
            parts.append(self._part())
        return tuple(parts)

    def _part(self) -> str:
        kind = self._kind
        token = self._next()
        if kind == "word":
            return token
        name = tomllib.loads(f"name = {token}")["name"]
        return str(name)

    def _pair(self, table: Path) -> None:
        line = self._line
        path = table
        for part in self._key():
            path = (*path, part)
            self._lines.setdefault(path, line)
        self._next()
        self._value(path)

    def _value(self, path: Path) -> None:
        match self._text:
            case "[":
                self._array(path)
            case "{":
                self._inline_table(path)
            case _:
                while self._kind in {"word", "string"} or self._text == ".":
                    self._next()

    def _array(self, path: Path) -> None:
        self._next()
        place = 0
        while self._skip_newlines() and self._text != "]":
            if self._text == ",":
                self._next()
                continue
            self._lines[(*path, place)] = self._line
            self._value((*path, place))
            place += 1
        self._next()

    def _inline_table(self, path: Path) -> None:
        self._next()
        while self._text != "}":
            if self._text == ",":
                self._next()
            else:
                self._pair(path)
        self._next()
