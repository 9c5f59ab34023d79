"""What every request comes to: by person, in every state of a conversation."""

from __future__ import annotations

from typing import Any

from server.wire import requests as ask

OWN, FOREIGN = "vera", "nils"
# Ada gets it; Ben had it; Cleo is of its department; Dora is not; Sue supervises.
AGENTS = ("ada", "ben", "cleo", "dora", "sue")
# Fay, a bot, has it in the state `bot`, handed it to Ada in the state `handed`, and in the state `asked` lost it to Ada
# because the visitor asked for a person; Nosy is another bot.
BOTS = ("fay", "nosy")
STATES = ("waiting", "offered", "active", "transferring", "wrap_up", "closed", "none", "bot", "handed", "asked")

Row = dict[str, str]


def _people(**codes: str) -> Row:
    return codes


def _agents(ada: str, ben: str, cleo: str, dora: str, sue: str) -> Row:
    return {"ada": ada, "ben": ben, "cleo": cleo, "dora": dora, "sue": sue}


def _by_state(**rows: Row) -> dict[str, Row]:
    assert set(rows) <= set(STATES)
    # For people it is one and the same how Ada got it.
    return {**rows, "asked": rows["handed"]}


NOT_MINE, NOT_THERE, CLOSED, GONE, OK = "not_owner", "not_found", "closed", "gone", "ok"
_NOBODYS = _agents(NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE)
_ENDED = _agents(CLOSED, CLOSED, NOT_THERE, NOT_THERE, CLOSED)
_UNTIL_CLOSED = ("waiting", "offered", "active", "transferring", "bot", "handed", "asked")


def _sues(sue: str) -> Row:
    """Only a supervisor knows that it is there."""
    return _agents(NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE, sue)


def _adas(ada: str, sue: str) -> Row:
    """Ada has it, who had it from nobody."""
    return _agents(ada, NOT_THERE, NOT_THERE, NOT_THERE, sue)


# What the agents' requests come to. Columns: Ada, Ben, Cleo, Dora, Sue.
_WRITING = _by_state(
    waiting=_agents(NOT_THERE, NOT_MINE, NOT_THERE, NOT_THERE, NOT_MINE),
    offered=_agents(NOT_MINE, NOT_MINE, NOT_THERE, NOT_THERE, NOT_MINE),
    active=_agents(OK, NOT_MINE, NOT_THERE, NOT_THERE, NOT_MINE),
    transferring=_agents(OK, NOT_MINE, NOT_MINE, NOT_THERE, NOT_MINE),
    wrap_up=_ENDED,
    closed=_ENDED,
    none=_NOBODYS,
    bot=_sues(NOT_MINE),
    handed=_adas(OK, NOT_MINE),
)
_BY_THE_OWNER = _by_state(
    active=_agents(OK, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE),
    transferring=_agents(OK, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE),
    **dict.fromkeys(("wrap_up", "closed"), _agents(CLOSED, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE)),
    **dict.fromkeys(("waiting", "offered", "none", "bot"), _NOBODYS),
    handed=_adas(OK, NOT_THERE),
)
_OFFER = _by_state(
    waiting=_agents(NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE),
    offered=_agents(OK, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE),
    active=_agents(GONE, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE),
    transferring=_agents(NOT_THERE, NOT_THERE, OK, NOT_THERE, NOT_THERE),
    wrap_up=_agents(GONE, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE),
    closed=_agents(GONE, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE),
    none=_NOBODYS,
    bot=_NOBODYS,
    handed=_adas(GONE, NOT_THERE),
)
_ALWAYS = dict.fromkeys(STATES, _agents(OK, OK, OK, OK, OK))

