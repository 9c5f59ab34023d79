"""What waits to be sent to one connection: bounded, because a reader who is slow must not cost the others.

Frames leave in the order in which they came. A *lossy* frame has a key: a later one of the same key replaces it and
goes to the end, and none is taken in at all once the outbox is half full. Everything else is never dropped: when it
does not fit, `put` says so and the connection is cut, to come back and resume.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from server.wire.requests import Endpoint

MAX_FRAMES: Final = 512
MAX_BYTES: Final = 256 * 1024
# One connection of a bot carries what a thousand visitors' would: a pause of its program must not cut it at once.
BOT_SHARE: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStatistics:
    """Counts since the connection was opened; `peak_…` is the fullest it ever was."""

    frames: int
    bytes: int
    peak_frames: int
    peak_bytes: int
    dropped: int
    replaced: int


class Outbox:
    """One connection's queue. A single frame always fits into an empty outbox, however large it is."""

    __slots__ = (
        "_allowance",
        "_dropped",
        "_frames",
        "_max_bytes",
        "_max_frames",
        "_next",
        "_peak_bytes",
        "_peak_frames",
        "_replaced",
        "size",
    )

    def __init__(self, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        # By the key of a lossy frame, or a number: a dict keeps the order and lets one be taken out of the middle.
        self._frames: dict[str | int, bytes] = {}
        self._next = 0
        self.size = 0  # bytes that wait
        self._allowance = 0
        self._peak_frames = 0
        self._peak_bytes = 0
        self._dropped = 0
        self._replaced = 0

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frame: bytes) -> bool:
        """Take in a frame; False when there is no room."""
        size = self.size + len(frame)
        frames = self._frames
        if frames and (size > self._max_bytes + self._allowance or len(frames) >= self._max_frames):
            return False
        self._next = key = self._next + 1
        frames[key] = frame
        self.size = size
        # As `_note_peak`, which would cost a call for each frame. Not max(): for the same reason.
        if size > self._peak_bytes:  # noqa: PLR1730
            self._peak_bytes = size
        if len(frames) > self._peak_frames:  # noqa: PLR1730
            self._peak_frames = len(frames)
        return True

    def put_exempt(self, frame: bytes) -> None:
        """Take in a frame that may exceed the bounds; until the outbox is empty, others have their room beside it."""
        self._allowance += len(frame)
        self._next = key = self._next + 1
        self._frames[key] = frame
        self.size += len(frame)
        self._note_peak()

    def put_lossy(self, key: str, frame: bytes) -> None:
        """Take in a frame in place of an unsent one of the same key, unless the outbox is half full."""
        old = self._frames.pop(key, None)
        if old is not None:
            self.size -= len(old)
            self._replaced += 1
        size = self.size + len(frame)
        if 2 * len(self._frames) >= self._max_frames or 2 * size > self._max_bytes + self._allowance:
            self._dropped += 1
            return
        self._frames[key] = frame
        self.size = size
        self._note_peak()

    def take(self, limit: int) -> list[bytes]:
        """The oldest frames, together at most `limit` bytes, but at least one if there is any."""
        if self.size <= limit:
            # As `clear`, which would cost a call for each connection that is written to.
            taken = list(self._frames.values())
            self._frames.clear()
            self.size = 0
            self._allowance = 0
            return taken
        return self._take_some(limit)

    def clear(self) -> None:
        """Forget what waits."""
        self._frames.clear()
        self.size = 0
        self._allowance = 0

    def statistics(self) -> OutboxStatistics:
        return OutboxStatistics(
            frames=len(self._frames),
            bytes=self.size,
            peak_frames=self._peak_frames,
            peak_bytes=self._peak_bytes,
            dropped=self._dropped,
            replaced=self._replaced,
        )

    def _take_some(self, limit: int) -> list[bytes]:
        keys: list[str | int] = []
        size = 0
        for key, frame in self._frames.items():
            if keys and size + len(frame) > limit:
                break
            keys.append(key)
            size += len(frame)
        self.size -= size
        taken = [self._frames.pop(key) for key in keys]
        if not self._frames:
            self._allowance = 0
        return taken

    def _note_peak(self) -> None:
        # Not max(): this runs once for each frame.
        if self.size > self._peak_bytes:  # noqa: PLR1730
            self._peak_bytes = self.size
        if len(self._frames) > self._peak_frames:  # noqa: PLR1730
            self._peak_frames = len(self._frames)


def outbox_of(endpoint: Endpoint) -> Outbox:
    """With the room that a connection to this endpoint needs."""
    share = BOT_SHARE if endpoint == "bot" else 1
    return Outbox(share * MAX_FRAMES, share * MAX_BYTES)
