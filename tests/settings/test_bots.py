"""The tables `[[bot]]`, and the bots that `first` names: they come with their name and stay as long as it is said."""

from __future__ import annotations

import pytest

from server.settings.change import changes, merge, named_bots, with_named_bots
from server.settings.check import check
from server.settings.dump import dump
from server.settings.parse import parse
from server.settings.plan import plan
from server.settings.problem import SettingsError
from server.settings.workspace import Bot, Limits, Rate, WorkspaceFile

HEAD = '[workspace]\nkey = "w"\ndefault_department = "support"\n\n[[department]]\nkey = "support"\n'
FIRST = HEAD + 'first = "bot:faq"\n'
BOT = """
[[bot]]
key = "faq"
name = "Questions"
reply_seconds = 45
grace_seconds = 5
max_conversations = 200
human_words = { en = ["a human", "agent"], da = ["menneske"] }
"""


def lines(old: WorkspaceFile | None, new: WorkspaceFile) -> list[str]:
    return [change.describe() for change in changes(old, new)]


def test_a_bot_has_defaults():
    (bot,) = parse(HEAD + '[[bot]]\nkey = "faq"\n').bots
    assert bot == Bot(key="faq", name="faq", reply_seconds=30, grace_seconds=20, max_conversations=0, human_words={})
    assert (Limits().connections_per_bot, Limits().messages_per_bot) == (50, Rate(20_000, 600_000))
    assert Limits().messages_per_bot_conversation == Rate(3_000, 1_800)


def test_it_is_written_as_it_was_read():
    whole = plan(FIRST + BOT, current=None).workspace
    assert whole.bots[0].human_words == {"en": ("a human", "agent"), "da": ("menneske",)}
    assert BOT in dump(whole)
    again = plan(dump(whole), current=whole)
    assert (again.workspace, again.changes) == (whole, ())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("reply_secs = 3", 'line 9: bot "faq": unknown key "reply_secs", did you mean "reply_seconds"?'),
        ("reply_seconds = -1", 'line 9: bot "faq": reply_seconds must be a whole number from 0 to'),
        ("max_conversations = true", 'line 9: bot "faq": max_conversations must be a whole number'),
        ('human_words = ["human"]', 'line 9: bot "faq": human_words must be a table of lists of words'),
        ('human_words = { english = ["human"] }', 'line 9: bot "faq": human_words must be a table of lists of words'),
        ('human_words = { en = [""] }', 'line 9: bot "faq": human_words must be a table of lists of words'),
        ('token = "fdb_x"', 'line 9: bot "faq": unknown key "token"'),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_line(line: str, said: str):
    with pytest.raises(SettingsError) as refused:
        plan(f'{HEAD}[[bot]]\nkey = "faq"\n{line}\n', current=None)
    assert str(refused.value).startswith(said)


def test_a_key_is_used_once():
    whole = merge(None, parse(HEAD + '[[bot]]\nkey = "faq"\n[[bot]]\nkey = "faq"\n'))
    assert [problem.describe() for problem in check(whole)] == ['bot "faq": the key is used twice']


def test_a_bot_that_comes_first_is_there_with_its_defaults():
    whole = plan(FIRST, current=None).workspace
    assert whole.bots == (Bot(key="faq"),)
    assert "[[bot]]" in dump(whole)
    assert plan(FIRST, current=whole).changes == ()
    rule = '[[rule]]\nname = "r"\nwhen = "true"\nfirst = "bot:night"\n[[rule]]\nname = "s"\nwhen = "true"\nfirst = ""\n'
    assert lines(whole, merge(whole, parse(FIRST + rule)))[:1] == ['+ bot "night"']
    assert named_bots(merge(whole, parse(FIRST + rule))) == ("faq", "night")


def test_one_that_is_named_stays_as_it_was_and_any_other_may_be_pruned():
    whole = plan(FIRST + BOT + '[[bot]]\nkey = "old"\n', current=None).workspace
    found = plan(FIRST, current=whole, prune=True)
    assert found.workspace.bots == whole.bots[:1]
    assert [change.describe() for change in found.changes] == ['- bot "old"']
    assert lines(whole, merge(whole, parse(HEAD), prune=True)) == [
        '~ department "support": first "bot:faq" -> ""',
        '- bot "faq"',
        '- bot "old"',
    ]


def test_one_that_is_named_cannot_be_missing():
    whole = parse(FIRST + '[[rule]]\nname = "r"\nwhen = "true"\nfirst = "bot:night"\n')
    assert [problem.describe() for problem in check(whole)] == [
        'department "support": conversations go to bot "faq" first, so it cannot be removed',
        'rule "r": conversations go to bot "night" first, so it cannot be removed',
    ]
    assert check(with_named_bots(whole)) == ()
    assert with_named_bots(whole, only=("night",)).bots == (Bot(key="night"),)
