"""Uploaded videos: streamed into the spool folder, never held in memory, and gone again where anything goes wrong."""

import hashlib
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from service.problems import Fault, ProblemError, invalid
from service.threads import in_thread

FILE = "file"
"""The part of a form that holds the video."""
BLOCK = 1 << 20
MOST_FIELD_BYTES = 64 * 1024
"""Of all fields of a form together, but the file."""


@dataclass(frozen=True)
class Upload:
    """A video in the spool folder."""

    name: str
    """Of the file; made here, whatever the sender calls it."""
    sha256: str
    fields: Mapping[str, str]
    """What came with it: the other fields of a form."""


class SpoolFile:
    """A file that is being written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{uuid.uuid4().hex}.upload"
        self._file = self.path.open("xb")
        self._hash, self._waiting, self.n_bytes = hashlib.sha256(), bytearray(), 0

    def add(self, data: bytes) -> None:
        """Take some bytes; `flushed` writes them."""
        self._waiting += data
        self.n_bytes += len(data)

    async def flushed(self, least: int = BLOCK) -> None:
        """Write what waits, if it is so much."""
        if len(self._waiting) >= least:
            block, self._waiting = bytes(self._waiting), bytearray()
            await in_thread(self._write, block)

    def close(self) -> str:
        """Close it and return its sha256."""
        self._file.close()
        return self._hash.hexdigest()

    def _write(self, block: bytes) -> None:
        self._file.write(block)
        self._hash.update(block)


@asynccontextmanager
async def uploaded(request: Request, folder: Path) -> AsyncIterator[Upload]:
    """The video in a request's body, which is a form with a file or the file itself.

    Args:
        request: its body is not read yet.
        folder: the spool folder. The file stays in it, but where the block inside raises.

    Raises:
        ProblemError: 400, the form is damaged or broken off; 422, it holds no file, or an empty one.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    spooled = SpoolFile(folder)
    try:
        if kind == b"multipart/form-data":
            fields = await _read_form(request, options.get(b"boundary", b""), spooled)
        else:
            fields = {}
            async for part in request.stream():
                spooled.add(part)
                await spooled.flushed()
        await spooled.flushed(1)
        sha256 = spooled.close()
        if not spooled.n_bytes:
            raise invalid([Fault(FILE, None, "the video is empty; send its bytes")])
        yield Upload(spooled.path.name, sha256, fields)
    except BaseException as error:
        spooled.close()
        spooled.path.unlink(missing_ok=True)
        if isinstance(error, ClientDisconnect):
            raise ProblemError(400, "upload-broken-off", "The upload broke off; send it again") from error
        raise


@dataclass
class _Form:
    """Takes the parts of a form: the file to the spool, the rest to memory, within a limit."""

    file: SpoolFile
    fields: dict[str, bytearray] = field(default_factory=dict)
    is_complete: bool = False
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _part: str = ""
    _n_bytes: int = 0
    _has_file: bool = False

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin, "on_part_data": self._data, "on_header_field": self._name,
            "on_header_value": self._told, "on_header_end": self._end_header, "on_end": self._end,
        }  # fmt: skip

    def _begin(self) -> None:
        self._part = ""

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _told(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self._part = options.get(b"name", b"").decode("utf-8", "replace")
            self._open(self._part)
        self._header.clear()
        self._value.clear()

    def _open(self, part: str) -> None:
        if part in self.fields or (part == FILE and self._has_file):
            raise invalid([Fault(part[:100], None, "a form has each field once")])
        if part == FILE:
            self._has_file = True
        else:
            self.fields[part] = bytearray()

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part == FILE:
            self.file.add(data[start:end])
            return
        self._n_bytes += end - start
        if self._n_bytes > MOST_FIELD_BYTES or self._part not in self.fields:
            rule = f"the fields beside the file have names, and at most {MOST_FIELD_BYTES} bytes together"
            raise invalid([Fault(self._part[:100], None, rule)])
        self.fields[self._part] += data[start:end]

    def _end(self) -> None:
        self.is_complete = True


async def _read_form(request: Request, boundary: bytes, file: SpoolFile) -> dict[str, str]:
    form = _Form(file)
    try:
        parser = MultipartParser(boundary, form.callbacks())
        async for part in request.stream():
            parser.write(part)
            await file.flushed()
        parser.finalize()
    except MultipartParseError as error:
        raise ProblemError(400, "malformed-form", f"The form is damaged: {error}") from None
    if not form.is_complete:
        raise ProblemError(400, "malformed-form", "The form ends before its last boundary; send it again, whole")
    try:
        return {name: bytes(value).decode() for name, value in form.fields.items()}
    except UnicodeDecodeError:
        raise ProblemError(400, "malformed-form", "The fields of the form are not UTF-8") from None
