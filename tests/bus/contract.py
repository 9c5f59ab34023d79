"""What every bus does. A test module for one of them defines the fixture `bus`, started, and imports these."""

from __future__ import annotations

import structlog

from server.bus.base import Bus


def listen(bus: Bus) -> list[tuple[str, bytes]]:
    heard: list[tuple[str, bytes]] = []
    bus.subscribe(lambda topic, payload: heard.append((topic, payload)))
    return heard


async def test_every_listener_hears_everything_in_order(bus, settle):
    one, other = listen(bus), listen(bus)
    for n in range(100):
        bus.publish("t", b"%d" % n)
    await settle()
    assert [("t", b"%d" % n) for n in range(100)] == one == other


async def test_what_a_listener_publishes_comes_after_what_it_was_told(bus, settle):
    bus.subscribe(lambda topic, _: bus.publish("echo", b"x") if topic == "call" else None)
    heard = listen(bus)
    bus.publish("call", b"1")
    bus.publish("call", b"2")
    await settle()
    assert ["call", "echo"] * 2 == [topic for topic, _ in heard] or ["call", "call", "echo", "echo"] == [
        topic for topic, _ in heard
    ]


async def test_a_failing_listener_harms_nobody(bus, settle):
    def fail(topic: str, payload: bytes) -> None:
        raise RuntimeError(topic)

    bus.subscribe(fail)
    heard = listen(bus)
    with structlog.testing.capture_logs() as logs:
        bus.publish("t", b"x")
        await settle()
    assert [("t", b"x")] == heard
    assert ["error"] == [line["log_level"] for line in logs]


async def test_who_has_unsubscribed_hears_nothing_more(bus, settle):
    heard: list[bytes] = []
    unsubscribe = bus.subscribe(lambda _, payload: heard.append(payload))
    bus.publish("t", b"1")
    await settle()
    unsubscribe()
    unsubscribe()
    bus.publish("t", b"2")
    await settle()
    assert [b"1"] == heard


async def test_payloads_are_bytes_of_any_kind(bus, settle):
    heard = listen(bus)
    payload = bytes(range(256))
    bus.publish("c_1/ü", payload)
    await settle()
    assert [("c_1/ü", payload)] == heard


async def test_after_the_end_nothing_is_heard_and_losses_are_counted(bus, settle):
    heard = listen(bus)
    await bus.close()
    await bus.close()
    bus.publish("t", b"x")
    await settle()
    assert [] == heard
    assert (1, 1) == (bus.statistics().published, bus.statistics().lost)
