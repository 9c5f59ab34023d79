"""What many are told and nobody waits for goes to them in portions; each topic keeps its order all the same."""

from __future__ import annotations

from collections.abc import Callable

from server.session.hub import Hub
from tests.session.test_hub import Listener


class Team:
    """Seven listeners to one topic, two of whom are told in a turn."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []
        self.hub = Hub(self.calls.append, portion=2)
        self.all = [Listener() for _ in range(7)]
        for each in self.all:
            self.hub.subscribe(each, "team")

    def turn(self) -> None:
        """The event loop's next."""
        calls, self.calls[:] = tuple(self.calls), []
        assert len(calls) <= 1
        for call in calls:
            call()

    def heard(self) -> list[list[bytes]]:
        return [each.heard for each in self.all]


def test_two_hear_of_it_in_each_turn_and_others_are_told_meanwhile():
    it = Team()
    it.hub.publish_in_portions("team", b"1")
    it.hub.publish_in_portions("team", b"2")
    assert it.heard() == [[]] * 7
    it.hub.subscribe(it.all[6], "own")
    it.hub.publish("own", b"ring")
    for told in (2, 4, 6, 7):
        it.turn()
        assert [each[-1:] == [b"2"] for each in it.heard()].count(True) == told
    assert it.heard() == [[b"1", b"2"]] * 6 + [[b"ring", b"1", b"2"]]
    assert it.calls == []


def test_a_few_are_told_at_once_and_so_is_everybody_without_a_loop():
    it = Team()
    for each in it.all[2:]:
        it.hub.drop(each)
    it.hub.publish_in_portions("team", b"1")
    assert (it.heard()[:3], it.calls) == ([[b"1"], [b"1"], []], [])
    at_once, listeners = Hub(portion=1), [Listener(), Listener()]
    for each in listeners:
        at_once.subscribe(each, "team")
    at_once.publish_in_portions("team", b"1")
    assert [each.heard for each in listeners] == [[b"1"]] * 2


def test_what_comes_behind_on_the_same_topic_does_not_overtake():
    it = Team()
    it.hub.publish_in_portions("team", b"1")
    it.turn()
    it.hub.publish_in_portions("team", b"2")
    it.turn()
    it.hub.publish("team", b"removed")
    assert it.heard() == [[b"1", b"2", b"removed"]] * 7
    it.turn()
    it.hub.publish_in_portions("team", b"3")
    for _ in range(4):
        it.turn()
    assert it.heard() == [[b"1", b"2", b"removed", b"3"]] * 7
    assert it.calls == []


def test_two_topics_take_their_turns_one_after_the_other():
    it = Team()
    for each in it.all[:3]:
        it.hub.subscribe(each, "other")
    for topic, frame in (("team", b"1"), ("other", b"a"), ("team", b"2")):
        it.hub.publish_in_portions(topic, frame)
    while it.calls:
        it.turn()
    assert it.heard() == [[b"1", b"2", b"a"]] * 3 + [[b"1", b"2"]] * 4


def test_a_loop_too_busy_to_finish_in_time_has_one_round_growing_and_no_more():
    it = Team()
    for frame in (b"1", b"2", b"3", b"4"):
        it.hub.publish_in_portions("team", frame)
        it.turn()
    assert len(it.hub._rounds) == 1
    late = Listener()
    for frame in (b"5", b"6", b"7"):  # and somebody comes before each
        it.hub.subscribe(late, "team")
        it.hub.publish_in_portions("team", frame)
        assert len(it.hub._rounds) <= 2
    while it.calls:
        it.turn()
    assert it.heard() == [[b"%d" % n for n in range(1, 8)]] * 7
    assert late.heard == [b"5", b"6", b"7"]


def test_who_goes_hears_no_more_and_who_comes_hears_what_is_published_from_then_on():
    it = Team()
    late = Listener()
    it.hub.publish_in_portions("team", b"1")
    it.hub.subscribe(late, "team")
    it.hub.publish_in_portions("team", b"2")
    it.hub.drop(it.all[5])
    it.hub.unsubscribe(it.all[4], "team")
    while it.calls:
        it.turn()
    assert it.heard() == [[b"1", b"2"]] * 4 + [[], [], [b"1", b"2"]]
    assert late.heard == [b"2"]


def test_whoever_takes_anothers_place_hears_what_was_on_its_way_to_them():
    it = Team()
    real = Listener()
    it.hub.publish_in_portions("team", b"1")
    it.hub.replace(it.all[6], real)
    while it.calls:
        it.turn()
    assert (it.all[6].heard, real.heard) == ([], [b"1"])


def test_whoever_is_cut_by_one_frame_is_not_sent_the_next():
    it = Team()
    it.hub.publish_in_portions("team", b"1")
    it.hub.publish_in_portions("team", b"2")

    def cut() -> None:
        it.hub.drop(it.all[0])
        it.hub.drop(it.all[1])

    it.all[0].on_frame = cut
    while it.calls:
        it.turn()
    assert it.heard() == [[b"1"], []] + [[b"1", b"2"]] * 5
