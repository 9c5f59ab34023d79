"""`frontdesk site secret`: made once, rotated, ended; never in an export, always in the audit log."""

from __future__ import annotations

import json

from tests.cli.conftest import Run


def site_of(workspace: Run) -> str:
    text = workspace("export").stdout
    return next(line.split('"')[1] for line in text.partition("[[site]]")[2].splitlines() if line.startswith("key"))


def test_a_secret_is_made_once_and_rotated(workspace: Run):
    site = site_of(workspace)
    first = workspace("site", "secret", site).stdout.strip()
    assert len(first) >= 43
    assert workspace("site", "secret", site).stdout.strip() == first
    second = workspace("site", "secret", site, "--rotate").stdout.strip()
    assert second != first
    assert workspace("site", "secret", site, "--end-old").stdout.strip() == second
    exported = workspace("export").stdout
    rows = [json.loads(line) for line in workspace("audit", "--json").stdout.splitlines()]
    told = [(row["action"], row["target"]) for row in rows if row["action"].startswith("site.")]
    assert told == [("site.secret_made", site), ("site.secret_shown", site)] * 2
    for secret in (first, second):
        assert secret not in exported
        assert secret not in json.dumps(rows)
    assert workspace("site", "secret", site, "--end-all").stdout.strip() == f"The site {site} has no secret any more."
    done = workspace("site", "secret", site, "--end-all")
    assert (done.exit_code, done.stderr) == (1, f'The site "{site}" has no secret.\n')


def test_what_cannot_be_is_said_in_a_sentence(workspace: Run):
    site = site_of(workspace)
    done = workspace("site", "secret", f"{site}x")
    assert done.exit_code == 1
    assert f'did you mean "{site}"?' in done.stderr
    assert workspace("site", "secret", site, "--end-all", "--rotate").exit_code == 2
