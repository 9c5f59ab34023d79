"""What Frontdesk itself says in a conversation, in the visitor's language.

Wait messages are the workspace's own words where it has some; the rest is `server.desk.sentences`. Clients may word
``joined``, ``left``, ``transferred`` and ``closed`` themselves from the entry's fields; the text is for those that do
not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from server.desk.sentences import TEXTS
from server.desk.wait_words import in_words
from server.wire import parts

_BRACE = re.compile(r"\{(\w+)\}")
# A sentence with the space behind it; what follows its end mark must be a space, or 3.5 were two sentences.
_SENTENCE = re.compile(r".+?(?:[.!?…]+(?=\s|$)\s*|\n+|$)", re.DOTALL)
_END = re.compile(r"[.!?…]*\s*$")
# Between clauses; a colon leads to the next one, so both go together.
_CLAUSE = re.compile(r"\s*[,;–—]\s+|\s+-\s+")
_GROUP = re.compile(r"\s*\(([^()]*)\)|\s*\[([^\[\]]*)\]")


def say(name: str, *, languages: tuple[str, ...], **fields: str) -> str:
    """One of our own sentences. ``languages``: best first; English is always known."""
    return fill(pick(TEXTS[name], languages), **fields)


def wait_message(
    kind: str,
    texts: Mapping[str, str],
    *,
    languages: tuple[str, ...],
    wait: parts.Wait | None,
    **fields: str,
) -> str:
    """A wait message in the workspace's words, or in ours where it has none. Nothing when nothing is left to say.

    The range is worded in the language of the text around it.
    """
    said = {language: text for language, text in texts.items() if text.strip()} or TEXTS[f"wait_{kind}"]
    language, text = _choose(said, languages)
    words = in_words(wait, (language, *languages))
    return fill(text, wait=words, **fields)


def pick(texts: Mapping[str, str], languages: tuple[str, ...]) -> str:
    """The text in the first language that is there, exactly or by its first part; else English, else any."""
    return _choose(texts, languages)[1]


def _choose(texts: Mapping[str, str], languages: tuple[str, ...]) -> tuple[str, str]:
    for language in (*languages, "en"):
        for tag in (language, language.split("-")[0].lower()):
            if tag in texts:
                return tag, texts[tag]
    return next(iter(texts.items()), ("", ""))


def fill(text: str, **fields: str) -> str:
    """Put the fields into their braces; unknown braces stay.

    An empty field takes with it what would say nothing without it: its brackets, its clause, its sentence; but nothing
    that holds another field or, in a sentence, another clause. ``wait`` at the beginning of a sentence gets its
    capital, and alone its full stop.
    """
    said = "".join(_sentence(sentence, fields) for sentence in _SENTENCE.findall(text))
    return re.sub(r"[^\S\n]{2,}", " ", said).strip()


def _sentence(sentence: str, fields: Mapping[str, str]) -> str:
    if fields.get("wait") and sentence.startswith("{wait}"):
        fields = {**fields, "wait": _capital(fields["wait"])}
        if sentence.strip() == "{wait}":
            sentence = sentence.replace("{wait}", "{wait}.")
    if _lacks(sentence, fields):
        sentence = _without(sentence, fields)
    return _BRACE.sub(lambda brace: fields.get(brace[1], brace[0]), sentence)


def _without(sentence: str, fields: Mapping[str, str]) -> str:
    """The sentence without what an empty field leaves meaningless."""
    sentence = _GROUP.sub(lambda group: "" if _is_void(group[0], fields) else group[0], sentence)
    end = _found(_END, sentence)
    body = sentence.removesuffix(end)
    kept: list[str] = []
    for clause, lead in _clauses(body):
        if not _is_void(clause, fields):
            kept.append((lead if kept else "") + clause)
    said = "".join(kept).rstrip(" ,;:–—-")
    if not said:
        return ""
    return (_capital(said) if body[:1].isupper() else said) + end


def _clauses(body: str) -> list[tuple[str, str]]:
    """Each clause with what leads to it."""
    found, at, lead = [], 0, ""
    for mark in _CLAUSE.finditer(body):
        found.append((body[at : mark.start()], lead))
        at, lead = mark.end(), mark[0]
    return [*found, (body[at:], lead)]


def _is_void(part: str, fields: Mapping[str, str]) -> bool:
    """It has an empty field and no other."""
    return _lacks(part, fields) and not any(fields.get(name, name) for name in _BRACE.findall(part))


def _lacks(part: str, fields: Mapping[str, str]) -> bool:
    return any(fields.get(name) == "" for name in _BRACE.findall(part))


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return "" if match is None else match[0]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
