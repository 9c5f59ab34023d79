"""Which connection of a bot gets which conversation, whatever comes and goes."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from server.desk.shares import Shares

WORKERS = st.sampled_from("ABCD")
TALKS = st.sampled_from([f"c{n}" for n in range(12)])


class Sharing(RuleBasedStateMachine):
    """Against what is asked of it: nobody's while there is nobody, else one and the same until that one goes."""

    def __init__(self) -> None:
        super().__init__()
        self.shares = Shares()
        self.known: set[str] = set()
        self.workers: list[str] = []
        self.has: dict[str, str] = {}

    @rule(worker=WORKERS)
    def come(self, worker: str) -> None:
        if worker in self.workers:
            return
        waiting = [each for each in sorted(self.known) if each not in self.has]
        self.workers.append(worker)
        self.shares.come(worker, waiting)
        self.has.update(dict.fromkeys(waiting, worker))

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(self.workers))
        self.workers.remove(worker)
        had = {each for each, whose in self.has.items() if whose == worker}
        moved = self.shares.go(worker)
        assert set(moved) == (had if self.workers else set())
        for each in had:
            del self.has[each]
        self.has.update(moved)

    @rule(talk=TALKS)
    def take(self, talk: str) -> None:
        self.known.add(talk)
        loads = {worker: len(self.shares.of(worker)) for worker in self.workers}
        found = self.shares.take(talk)
        if talk in self.has:
            assert found == self.has[talk]
        elif not self.workers:
            assert found is None
        else:
            assert found == min(self.workers, key=lambda worker: loads[worker])
            self.has[talk] = found

    @precondition(lambda self: self.workers)
    @rule(talk=TALKS, data=st.data())
    def move(self, talk: str, data: st.DataObject) -> None:
        self.known.add(talk)
        self.has[talk] = data.draw(st.sampled_from(self.workers))
        self.shares.move(talk, self.has[talk])

    @rule(talk=TALKS)
    def let_go(self, talk: str) -> None:
        self.known.discard(talk)
        self.has.pop(talk, None)
        self.shares.let_go(talk)

    @invariant()
    def each_has_one(self) -> None:
        assert len(self.shares) == len(self.workers)
        assert {each: self.shares.worker(each) for each in self.known} == {
            each: self.has.get(each) for each in self.known
        }
        for worker in self.workers:
            assert set(self.shares.of(worker)) == {each for each, whose in self.has.items() if whose == worker}
        assert not self.workers or self.known <= self.has.keys()


TestSharing = Sharing.TestCase
TestSharing.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
