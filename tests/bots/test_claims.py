"""Two workers of a bot that both believe that a conversation is theirs."""

from __future__ import annotations

from tests.bots.scripting import Stage, conversation, entry, joined


def test_what_another_worker_claims_is_left_to_it_at_once():
    stage = Stage()
    stage.open(conversation(top=2), missed=(joined(1), entry(2, text="a")))
    message = stage.events[-1]
    stage.events.clear()
    stage.hear({"on": "dropped", "conversation": "c_1"})
    stage.hear({"on": "dropped", "conversation": "c_never"})
    assert not stage.session.begins(message)
    assert not stage.session.owns("c_1")
    stage.tell(entry(3, text="for the other one"))
    assert stage.told() == []
    stage.breaks()
    assert stage.open()["resume"]["positions"] == {}
    stage.changes(conversation(top=4))
    for frame in (joined(1), entry(2, text="a"), entry(3, text="b"), entry(4, "bot", "B", client_id="re-3-0")):
        stage.tell(frame)
    assert stage.told() == []
