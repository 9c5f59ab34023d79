"""A bot's connections and the conversations they were given: see `server.desk.shares` for who gets which.

What a connection was given it is subscribed to (`audience.of_talk`). A conversation that changes hands is read anew, in
a commit of its own: so it comes with its log at one point between the events before and those after it. Coming and
ending keep their places among these events, however late the bus delivers them: who had a conversation hears all of it
up to the entry that ended that, and nothing behind it.

Many that change hands together, as when a connection goes, come in portions: the next one when most of the last has
left. So nobody who reads is cut for what others left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from server.desk import audience, views
from server.desk.audience import Hub
from server.desk.bringing import Brought, bring_some
from server.desk.directory import Directory
from server.desk.job import Done, Job, Step
from server.desk.open import OpenConversations
from server.desk.shares import Shares
from server.session.ports import Peer
from server.store.base import Tx
from server.wire.codec import encode
from server.wire.codes import CloseCode, Refused
from server.wire.events import ConversationEvent, DroppedEvent

AT_ONCE: Final = 25  # conversations read in one commit
PORTION: Final = 256 * 1024  # bytes read in one commit, and unsent ones above which a connection is brought no more
PAUSE_S: Final = 0.05  # until it is looked at again

# Calls back after so many seconds.
Later = Callable[[float, Callable[[], None]], object]


class Workers:
    """Of all bots of this process."""

    def __init__(
        self,
        hub: Hub,
        *,
        directory: Callable[[], Directory],
        opened: Callable[[], OpenConversations],
        submit: Callable[[Job], None],
        later: Later,
    ) -> None:
        """`submit` reaches the engine; `opened`: the conversations that it knows."""
        self._hub = hub
        self._directory = directory
        self._opened = opened
        self._submit = submit
        self._later = later
        self._shares: dict[str, Shares] = {}
        self._peers: dict[str, Peer] = {}
        # Called with a session and the conversation that another connection of its bot has claimed.
        self.on_dropped: Callable[[str, str], None] = lambda _session, _conversation: None
        # By session, what it is still to be brought, the oldest first. Who is in here is being brought something.
        self._moving: dict[str, dict[str, None]] = {}

    def of(self, peer: Peer) -> tuple[str, ...]:
        """What this connection was given."""
        shares = self._shares.get(peer.identity.bot)
        return () if shares is None else shares.of(peer.session)

    def peer(self, bot: str, conversation: str) -> Peer | None:
        """The connection that has it."""
        shares = self._shares.get(bot)
        worker = None if shares is None else shares.worker(conversation)
        return None if worker is None else self._peers.get(worker)

    def come(self, bot: str, peer: Peer, claimed: Iterable[str]) -> tuple[str, ...]:
        """One more connection: what waits for one, and what it ``claimed`` because it had it before.

        A connection that died unnoticed would keep it otherwise.
        """
        shares = self._shares.setdefault(bot, Shares())
        known = self._opened().of_bot(bot)
        wanted = frozenset(claimed)
        waiting = [each for each in known if each in wanted or shares.worker(each) is None]
        for conversation in waiting:
            self._cut_off(shares, conversation)
        self._peers[peer.session] = peer
        shares.come(peer.session, waiting)
        for conversation in waiting:
            self._hub.subscribe(peer, audience.of_talk(conversation))
        return tuple(waiting)

    def replace(self, peer: Peer) -> None:
        """From now on this is what stands for its session: the gate is open."""
        if peer.session in self._peers:
            self._peers[peer.session] = peer

    def go(self, bot: str, session: str) -> None:
        """A connection is gone: others get what it had."""
        if self._peers.pop(session, None) is None:
            return
        shares = self._shares[bot]
        self._moving.pop(session, None)
        moved: dict[str, list[str]] = {}
        for conversation, worker in shares.go(session).items():
            moved.setdefault(worker, []).append(conversation)
        for worker, theirs in moved.items():
            self._move(bot, worker, theirs)
        if not len(shares):
            del self._shares[bot]

    def take(self, bot: str, brought: Brought, v: int) -> None:
        """It is this bot's now, as of commit ``v``: whoever gets it is given all of it."""
        conversation = brought.row.id
        for other, shares in self._shares.items():
            if other != bot:
                self._end(shares, conversation, dropped=True)
        mine = self._shares.get(bot)
        worker = None if mine is None else mine.take(conversation)
        if worker is None:
            return
        if self._peers[worker].unsent > PORTION:
            self._move(bot, worker, [conversation])
        else:
            self._moving.get(worker, {}).pop(conversation, None)
            self._give(worker, brought, v)

    def forget(self, conversation: str) -> None:
        """It was closed, and that was told."""
        for shares in self._shares.values():
            self._end(shares, conversation)

    def _cut_off(self, shares: Shares, conversation: str) -> None:
        """At once: another connection of the bot begins with a snapshot."""
        peer = self._peers.get(shares.worker(conversation) or "")
        if peer is not None:
            topic = audience.of_talk(conversation)
            self._hub.out_of_turn(peer, topic)
            self._hub.unsubscribe(peer, topic)
            peer.send(_dropped(conversation))
            self.on_dropped(peer.session, conversation)

    def _end(self, shares: Shares, conversation: str, *, dropped: bool = False) -> None:
        """Behind what was told of it until now; ``dropped``: which does not say that it is over."""
        worker = shares.worker(conversation)
        if worker is None:
            return
        shares.let_go(conversation)
        topic = audience.of_talk(conversation)

        def turn() -> None:
            peer = self._peers[worker]
            self._hub.unsubscribe(peer, topic)
            if dropped:
                peer.send(_dropped(conversation))

        self._hub.in_turn(self._peers[worker], topic, turn)

    def _give(self, worker: str, brought: Brought, v: int) -> None:
        """Behind what was told of it before, and ahead of all that comes."""
        shown = views.conversation_for_bot(brought.row, brought.visitor, self._directory())
        frames = [encode(ConversationEvent(v=v, conversation=shown))]
        frames += brought.log
        topic = audience.of_talk(brought.row.id)

        def turn() -> None:
            peer = self._peers[worker]
            for frame in frames:
                peer.send(frame)
            self._hub.subscribe(peer, topic)

        self._hub.in_turn(self._peers[worker], topic, turn)

    def _move(self, bot: str, worker: str, conversations: Iterable[str]) -> None:
        """They are read and given when it is their turn."""
        begins = worker not in self._moving
        self._moving.setdefault(worker, {}).update(dict.fromkeys(conversations))
        if begins:
            self._bring(bot, worker)

    def _bring(self, bot: str, worker: str) -> None:
        """The next portion: read in a commit, and handed over when that is told."""
        if not self._moving.get(worker):
            self._moving.pop(worker, None)
            return
        if self._peers[worker].unsent > PORTION:
            self._later(PAUSE_S, lambda: self._bring(bot, worker))
            return
        wanted = tuple(islice(self._moving[worker], AT_ONCE))

        def after(tx: Tx, _v: int) -> dict[str, Brought | None]:
            return bring_some(tx, wanted, most=PORTION)

        def told(done: Done) -> None:
            moving = self._moving.get(worker, {})
            for conversation, brought in done.value.items():
                if conversation in moving:  # else it was given meanwhile
                    del moving[conversation]
                    self._give_moved(bot, worker, brought, done.v)
            self._bring(bot, worker)

        def then(end: Done | Refused) -> None:
            if isinstance(end, Refused):
                self._send_back(worker)

        try:
            self._submit(Job(plan=lambda _now, _seen: Step(command=None, after=after), then=then, told=told))
        except Refused:
            self._send_back(worker)

    def _give_moved(self, bot: str, worker: str, brought: Brought | None, v: int) -> None:
        """Unless it was closed, or went on to somebody else."""
        shares = self._shares.get(bot)
        if brought is None or brought.row.state == "closed" or shares is None:
            return
        if shares.worker(brought.row.id) == worker:
            self._give(worker, brought, v)

    def _send_back(self, worker: str) -> None:
        """They come back and find it in their snapshot."""
        peer = self._peers.get(worker)
        if peer is not None:
            peer.close(CloseCode.RESEND, "please come back")


def _dropped(conversation: str) -> bytes:
    return encode(DroppedEvent(conversation=conversation))
