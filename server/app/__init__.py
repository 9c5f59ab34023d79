"""The composition root: the only part that names concrete classes. Nothing imports it but what starts it.

`config` says what a server is started with, `ground` opens the data directory, `parts` makes what stands on it,
`serving` starts them in order and ends them in reverse, `offline` does without a server.
"""

from __future__ import annotations

from server.app.config import Config, StartError, version
from server.app.offline import offline
from server.app.serving import Running, run, running

__all__ = ["Config", "Running", "StartError", "offline", "run", "running", "version"]
