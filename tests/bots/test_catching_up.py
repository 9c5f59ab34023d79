"""What is missing in many conversations is asked for in portions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bots.actions import Send
from bots.session import PAGES_AT_ONCE
from tests.bots.scripting import Stage, conversation, entry, joined


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_of_many_torn_conversations_some_are_asked_for_at_a_time(stage):
    names = [f"c_{number}" for number in range(PAGES_AT_ONCE + 3)]

    def pages() -> list[dict[str, Any]]:
        texts = [action.text for action in stage.actions if isinstance(action, Send)]
        return [frame for frame in map(json.loads, texts) if frame["do"] == "history"]

    stage.hello()
    stage.identified(*(conversation(name, top=2) for name in names), missed=tuple(joined(1, name) for name in names))
    first = pages()
    assert [frame["conversation"] for frame in first] == names[:PAGES_AT_ONCE]
    # One that is refused for a while makes room for nobody; one that is read, for the next.
    assert stage.refuses(first[0], "rate_limited", retry_after_ms=1000) == []
    (after,) = [stage.answers(first[1], entries=[entry(2, text="a", name=names[1])], notes=[])]
    assert [frame["conversation"] for frame in after] == names[PAGES_AT_ONCE : PAGES_AT_ONCE + 2]
    stage.breaks()
    stage.hello()
    before = len(pages())
    stage.identified(*(conversation(name, top=2) for name in names))
    assert len(pages()) == before + PAGES_AT_ONCE
