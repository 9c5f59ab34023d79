"""Anything in any order, with a bot on two connections: only the owner writes, and each connection has what is its own.

The log itself says who had the conversation when each message was numbered: whoever joined last, until they left.
"""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule
from msgspec.structs import replace

from server.settings.workspace import Bot
from tests.desk.support.bench import settings as workspace
from tests.desk.test_machine import AGAIN, AGENTS, VISITORS, DeskMachine, often, visitors, which

BOTS = ("fay one", "fay two")
_FILE = workspace(support={"first": "bot:fay", "max_line": 3}, sales={"first": "bot:fay"})

lines = st.sampled_from(BOTS)


class BotMachine(DeskMachine):
    """Fay answers first, on as many connections as there are at the moment."""

    workspace = replace(_FILE, bots=(Bot(key="fay", max_conversations=2),))
    crowd: ClassVar[tuple[str, ...]] = (*AGENTS, *VISITORS, *BOTS)

    async def _come(self, who: str) -> None:
        if who not in BOTS:
            await super()._come(who)
            return
        client = await self.desk.bot("fay")
        self.people[who] = client

    @rule(who=lines, back=often, resumes=st.booleans())
    def bot_comes_or_goes(self, who: str, back: bool, resumes: bool) -> None:
        async def turn() -> None:
            await self._settle()
            client = self.people[who]
            positions: dict[str, Any] = {}
            if client is not None:
                positions = {each: {"entries": 0} for each in client.reading().conversation_ids()}
                self.people[who] = None
                if not (resumes and back):
                    await self.desk.leave(client)
            if client is None or back:
                more = {"resume": {"epoch": self.desk.installation.epoch, "positions": positions}} if resumes else {}
                self.people[who] = await self.desk.bot("fay", **more)
            if client is not None and resumes and back:
                # The old connection was dead already, and that is noticed only now.
                await self.desk.leave(client)

        self.do(turn())

    @rule(who=lines)
    def bot_claims_all(self, who: str) -> None:
        """What the other connection has is this one's now, and both have begun to answer it."""

        async def turn() -> None:
            await self._settle()
            if self.people[who] is None:
                positions = {each: {"entries": 0} for each in self.conversations}
                resume = {"epoch": self.desk.installation.epoch, "positions": positions}
                self.people[who] = await self.desk.bot("fay", resume=resume)

        self.do(turn())

    @rule(number=which, rich=st.booleans(), text=st.sampled_from(("y", "z")), streamed=st.booleans(), alone=often)
    def both_answer_by_one_name(self, number: int, rich: bool, text: str, streamed: bool, alone: bool) -> None:
        c, fields = self.conversation(number), {"replies": ["Yes"]} if rich else {}
        for who in (*BOTS, *BOTS):
            if streamed:
                self.ask(who, "stream", conversation=c, stream_id=AGAIN, text=text, final=who == BOTS[0], **fields)
            else:
                self.ask(who, "message.send", conversation=c, client_id=AGAIN, text=text, **fields)
        self.done(alone)

    @rule(who=lines, number=which, rich=st.booleans(), alone=often)
    def bot_writes(self, who: str, number: int, rich: bool, alone: bool) -> None:
        fields: dict[str, Any] = {"replies": ["Yes", "No"], "cards": [{"title": "z"}]} if rich else {}
        c = self.conversation(number)
        self.ask(who, "message.send", conversation=c, client_id=self.name(), text="z", **fields)
        self.done(alone)

    @rule(who=lines, number=which, final=st.booleans(), stream=st.sampled_from(("s1", "s2")), alone=often)
    def bot_streams(self, who: str, number: int, final: bool, stream: str, alone: bool) -> None:
        self.ask(who, "stream", conversation=self.conversation(number), stream_id=stream, delta="z", final=final)
        self.done(alone)

    @rule(who=lines, number=which, to=st.sampled_from((None, "support", "sales", "ben")), alone=often)
    def bot_hands_over(self, who: str, number: int, to: str | None, alone: bool) -> None:
        target = {} if to is None else {"to": {"agent": to} if to in AGENTS else {"department": to}}
        self.ask(who, "handoff", conversation=self.conversation(number), summary=self.name(), **target)
        self.done(alone)

    @rule(who=lines, number=which, do=st.sampled_from(("thinking", "typing", "conversation.close")), alone=often)
    def bot_does(self, who: str, number: int, do: str, alone: bool) -> None:
        more = {} if do == "conversation.close" else {"active": True}
        self.ask(who, do, conversation=self.conversation(number), **more)
        self.done(alone)

    @rule(who=visitors, number=which, alone=often)
    def ask_for_a_person(self, who: str, number: int, alone: bool) -> None:
        self.ask(who, "conversation.human", conversation=self.conversation(number))
        self.done(alone)

    @rule(number=which, apart=often, alone=often)
    def taken_and_summarised(self, number: int, apart: bool, alone: bool) -> None:
        """The visitor asks, and both connections say what it was about; a word more comes too late."""
        c = self.conversation(number)
        for who in AGENTS:
            self.ask(who, "status.set", status="available")
        for who in VISITORS:
            self.ask(who, "conversation.human", conversation=c)
        self.done(apart)
        for who in (*BOTS, BOTS[0]):
            self.ask(who, "handoff", conversation=c, summary=self.name())
        self.ask(BOTS[1], "message.send", conversation=c, client_id=self.name(), text="z")
        self.done(alone)

    @rule(number=which, alone=often)
    def give_back(self, number: int, alone: bool) -> None:
        for who in AGENTS:
            self.ask(who, "conversation.transfer", conversation=self.conversation(number), to={"bot": "fay"})
        self.done(alone)

    async def _check_logs(self) -> None:
        await super()._check_logs()
        for conversation in self.conversations:
            await self._check_owners(conversation)
            await self._check_summaries(conversation)
        for who in BOTS:
            client = self.people[who]
            for conversation in () if client is None else self.desk.workers.of(client.peer):
                brought = [*client.identified["missed"], *client.told("entry")]  # type: ignore[union-attr]
                known = {entry["seq"] for entry in brought if entry["conversation"] == conversation}
                stored = [row[0] for row in await self.desk.entries(conversation)]
                assert known >= set(range(max(1, len(stored) - 49), len(stored) + 1)), (sorted(known), stored)

    async def _check_owners(self, conversation: str) -> None:
        rows = await self.desk.store.read(
            lambda tx: tx.all(
                "SELECT seq, kind, role, sender FROM entry WHERE conversation = "
                "(SELECT n FROM conversation WHERE id = ?) ORDER BY seq",
                (conversation,),
            )
        )
        owner = None
        for seq, kind, role, sender in rows:
            match kind:
                case "joined":
                    owner = sender
                case "left" | "closed":
                    owner = None
                case "transferred":
                    owner = None  # whoever has it now joins next
                case "message" if role in ("bot", "agent"):
                    assert sender == owner, f"{role} wrote {seq}, and it was {owner}'s"
                case _:
                    pass

    async def _check_summaries(self, conversation: str) -> None:
        """One for each time that it left, at most; afterwards only when it was not asked, and never to the visitor."""
        left = await self.desk.store.read(
            lambda tx: tx.all(
                "SELECT seq, json_extract(body, '$.reason') FROM entry WHERE kind = 'left' AND role = 'bot' AND "
                "conversation = (SELECT n FROM conversation WHERE id = ?)",
                (conversation,),
            )
        )
        said = await self.desk.store.read(
            lambda tx: tx.all(
                "SELECT client_id FROM note WHERE kind = 'handoff' AND "
                "conversation = (SELECT n FROM conversation WHERE id = ?)",
                (conversation,),
            )
        )
        late = [name for (name,) in said if name is not None]
        assert len(late) == len(set(late))
        assert set(late) <= {f"summary-{seq}" for seq, reason in left if reason != "handoff"}
        assert len(said) - len(late) <= sum(reason == "handoff" for _, reason in left)
        assert "handoff" not in {kind for (kind,) in await self._kinds(conversation)}

    async def _kinds(self, conversation: str) -> list[Any]:
        return await self.desk.store.read(
            lambda tx: tx.all(
                "SELECT kind FROM entry WHERE conversation = (SELECT n FROM conversation WHERE id = ?)", (conversation,)
            )
        )


TestBotMachine = BotMachine.TestCase
TestBotMachine.settings = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
