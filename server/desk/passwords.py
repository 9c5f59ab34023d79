"""Passwords: Argon2id with OWASP's parameters, on two threads and no more, because each costs 19 MiB and tens of ms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.wire.codes import ErrorCode, Refused

T = TypeVar("T")

THREADS: Final = 2
MAX_WAITING: Final = 50
MAX_CHARACTERS: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one hash costs. Tests pay less."""

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1


class Passwords:
    """Hashes and checks. `close` ends the threads."""

    def __init__(self, cost: Cost | None = None) -> None:
        cost = cost or Cost()
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        # What somebody without a password is checked against, so that they take as long to refuse as anybody.
        self._nobody = self._hasher.hash("nobody")
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="frontdesk-password")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """The hash to store; raises `Refused` when the password is too long, or too many wait."""
        if len(password) > MAX_CHARACTERS:
            raise Refused(
                ErrorCode.BAD_REQUEST, f"A password has at most {MAX_CHARACTERS} characters.", field="password"
            )
        return await self._run(lambda: self._hasher.hash(password))

    async def fits(self, password: str, password_hash: str | None) -> bool:
        """Whether it is this password. Takes the same time when there is none, and then says no."""
        if len(password) > MAX_CHARACTERS:
            password = ""
        fits = await self._run(lambda: self._verify(password, password_hash or self._nobody))
        return fits and password_hash is not None

    def close(self) -> None:
        """End the threads; what still waits is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _verify(self, password: str, password_hash: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise Refused(ErrorCode.UNAVAILABLE, "Too many people log in right now.", retry_after_ms=2000)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
