"""Schemathesis at the API of a real server: every operation of its own OpenAPI document, as an admin."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from tests.blackbox.connection import login
from tests.blackbox.process import Server

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# They end the login that the others need.
_ENDS_LOGINS = "/api/v1/(login|logout|logins|ticket)"


def paths(server: Server) -> list[str]:
    """What the server says it has."""
    with urlopen(f"http://{server.address}/api/v1/openapi.json") as answer:  # a test's own server
        return sorted(json.load(answer)["paths"])


def fuzz(
    server: Server, *, seed: int, examples: int, only: str = "", seconds: int = 0, coverage: bool = True
) -> tuple[int, str]:
    """Exit code (0: nothing found) and what was said.

    ``only``: one path; without, all but those that end logins. ``coverage``: every way in which each parameter can be
    wrong as well, which are thousands.
    """
    status, body = asyncio.run(login(server.address, "root@demo.example"))
    if status != 200:
        raise RuntimeError(f"root cannot log in: {status} {body}")
    program = str(Path(sys.executable).with_name("st"))
    phases = "coverage,fuzzing" if coverage else "fuzzing"
    command = [program, "run", f"http://{server.address}/api/v1/openapi.json"]
    command += ["-H", f"Authorization: Bearer {json.loads(body)['token']}", "--checks", CHECKS]
    command += ["--phases", phases, "--max-examples", str(examples), "--seed", str(seed)]
    command += ["--suppress-health-check", "all", "--request-timeout", "20"]
    command += ["--continue-on-failure", "--warnings", "off"]
    command += ["--max-time", str(seconds)] if seconds else []
    command += ["--include-path", only] if only else ["--exclude-path-regex", _ENDS_LOGINS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=server.folder)
    return done.returncode, done.stdout + done.stderr
