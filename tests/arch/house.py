"""The house's plan as a table: which part may import which. DESIGN in one place, checked by test_imports.py.

A part is the longest name of this table that a module's name begins with. A new folder or a new module directly
under `server/` needs a row here: whoever adds one decides what it may lean on.
"""

from __future__ import annotations

# First-party names each part may import, besides itself.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "router": (),
    "server": (),
    "server.clock": (),
    "server.histogram": (),
    "server.watchdog": ("server.clock", "server.histogram"),
    "server.log": (),
    "server.supervisor": ("server.clock",),
    "server.wire": (),
    "server.settings": ("router",),
    "server.session": ("server.wire", "server.clock"),
    "server.bus": ("server.clock",),
    "server.store": ("server.settings", "server.clock", "server.histogram"),
    "server.desk": (
        "router",
        "server.wire",
        "server.settings",
        "server.clock",
        "server.histogram",
        # The contract of the store and its functions of a transaction, never a database.
        "server.store.base",
        "server.store.accounts",
        "server.store.audit",
        "server.store.bot_tokens",
        "server.store.conversations",
        "server.store.entries",
        "server.store.installation",
        "server.store.privacy",
        "server.store.promises",
        "server.store.requests",
        "server.store.routed",
        "server.store.routing",
        "server.store.rows",
        "server.store.site_secrets",
        "server.store.turns",
        "server.store.visitors",
        "server.store.workspaces",
        "server.bus.base",
        # The seam itself: Protocols of what a session offers and needs.
        "server.session.ports",
    ),
    # The settings are the bodies of the API, which has them changed the way the command line does.
    "server.http": (
        "server.desk",
        "server.session",
        "server.control",
        "server.settings",
        "server.wire",
        "server.clock",
        "server.histogram",
        "server.watchdog",
        # Its name for "the database cannot be reached".
        "server.store.base",
    ),
    # What the command line asks of an installation; it needs no page and no socket of a browser's.
    # Visitors who come over a socket, as anybody would: they know nothing of the house.
    "server.crowd": (),
    "server.control": (
        "server.desk",
        "server.settings",
        "server.store",
        "server.clock",
        "server.wire",
        # Recorded traffic is written out as the lab reads it.
        "router.events",
        "router.lab.trace",
        "server.lab.traces",
    ),
    # The lab reads scenarios, which are made of settings, and brings them to the router as the desk does.
    "server.lab": (
        "router",
        "server.settings",
        "server.clock",
        "server.desk.directory",
        "server.desk.intake",
        "server.store.workspaces",
    ),
    "server.app": ("router", "server"),
    "server.demo": ("router", "server"),
    "server.cli": ("router", "server"),
    "server.__main__": ("server.cli",),
    "bots": (),
}

# Nothing leans on the composition root but the two that start it.
STARTS_THE_APP = frozenset({"server.cli", "server.demo"})

# Where a library is at home; elsewhere in router/, server/ and bots/ it must not be seen.
HOMES: dict[str, tuple[str, ...]] = {
    "aiohttp": (
        "server.session.connection",
        "server.session.connections",
        "server.http",
        "server.crowd",
        "server.app",
        "bots.examples.relay",
    ),
    "redis": ("server.bus",),
    "apsw": ("server.store",),
    "sqlite3": ("server.store",),
    "psycopg": ("server.store",),
    "mypy_extensions": ("router.compiling",),
    "cel": ("router.rules",),
    "jwt": ("server.desk.site_identity",),
    "maxminddb": ("server.desk.countries",),
    "pycld2": ("server.desk.languages",),
    "click": ("server.cli",),
    "prometheus_client": ("server.http.metrics", "server.http.measured"),
    "uvloop": ("server.app", "server.cli", "server.demo"),
    "websockets": ("bots",),
}

# The pure core's whole world: data structures and arithmetic. No asyncio, no time, no os, no logging.
ROUTER_STDLIB = frozenset(
    {
        "__future__",
        "abc",
        "array",
        "bisect",
        "collections",
        "copy",
        "dataclasses",
        "difflib",
        "enum",
        "functools",
        "heapq",
        "itertools",
        "math",
        "operator",
        "random",  # Only its class Random, which takes a seed: test_imports.py and test_no_sleeps.py.
        "re",
        "statistics",
        "types",
        "typing",
    }
)
# mypy_extensions: words to the compiler, read by type checkers only.
ROUTER_LIBRARIES = frozenset({"msgspec", "cel", "mypy_extensions"})
# Builtins that reach out of the router, or whose answer differs from run to run.
ROUTER_BUILTINS_AWAY = frozenset({"open", "print", "input", "eval", "exec", "hash", "id"})
WIRE_LIBRARIES = frozenset({"msgspec", "orjson"})

# Names that mean "I did not know where to put this".
NO_PLACE = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "manager"})


def part_of(module: str) -> str | None:
    """The part a module belongs to, or nothing if the plan has no row for it."""
    if module.count(".") == 1 and module.startswith("server."):
        return module if module in MAY_IMPORT else None
    fitting = [part for part in MAY_IMPORT if part != "server" and is_within(module, part)]
    return max(fitting, key=len, default="server" if module == "server" else None)


def is_within(module: str, part: str) -> bool:
    return module == part or module.startswith(part + ".")
