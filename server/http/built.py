"""The built pages, read once and kept in memory with their compressed form.

A name is looked up in a dictionary: no path of a request ever becomes a path of the file system.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BUILT: Final = Path(__file__).parent / "built"
_MANIFEST: Final = "manifest.json"
_WORTH_COMPRESSING: Final = 1024

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mp3": "audio/mpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_COMPRESSIBLE: Final = {".css", ".html", ".js", ".json", ".svg"}


class NotBuilt(Exception):
    """There are no pages to serve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file. `version` is what its address carries, `compressed` is None when it is not worth it."""

    body: bytes
    compressed: bytes | None
    content_type: str
    digest: str

    @property
    def version(self) -> str:
        return self.digest[:12]


class Built:
    """The files of one folder. When they are built anew, the new ones are served from the next request on."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._folder = folder
        self._files: dict[str, File] = {}
        self._read_at: int | None = None

    def file(self, name: str) -> File | None:
        """By its path within the folder, with `/`. Raises `NotBuilt` when nothing was ever there."""
        try:
            changed_at = (self._folder / _MANIFEST).stat().st_mtime_ns
        except OSError:
            # In the moment in which new pages take the place of the old ones there are none.
            if self._read_at is None:
                raise NotBuilt from None
        else:
            if changed_at != self._read_at:
                self._files = _read(self._folder)
                self._read_at = changed_at
        return self._files.get(name)


def _read(folder: Path) -> dict[str, File]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix in _TYPES and path.name != _MANIFEST]
    return {path.relative_to(folder).as_posix(): _file(path) for path in paths}


def _file(path: Path) -> File:
    body = path.read_bytes()
    worth_it = path.suffix in _COMPRESSIBLE and len(body) >= _WORTH_COMPRESSING
    return File(
        body=body,
        compressed=gzip.compress(body, 9, mtime=0) if worth_it else None,
        content_type=_TYPES[path.suffix],
        digest=hashlib.sha256(body).hexdigest(),
    )
