"""How the router says no. Anything else that it raises is our bug."""

from enum import StrEnum


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
    """The command cannot be done now. `message` is for people and names nothing internal."""

    def __init__(self, code: Rejection, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
