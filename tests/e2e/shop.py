"""Somebody else's website, on an origin of its own, that embeds the widget."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = """<!doctype html>
<html lang="en"{html}>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A shop</title>
<link rel="stylesheet" href="/site.css"><script async src="{widget}" data-site="demo"></script></head>
<body><main><h1>A shop</h1><p>With things in it.</p><button>Buy</button></main></body>
</html>
"""


class Shop(ThreadingHTTPServer):
    """Serves one page at every path; how it looks and what it allows is set before it is asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.widget = ""
        self.html = ""
        self.style = ""
        self.policy = ""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Shop)
        kind, text = "text/html", PAGE.format(html=self.server.html, widget=self.server.widget)
        if self.path == "/site.css":
            kind, text = "text/css", self.server.style
        elif self.path.endswith(".js"):
            kind, text = "text/javascript", ""
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if self.server.policy:
            self.send_header("Content-Security-Policy", self.server.policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: Any) -> None:
        """Nobody reads it."""


@contextlib.contextmanager
def open_shop() -> Iterator[Shop]:
    with Shop() as shop:
        thread = threading.Thread(target=shop.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield shop
        finally:
            shop.shutdown()
            thread.join()
