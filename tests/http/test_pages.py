"""What is served, to whom, for how long, and what a browser may do with it."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.http import security
from tests.http.front import Front, front

PANEL = b"// panel " + b"x" * 5000
FILES = {
    "manifest.json": b"{}",
    "widget.js": b"// widget",
    "panel.js": PANEL,
    "panel-da.js": b"// panel in Danish",
    "part-forms.js": b"// forms",
    "console.html": b"<!doctype html><title>Frontdesk</title>",
    "chat.html": b"<!doctype html><title>Chat</title>",
    "demo.html": b"<!doctype html><title>Shop</title>",
    "assets/console-abc.js": b"// console " + b"y" * 5000,
    "assets/demo-abc.js": b"// demo",
    "assets/icon-abc.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
}
VERSION, DANISH, FORMS = (
    hashlib.sha256(FILES[name]).hexdigest()[:12] for name in ("panel.js", "panel-da.js", "part-forms.js")
)


def build(folder: Path, files: dict[str, bytes] = FILES) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture
async def house(tmp_path) -> AsyncIterator[Front]:
    async with front(tmp_path) as made:
        build(made.built)
        yield made


@pytest.fixture
async def demo(tmp_path) -> AsyncIterator[Front]:
    async with front(tmp_path / "demo", demo=True) as made:
        build(made.built)
        yield made


def policy(headers) -> dict[str, str]:
    parts = [part.partition(" ") for part in headers["Content-Security-Policy"].split("; ")]
    return {name: value for name, _, value in parts}


async def test_what_other_sites_load_may_be_read_from_anywhere_without_credentials(house):
    for path in ("/widget.js", f"/panel.js?v={VERSION}", "/assets/console-abc.js"):
        status, headers, _ = await house.get(path, Origin="https://shop.example")
        assert (200, "*") == (status, headers["Access-Control-Allow-Origin"])
        assert "cross-origin" == headers["Cross-Origin-Resource-Policy"]
        assert "Access-Control-Allow-Credentials" not in headers
        assert "text/javascript; charset=utf-8" == headers["Content-Type"]


async def test_nothing_else_may(house):
    for path in ("/console", "/healthz", "/nothing", "/api/v1/nothing"):
        _, headers, _ = await house.get(path, Origin="https://shop.example")
        assert "Access-Control-Allow-Origin" not in headers
        assert "same-origin" == headers["Cross-Origin-Resource-Policy"]


@pytest.mark.parametrize(
    ("path", "caching"),
    [
        ("/widget.js", "public, max-age=300"),
        (f"/panel.js?v={VERSION}", "public, max-age=31536000, immutable"),
        ("/panel.js?v=yesterday", "public, max-age=300"),
        ("/panel.js", "public, max-age=300"),
        (f"/panel.js?language=da&v={DANISH}", "public, max-age=31536000, immutable"),
        ("/panel.js?language=da&v=yesterday", "public, max-age=300"),
        ("/panel.js?language=xx", "no-store"),
        (f"/panel.js?part=forms&v={FORMS}", "public, max-age=31536000, immutable"),
        ("/panel.js?part=forms&v=yesterday", "no-store"),
        ("/assets/console-abc.js", "public, max-age=31536000, immutable"),
        ("/console", "no-cache"),
        ("/chat/demo", "no-cache"),
        ("/nothing", "no-store"),
    ],
)
async def test_how_long_it_is_kept(house, path, caching):
    assert caching == (await house.get(path))[1]["Cache-Control"]


async def test_the_panel_comes_in_a_language_and_its_parts_when_they_are_asked_for(house):
    assert (200, b"// panel in Danish") == (await house.get("/panel.js?language=da"))[::2]
    assert (200, b"// forms") == (await house.get(f"/panel.js?part=forms&v={FORMS}"))[::2]
    for path in ("/panel.js?language=xx", "/panel.js?part=xx", "/panel.js?part=", "/panel.js?part=../widget"):
        assert 404 == (await house.get(path))[0]


async def test_a_part_of_another_panel_than_ours_is_not_given(house):
    for path in ("/panel.js?part=forms&v=yesterday", "/panel.js?part=forms", f"/panel.js?part=forms&v={VERSION}"):
        assert 404 == (await house.get(path))[0]


async def test_no_answer_says_what_it_runs_on(house):
    for path in ("/console", "/healthz", "/nothing", "/widget.js"):
        assert "frontdesk" == (await house.get(path))[1]["Server"]


async def test_who_has_it_already_is_not_sent_it_again(house):
    _, headers, _ = await house.get("/widget.js")
    status, again, body = await house.get("/widget.js", **{"If-None-Match": headers["ETag"]})
    assert (304, b"", headers["ETag"]) == (status, body, again["ETag"])
    assert 200 == (await house.get("/widget.js", **{"If-None-Match": 'W/"other"'}))[0]


async def test_text_is_compressed_for_whoever_understands_it(house):
    _, headers, body = await house.get("/panel.js", **{"Accept-Encoding": "br, gzip"})
    assert ("gzip", "Accept-Encoding") == (headers["Content-Encoding"], headers["Vary"])
    assert PANEL == gzip.decompress(body)
    _, headers, body = await house.get("/panel.js", **{"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in headers
    assert PANEL == body


@pytest.mark.parametrize("path", ["/console", "/chat/demo"])
async def test_a_page_may_do_only_what_it_must(house, path):
    _, headers, _ = await house.get(path)
    rules = policy(headers)
    host = house.url.removeprefix("http://")
    assert "'none'" == rules["default-src"]
    assert ("'self'", "'self'") == (rules["script-src"], rules["style-src"])
    assert f"'self' ws://{host} wss://{host}" == rules["connect-src"]
    assert ("'none'", "'script'") == (rules["base-uri"], rules["require-trusted-types-for"])
    assert "'none'" == rules["trusted-types"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "nosniff" == headers["X-Content-Type-Options"]
    assert ("same-origin", "same-origin") == (headers["Referrer-Policy"], headers["Cross-Origin-Opener-Policy"])


async def test_nobody_frames_the_console_and_only_its_sites_frame_a_chat(house):
    house.desk.sites = {"demo": ("https://shop.example", "http://b.example:81", "x; script-src *"), "open": ("*",)}
    framing = {path: (await house.get(path))[1] for path in ("/console", "/chat/demo", "/chat/open")}
    assert "'none'" == policy(framing["/console"])["frame-ancestors"]
    assert "DENY" == framing["/console"]["X-Frame-Options"]
    assert "'self' https://shop.example http://b.example:81" == policy(framing["/chat/demo"])["frame-ancestors"]
    assert "'self' *" == policy(framing["/chat/open"])["frame-ancestors"]
    assert "X-Frame-Options" not in framing["/chat/demo"]


def test_only_what_frames_our_pages_may_and_only_ours():
    assert "'self'" == policy(security.page_headers("host", frames_us=True))["frame-src"]
    assert "frame-src" not in policy(security.page_headers("host"))


@pytest.mark.parametrize("host", ["evil.example; script-src *", "a b", "x,y", "ü.example"])
async def test_a_strange_host_does_not_get_into_the_policy(house, host):
    _, headers, _ = await house.get("/console", Host=host)
    # aiohttp answers the worst of them by itself.
    assert policy(headers)["connect-src"] == "'self'" if "Content-Security-Policy" in headers else "CSP" not in headers


async def test_an_unknown_site_has_no_chat(house):
    assert 404 == (await house.get("/chat/nowhere"))[0]
    assert 404 == (await house.get("/chat/"))[0]


async def test_the_shop_is_there_in_the_demo_only(house, demo):
    status, headers, _ = await house.get("/")
    assert (302, "/console") == (status, headers["Location"])
    assert [404, 404] == [(await house.get(path))[0] for path in ("/assets/demo-abc.js", "/demo.html")]
    status, _, body = await demo.get("/")
    assert (200, FILES["demo.html"]) == (status, body)
    assert 200 == (await demo.get("/assets/demo-abc.js"))[0]


async def test_settings_are_reserved(house):
    assert 404 == (await house.get("/settings"))[0]


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../pages.py",
        "/assets/..%2f..%2fpages.py",
        "/assets/%2e%2e/%2e%2e/pages.py",
        "/assets/..%5c..%5cpages.py",
        "/assets//etc/passwd",
        "/assets/%00",
        "/assets/.source-hash",
        "/manifest.json",
        "/assets/manifest.json",
        "/assets/console.html",
        "/chat.html",
        "/.git/config",
        "/%2e%2e/pages.py",
        "//widget.js/..",
    ],
)
async def test_no_path_leads_to_other_files(house, path):
    status, _, body = await house.get(path)
    assert 404 == status
    assert b"import" not in body


async def test_head_is_get_without_a_body(house):
    async with house.http.head(house.url + "/widget.js") as answer:
        assert (200, b"") == (answer.status, await answer.read())


async def test_without_pages_there_is_a_sentence(tmp_path):
    async with front(tmp_path) as house:
        for path in ("/console", "/widget.js", "/panel.js", "/chat/demo", "/assets/x.js"):
            status, headers, body = await house.get(path)
            assert (503, b"The pages are not built. Run make pages.\n") == (status, body)
            assert "no-store" == headers["Cache-Control"]
        assert 200 == (await house.get("/healthz"))[0]


async def test_new_pages_are_served_from_the_next_request_on_and_old_ones_until_then(house):
    assert b"// widget" == (await house.get("/widget.js"))[2]
    shutil.rmtree(house.built)
    assert b"// widget" == (await house.get("/widget.js"))[2]
    build(house.built, {**FILES, "widget.js": b"// new"})
    os.utime(house.built / "manifest.json", ns=(1, 1))
    assert b"// new" == (await house.get("/widget.js"))[2]


async def test_whoever_came_encrypted_is_to_come_so_again(tmp_path):
    async with front(tmp_path, proxies=["127.0.0.1"]) as house:
        for path in ("/console", "/widget.js", "/api/v1/openapi.json", "/nothing"):
            _, headers, _ = await house.get(path, **{"X-Forwarded-Proto": "https"})
            assert "max-age=31536000" == headers["Strict-Transport-Security"]
            assert "Strict-Transport-Security" not in (await house.get(path))[1]
