"""How the router says no. Anything else that it raises is our bug."""

from enum import StrEnum

from router.events import Event
from router.model import ConversationId


class Rejection(StrEnum):
    """Why a command was not done; the state is unchanged. Same words as the wire's error codes."""

    NOT_FOUND = "not_found"
    GONE = "gone"
    CONFLICT = "conflict"
    NOT_OWNER = "not_owner"
    FORBIDDEN = "forbidden"
    CLOSED = "closed"
    LINE_FULL = "line_full"


class CommandRejected(Exception):
    """The command cannot be done now. `message` is for people and names nothing internal.

    `events`: what had become due before it and did happen; set by `Router.handle`, to be committed like any step's.
    """

    def __init__(self, code: Rejection, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.events: tuple[Event, ...] = ()


class DeadlineFailed(Exception):
    """What was due could not be done: our bug. It stays due, so every further step would raise it again.

    `conversation`: the one it is about, if any. `Quarantine` puts it aside together with its deadlines.
    """

    def __init__(self, due: str, conversation: ConversationId | None) -> None:
        super().__init__(f"{due} of {conversation or 'nobody in particular'}")
        self.conversation = conversation
