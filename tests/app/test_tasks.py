from __future__ import annotations

from collections import Counter

import pytest

from server.app.tasks import LONGEST_PAUSE_S, kept_up


class Failing:
    """Fails as often as it is told to; then rests, then fails once more, then ends."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.rested = False

    async def run(self, pause) -> None:
        if self.times:
            self.times -= 1
            raise RuntimeError("our bug")
        if not self.rested:
            self.rested = True
            await pause(2.0)
            raise RuntimeError("once more")


@pytest.mark.usefixtures("_quiet")
async def test_a_task_that_fails_begins_again_after_growing_pauses():
    pauses: list[float] = []
    failures: Counter[str] = Counter()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    await kept_up(Failing(9), failures, pause)
    # The last one came after it had worked again: that counts as the first.
    assert pauses == [1, 2, 4, 8, 16, 32, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S, 2.0, 1.0]
    assert failures == {"Failing": 10}


@pytest.fixture
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.app.tasks.log.exception", lambda *_args, **_kwargs: None, raising=False)
