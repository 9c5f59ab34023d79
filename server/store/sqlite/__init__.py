"""The store on one SQLite file: one process, one writer thread with group commit, a few readers beside it.

`directory` takes the data directory for one process, `connection` sets up connections and says which errors are the
database's own, `gathering` hands over what was read together, `company` decides whether that waits for more, `rest` is
the loop's sleep meanwhile, `queue` holds what waits to be written, `writer` commits, `checkpoint` empties the
write-ahead log, `readers` read, `backup` copies, `store` puts them together.
"""

from __future__ import annotations

from server.store.sqlite.store import Options, SqliteStore, Statistics

__all__ = ["Options", "SqliteStore", "Statistics"]
