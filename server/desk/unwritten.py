"""What happened since the last commit and was not written: what of it a rebuild needs, and what nobody is shown."""

from __future__ import annotations

from collections.abc import Iterable

from router import events


class Unwritten:
    """Follows the router's events from one commit to the next.

    In a busy talk it changes again and again who wrote last, which no commit is made for. Those conversations are
    written beside the next commits, whatever they are about; as nobody is shown any of it, nobody is told of them
    either. The same goes for what was promised: the visitor is told the wait itself.
    """

    def __init__(self) -> None:
        self.seen: set[str] = set()  # offers confirmed: nothing else remembers them
        self._unseen: set[str] = set()
        self._changed: set[str] = set()
        self._any = False  # something happened that names no conversation: it may be about all of them

    def follow(self, happened: Iterable[events.Event]) -> None:
        """These happened, in this order."""
        for event in happened:
            match event:
                case events.MessageWritten() | events.WaitPromised():
                    self._unseen.add(event.conversation)
                    continue
                case events.OfferSeen():
                    self.seen.add(event.offer)
                case _:
                    pass
            conversation = conversation_of(event)
            if conversation is None:
                self._any = True
            else:
                self._changed.add(conversation)

    @property
    def quiet(self) -> frozenset[str]:
        """The conversations of which nothing changed but who wrote last, or what was promised."""
        return frozenset() if self._any else frozenset(self._unseen - self._changed)

    def settle(self) -> None:
        """All of it was committed."""
        self.seen.clear()
        self.forget()

    def forget(self) -> None:
        """The router was made anew: what it knows is what was committed, but for what was confirmed."""
        self._unseen.clear()
        self._changed.clear()
        self._any = False


def conversation_of(event: events.Event) -> str | None:
    """The one that an event is about."""
    about = event.offer if isinstance(event, events.OfferMade) else event
    found: str | None = getattr(about, "conversation", None)
    return found
