"""Origins that look like ours, or like one on a site's list, and are not: every trick of the trade."""

from __future__ import annotations

from urllib.parse import urlsplit


def lookalikes(good: str) -> list[str]:
    """Of an origin such as ``https://shop.example`` or ``http://127.0.0.1:8080``."""
    parts = urlsplit(good)
    scheme, host = parts.scheme, parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    other = "http" if scheme == "https" else "https"
    return [
        f"{good}.evil.example",  # suffix
        f"{scheme}://{host}.evil.example{port}",
        f"{scheme}://{host}evil.example{port}",
        f"{scheme}://evil-{host}{port}",  # prefix
        f"{scheme}://evil{host}{port}",
        f"{scheme}://x.{host}{port}",  # a subdomain is another
        f"{scheme}://{host[1:]}{port}",
        f"{scheme}://{host}:1",  # port
        f"{scheme}://{host}{port}0" if port else f"{scheme}://{host}:4430",
        f"{other}://{host}:1",  # scheme
        f"ftp://{host}{port}",
        f"file://{host}",
        f"chrome-extension://{host}{port}",
        f"{scheme}://{host}@evil.example{port}",  # userinfo
        f"{scheme}://evil.example@{host}{port}",
        f"{scheme}://user:pass@{host}{port}",
        f"{good}`.evil.example",  # backtick and what else once got past
        f"{good}\\.evil.example",
        f"{good}%2eevil.example",
        f"{good}&.evil.example",
        f"{good}{{}}",
        f"{good}/",
        f"{good}/path",
        f"{good}?x",
        f"{good}#x",
        f"{good}.",  # the same to the name system, another to a browser
        f"{good} ",
        f"{scheme}:{host}{port}",
        f"{scheme}:///{host}{port}",
        f"//{host}{port}",
        f"{host}{port}",
        f"{good}, {good}",
        f"{good} https://evil.example",
        f"{scheme}://xn--{host}{port}",
        f"{scheme}://*{port}",
        f"{scheme}://{port}",
        "null",
        "undefined",
        "*",
        "",
        "about:blank",
        "data:",
        "x" * 3000,
    ]


def homographs(good: str) -> list[str]:
    """As a browser would never write them; a header cannot hold them either, so only functions are asked."""
    letters = {"a": "\u0430", "o": "\u043e", "e": "\u0435", "p": "\u0440"}
    replaced = [good.replace(letter, other) for letter, other in letters.items() if letter in good]
    return [*replaced, f"{good}\u3002x"]
