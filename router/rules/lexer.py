"""The words of a condition: CEL's tokens, each with the place it stands at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_STRING = r"""
    (?: \"\"\"(?:[^\\]|\\.)*?\"\"\" | '''(?:[^\\]|\\.)*?''' | "(?:[^"\\\r\n]|\\.)*" | '(?:[^'\\\r\n]|\\.)*' )
"""
_RAW = r"""
    [rR](?: \"\"\".*?\"\"\" | '''.*?''' | "[^"\r\n]*" | '[^'\r\n]*' )
"""
_TOKEN = re.compile(
    rf"""
      (?P<blank> [ \t\r\n\f]+ | //[^\n]* )
    | (?P<bytes> [bB]{_RAW} | [bB]{_STRING} )
    | (?P<string> {_RAW} | {_STRING} )
    | (?P<double> (?:[0-9]+\.[0-9]+|\.[0-9]+)(?:[eE][+-]?[0-9]+)? | [0-9]+[eE][+-]?[0-9]+ )
    | (?P<uint> (?:0x[0-9a-fA-F]+|[0-9]+)[uU] )
    | (?P<int> 0x[0-9a-fA-F]+ | [0-9]+ )
    | (?P<name> [_a-zA-Z][_a-zA-Z0-9]* )
    | (?P<mark> \|\| | && | == | != | <= | >= | [-<>!+*/%?:.,()\[\]{{}}] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: bytes, string, double, uint, int, name, mark or end; `at`: where it begins, from 0."""

    kind: str
    text: str
    at: int


class BadCondition(Exception):
    """What is wrong with a condition, where (offset from 0), and perhaps what was meant."""

    def __init__(self, at: int, message: str, hint: str = "") -> None:
        super().__init__(at, message, hint)
        self.at = at
        self.message = message
        self.hint = hint


def tokens(source: str) -> Iterator[Token]:
    """The tokens of a condition, without blanks and comments, and an `end` behind them.

    Raises:
        BadCondition: something that is no token.
    """
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise BadCondition(at, _stray(source[at]))
        kind = match.lastgroup or ""
        if kind != "blank":
            yield Token(kind, match.group(), at)
        at = match.end()
    yield Token("end", "", at)


def text_of(token: Token) -> str:
    """What a string token stands for."""
    raw = token.text[0] in "rR"
    body = token.text[1:] if raw else token.text
    width = 3 if body.startswith(('"""', "'''")) else 1
    body = body[width:-width]
    return body if raw else _ESCAPE.sub(_unescaped, body)


def _unescaped(match: re.Match[str]) -> str:
    octal, plain = match[4], match[5]
    if plain is not None:
        return _PLAIN.get(plain, plain)
    number = int(octal, 8) if octal else int(match[1] or match[2] or match[3], 16)
    return chr(number) if number <= 0x10FFFF else "\ufffd"


def _stray(character: str) -> str:
    match character:
        case '"' | "'":
            return "a text that does not end"
        case "=":
            return 'a lone "="; equality is "=="'
        case "&":
            return 'a lone "&"; "and" is "&&"'
        case "|":
            return 'a lone "|"; "or" is "||"'
        case _:
            return f"{character!r} has no meaning here"
