"""The secrets that sites sign their visitors' identities with: in the database only, in no file of settings."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Final

from server.control.failure import Failure
from server.store import audit, site_secrets, workspaces
from server.store.base import Store, Tx

WEEK_MS: Final = 7 * 86_400_000


async def ask(
    store: Store, site: str, *, fresh: Callable[[], bytes], now: int, rotate: bool = False, end: str = ""
) -> str:
    """The current secret, made if there is none; nothing when `end` is `all`. What is done or told is recorded.

    Args:
        store: the database.
        site: the key of a site that is there.
        fresh: 256 random bits.
        now: in milliseconds.
        rotate: make a new one; the one before stays good for a week.
        end: `old`: only the current one is good from now on; `all`: none is.

    Raises:
        Failure: there is none to end.
    """

    def work(tx: Tx) -> str:
        workspace = workspaces.find(tx)
        assert workspace is not None, "the site is of it"
        if end == "all":
            if not site_secrets.forget(tx, workspace.id, site):
                raise Failure(f'The site "{site}" has no secret.')
            audit.append(tx, at=now, actor=audit.OWNER, action="site.secret_ended", target=site, detail={"end": "all"})
            return ""
        good = site_secrets.good(tx, workspace.id, site, now=now)
        action = "site.secret_shown"
        if rotate or not good:
            made = base64.urlsafe_b64encode(fresh()).decode().rstrip("=")
            site_secrets.put(tx, workspace.id, site, made, at=now, old_until=now + WEEK_MS)
            good = [made, *good]
            action = "site.secret_made"
        if end == "old":
            site_secrets.end_old(tx, workspace.id, site)
        audit.append(tx, at=now, actor=audit.OWNER, action=action, target=site, detail={"end": end} if end else None)
        return good[0]

    return await store.write(work)