AGENT_TABLE: dict[type, dict[str, Row]] = {
    ask.MessageSend: _WRITING,
    ask.NoteAdd: _by_state(
        waiting=_agents(NOT_THERE, NOT_MINE, NOT_THERE, NOT_THERE, OK),
        offered=_agents(NOT_MINE, NOT_MINE, NOT_THERE, NOT_THERE, OK),
        active=_agents(OK, NOT_MINE, NOT_THERE, NOT_THERE, OK),
        transferring=_agents(OK, NOT_MINE, NOT_MINE, NOT_THERE, OK),
        wrap_up=_agents(OK, CLOSED, NOT_THERE, NOT_THERE, OK),
        closed=_agents(CLOSED, CLOSED, NOT_THERE, NOT_THERE, OK),
        none=_NOBODYS,
        bot=_sues(OK),
        handed=_adas(OK, OK),
    ),
    ask.History: _by_state(
        waiting=_agents(NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE, OK),
        offered=_agents(OK, NOT_THERE, NOT_THERE, NOT_THERE, OK),
        active=_agents(OK, NOT_THERE, NOT_THERE, NOT_THERE, OK),
        transferring=_agents(OK, NOT_THERE, OK, NOT_THERE, OK),
        wrap_up=_agents(OK, NOT_THERE, NOT_THERE, NOT_THERE, OK),
        closed=_agents(OK, NOT_THERE, NOT_THERE, NOT_THERE, OK),
        none=_NOBODYS,
        bot=_sues(OK),
        handed=_adas(OK, OK),
    ),
    ask.Typing: _BY_THE_OWNER,
    ask.Read: _BY_THE_OWNER,
    ask.Ping: _ALWAYS,
    ask.ConversationClose: _by_state(
        waiting=_agents(NOT_THERE, NOT_MINE, NOT_THERE, NOT_THERE, OK),
        offered=_agents(NOT_MINE, NOT_MINE, NOT_THERE, NOT_THERE, OK),
        active=_agents(OK, NOT_MINE, NOT_THERE, NOT_THERE, OK),
        transferring=_agents(OK, NOT_MINE, NOT_MINE, NOT_THERE, OK),
        wrap_up=_ENDED,
        closed=_ENDED,
        none=_NOBODYS,
        bot=_sues(OK),
        handed=_adas(OK, OK),
    ),
    ask.StatusSet: _ALWAYS,
    ask.OfferSeen: _ALWAYS,  # late or unknown: nothing to do, and nothing to learn
    ask.OfferAccept: _OFFER,
    ask.OfferDecline: _OFFER,
    ask.WrapUpEnd: _by_state(
        waiting=_agents(NOT_THERE, GONE, NOT_THERE, NOT_THERE, GONE),
        offered=_agents(GONE, GONE, NOT_THERE, NOT_THERE, GONE),
        active=_agents(GONE, GONE, NOT_THERE, NOT_THERE, GONE),
        transferring=_agents(GONE, GONE, GONE, NOT_THERE, GONE),
        wrap_up=_agents(OK, GONE, NOT_THERE, NOT_THERE, GONE),
        closed=_agents(GONE, GONE, NOT_THERE, NOT_THERE, GONE),
        none=_NOBODYS,
        bot=_sues(GONE),
        handed=_adas(GONE, GONE),
    ),
    ask.ConversationTransfer: _WRITING,
    # The line is the whole department's, so its members may know what waits there.
    ask.ConversationPick: _by_state(
        waiting=_agents(OK, OK, OK, NOT_THERE, OK),
        offered=_agents(OK, OK, OK, NOT_THERE, OK),
        active=_agents(OK, GONE, GONE, NOT_THERE, GONE),
        transferring=_agents(OK, GONE, GONE, NOT_THERE, GONE),
        wrap_up=_agents(CLOSED, CLOSED, CLOSED, NOT_THERE, CLOSED),
        closed=_agents(CLOSED, CLOSED, CLOSED, NOT_THERE, CLOSED),
        none=_NOBODYS,
        bot=_agents(OK, OK, OK, NOT_THERE, OK),
        handed=_agents(OK, GONE, GONE, NOT_THERE, GONE),
    ),
}


NO = "forbidden"


def _supervisors(sue: str) -> Row:
    """Nobody else may ask, whatever there is or is not."""
    return _agents(NO, NO, NO, NO, sue)


