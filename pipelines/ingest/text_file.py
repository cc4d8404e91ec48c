"""Text files as lines: plain or gzip, UTF-8 with or without a byte order mark, of bounded length.

Bytes that are not UTF-8 become lone surrogates, which no checked value may hold; so a bad byte costs its row only.
"""

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TextIO

from recsys.errors import DataError

NOT_UTF8 = "is not valid UTF-8"
LINE_FIELDS = 16
"""A line may hold this many of the longest fields."""


class TextFile:
    """An open text file that knows which part of it is read."""

    def __init__(self, raw: IO[bytes], text: TextIO, size: int) -> None:
        self.raw, self.text, self.size = raw, text, size

    def done(self) -> float | None:
        """Which part is read, 0 to 1."""
        return min(self.raw.tell() / self.size, 1.0) if self.size else None

    def lines(self, max_field_bytes: int) -> Iterator[str]:
        """Every line with its end; of an overlong one only the beginning."""
        limit = max_field_bytes * LINE_FIELDS
        for line in iter(partial(self.text.readline, limit), ""):
            if len(line) >= limit and not line.endswith(("\n", "\r")):
                self._skip_rest(limit)
            yield line

    def _skip_rest(self, limit: int) -> None:
        while (rest := self.text.readline(limit)) and not rest.endswith(("\n", "\r")):
            pass


@contextmanager
def open_text(path: Path, newline: str) -> Iterator[TextFile]:
    """Open for reading; `newline` as in `open`. DataError where the file is missing or its gzip stream is broken."""
    try:
        with path.open("rb") as raw:
            content = gzip.GzipFile(fileobj=raw) if path.name.lower().endswith(".gz") else raw
            buffered = io.BufferedReader(content, 1 << 20) if content is not raw else content
            text = io.TextIOWrapper(buffered, encoding="utf-8-sig", errors="surrogateescape", newline=newline)
            yield TextFile(raw, text, os.fstat(raw.fileno()).st_size)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path} is not a whole gzip file: {error}; fetch it again") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None


def is_clean(text: str) -> bool:
    """Whether text is valid Unicode throughout."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
