"""What clients send wrong is answered in words that help them and tell nothing of our inside."""

from __future__ import annotations

import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from server.wire import codec, requests
from server.wire.codec import BadFrame
from server.wire.codes import ErrorCode, Refused

SEND = {"do": "message.send", "id": "7", "conversation": "c_1", "client_id": "m", "text": "hi"}


def refused(frame: object, endpoint: requests.Endpoint = "visitor") -> BadFrame:
    data = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
    with pytest.raises(BadFrame) as caught:
        codec.decode(endpoint, data)
    assert caught.value.code is ErrorCode.BAD_REQUEST
    return caught.value


def test_a_request_is_read_whatever_the_order_of_its_fields():
    expected = requests.MessageSend(id="7", conversation="c_1", client_id="m", text="hi")
    assert expected == codec.decode("visitor", json.dumps(SEND))
    assert expected == codec.decode("visitor", json.dumps(dict(reversed(SEND.items()))).encode())


def test_lossy_requests_need_no_id():
    assert UNSET is codec.decode("visitor", b'{"do":"typing","conversation":"c","active":true}').id


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"do": "message.destroy"}, "do"),
        ({"do": 5}, "do"),
        ({"do": "offer.accept"}, "do"),
        ({"text": 5}, "text"),
        ({"text": {"$regex": ".*"}}, "text"),
        ({"text": ["a"]}, "text"),
        ({"conversation": ""}, "conversation"),
        ({"client_id": "x" * 129}, "client_id"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_named_and_the_id_comes_back(change, field):
    bad = refused({**SEND, **change})
    assert ("7", field) == (bad.re, bad.field)


def test_a_missing_field_is_named():
    assert refused({"do": "message.send", "id": "7", "conversation": "c", "text": "t"}).field == "client_id"
    assert refused({"id": "7"}).field == "do"


def test_a_field_deep_inside_is_named_by_its_path():
    frame = {"do": "conversation.start", "id": "1", "client_id": "s", "form": {"name": 5}}
    assert refused(frame).field == "form[...]"
    transfer = {"do": "conversation.transfer", "id": "1", "conversation": "c", "to": {"team": "x"}}
    assert refused(transfer, "agent").field == "to.team"


@pytest.mark.parametrize("blank", [" ", "\n\t", "\u00a0\u3000", ""])
@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("replies[1]", lambda blank: {"replies": ["Yes", blank]}),
        ("cards[0].title", lambda blank: {"cards": [{"title": blank}]}),
        ("cards[0].replies[0]", lambda blank: {"cards": [{"title": "x", "replies": [blank]}]}),
        (
            "cards[0].links[0].text",
            lambda blank: {"cards": [{"title": "x", "links": [{"text": blank, "url": "https://x.example"}]}]},
        ),
    ],
)
def test_what_is_to_be_read_or_pressed_is_not_blank(field, more, blank):
    frame = {"do": "message.send", "id": "7", "conversation": "c", "client_id": "m", "text": "t"}
    assert refused({**frame, **more(blank)}, "bot").field == field
    codec.decode("bot", json.dumps({**frame, **more(" a b ")}))


@pytest.mark.parametrize("seq", ["-1", "1.5", '"3"', "NaN", "Infinity", "1e999", "9007199254740992", "9" * 5000])
def test_numbers_are_whole_and_within_what_everybody_counts_exactly(seq):
    refused(f'{{"do":"read","conversation":"c","seq":{seq}}}'.encode())


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b" ",
        b"hello",
        b"null",
        b"[]",
        b'["do"]',
        b"5",
        b'"ping"',
        b"{",
        b'{"do":"ping","id":"1"',
        b'{"do":"ping","id":"1"} {}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe",
        b'{"do":"ping","id":"\xff"}',
        b'{"do":"ping","id":"\xed\xa0\x80"}',
        b'{"do":"ping","id":"\\ud800"}',
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"id":"1","a":' + b"[" * 60_000,
    ],
)
def test_what_is_no_object_has_no_id_and_harms_nobody(frame):
    assert refused(frame).re is None


@pytest.mark.parametrize("name", ["1", 1, None, True, {"a": 1}, ["1"], "", "x" * 129])
def test_only_a_short_text_is_an_id(name):
    expected = name if name == "1" else None
    assert expected == refused({"do": "nothing", "id": name}).re


def test_the_message_shows_little_of_what_was_sent_and_nothing_of_us():
    bad = refused({**SEND, "x" * 10_000: 1})
    assert len(bad.message) < 300
    assert bad.field is not None
    assert len(bad.field) < 300
    for frame in ({**SEND, "text": 5}, {**SEND, "do": "__class__"}, {**SEND, "id": 5}):
        said = codec.error_reply("7", refused(frame)).decode()
        assert not any(word in said for word in ("msgspec", "Traceback", "server.", "object at", "`"))


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass")))
def test_no_bytes_at_all_bring_it_down(frame):
    for endpoint in ("visitor", "agent"):
        answer = None
        try:
            codec.decode(endpoint, frame)
        except BadFrame as bad:
            answer = msgspec.json.decode(codec.error_reply(bad.re, bad))
        assert answer is None or answer["ok"] is False


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("do", "id", "text", "resume", "form", "page"), _JSON)))
def test_no_json_at_all_brings_it_down(frame):
    for endpoint in ("visitor", "agent"):
        with contextlib.suppress(BadFrame):
            codec.decode(endpoint, json.dumps(frame))


def test_an_error_reply_leaves_out_what_is_not_known():
    assert {"re": None, "ok": False, "error": {"code": "gone", "message": "Too late."}} == json.loads(
        codec.error_reply(None, Refused(ErrorCode.GONE, "Too late."))
    )
    reply = json.loads(codec.error_reply("1", Refused(ErrorCode.RATE_LIMITED, "Wait.", field="text", retry_after_ms=5)))
    assert {"code": "rate_limited", "message": "Wait.", "field": "text", "retry_after_ms": 5} == reply["error"]


class Body(msgspec.Struct, forbid_unknown_fields=True):
    email: str


def test_a_body_is_read_the_same_way():
    assert "a@b" == codec.decode_body(Body, b'{"email":"a@b"}').email
    for body, field in ((b'{"email":5}', "email"), (b"{}", "email"), (b'{"email":"a","x":1}', "x"), (b"\xff", None)):
        with pytest.raises(Refused) as caught:
            codec.decode_body(Body, body)
        assert field == caught.value.field