AGENT_TABLE |= {
    ask.ConversationWatch: {state: _supervisors(NOT_THERE if state == "none" else OK) for state in STATES},
    ask.ConversationTakeOver: _by_state(
        **dict.fromkeys(_UNTIL_CLOSED, _supervisors(OK)),
        **dict.fromkeys(("wrap_up", "closed"), _supervisors(CLOSED)),
        none=_supervisors(NOT_THERE),
    ),
    ask.AgentSetStatus: dict.fromkeys(STATES, _supervisors(OK)),
    ask.Whisper: _by_state(
        **dict.fromkeys(("waiting", "offered", "bot"), _supervisors("conflict")),
        **dict.fromkeys(("active", "transferring", "handed"), _supervisors(OK)),
        **dict.fromkeys(("wrap_up", "closed"), _supervisors(CLOSED)),
        none=_supervisors(NOT_THERE),
    ),
}


def _visitors(until_closed: str, afterwards: str) -> dict[str, Row]:
    return {
        **dict.fromkeys(_UNTIL_CLOSED, _people(vera=until_closed, nils=NOT_THERE)),
        "wrap_up": _people(vera=afterwards, nils=NOT_THERE),
        "closed": _people(vera=afterwards, nils=NOT_THERE),
        "none": _people(vera=NOT_THERE, nils=NOT_THERE),
    }


VISITOR_TABLE: dict[type, dict[str, Row]] = {
    ask.ConversationStart: dict.fromkeys(STATES, _people(vera=OK, nils=OK)),
    ask.MessageSend: _visitors(OK, CLOSED),
    ask.History: _visitors(OK, OK),
    ask.MessageLeave: {
        state: _people(vera="conflict" if state in ("active", "transferring", "handed", "asked") else OK, nils=OK)
        for state in STATES
    },
    ask.Typing: _visitors(OK, CLOSED),
    ask.Read: _visitors(OK, CLOSED),
    ask.Ping: dict.fromkeys(STATES, _people(vera=OK, nils=OK)),
    ask.VisitorClose: _visitors(OK, CLOSED),
    ask.ConversationRate: _visitors(OK, OK),
    ask.ConversationHuman: {**_visitors("conflict", CLOSED), "bot": _people(vera=OK, nils=NOT_THERE)},
}


def _bots(bot: str, handed: str, asked: str = "") -> dict[str, Row]:
    """Of what it never had a bot knows nothing."""
    rows = dict.fromkeys(STATES, _people(fay=NOT_THERE, nosy=NOT_THERE))
    fays = {"bot": bot, "handed": handed, "asked": asked or handed}
    return {**rows, **{state: _people(fay=code, nosy=NOT_THERE) for state, code in fays.items()}}


BOT_TABLE: dict[type, dict[str, Row]] = {
    ask.BotMessageSend: _bots(OK, NOT_MINE),
    ask.NoteAdd: _bots(OK, NOT_MINE),
    ask.Stream: _bots(OK, NOT_MINE),
    ask.Thinking: _bots(OK, NOT_MINE),
    ask.Typing: _bots(OK, NOT_MINE),
    ask.Read: _bots(OK, NOT_MINE),
    ask.History: _bots(OK, OK),
    ask.Ping: dict.fromkeys(STATES, _people(fay=OK, nosy=OK)),
    ask.ConversationClose: _bots(OK, NOT_MINE),
    ask.Handoff: _bots(OK, NOT_MINE, asked=OK),
}

QUIET = (ask.History, ask.Typing, ask.Read, ask.Ping, ask.OfferSeen, ask.Stream, ask.Thinking)

FIELDS: dict[type, dict[str, Any]] = {
    ask.ConversationStart: {"client_id": "x", "text": "x"},
    ask.MessageSend: {"client_id": "x", "text": "x"},
    ask.MessageLeave: {"client_id": "x", "text": "x", "form": {"email": "x@example.org"}},
    ask.NoteAdd: {"client_id": "x", "text": "x"},
    ask.Typing: {"active": True},
    ask.Read: {"seq": 1},
    ask.StatusSet: {"status": "busy"},
    ask.ConversationRate: {"score": 4},
    ask.AgentSetStatus: {"agent": "cleo", "status": "away"},
    ask.Whisper: {"text": "x"},
    ask.ConversationTransfer: {"to": {"department": "sales"}},
    ask.BotMessageSend: {"client_id": "x", "text": "x"},
    ask.Stream: {"stream_id": "x", "delta": "x"},
    ask.Thinking: {"active": True},
    ask.Handoff: {"summary": "x"},
}
