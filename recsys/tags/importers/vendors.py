"""The vendors by name, and how a file of theirs is read: one payload, a list of payloads, or one a line."""

from collections.abc import Callable, Iterator

from recsys.errors import ConfigError, DataError, require
from recsys.tags.importers import alibaba_ims, alibaba_vod, aws, azure, google
from recsys.tags.importers.result import VendorResult
from recsys.tags.payload import Field, Limits, parsed

READERS: dict[str, Callable[[Field], list[VendorResult]]] = {
    one.NAME: one.read for one in (alibaba_vod, alibaba_ims, google, aws, azure)
}


def reader(vendor: str) -> Callable[[Field], list[VendorResult]]:
    """What reads that vendor's payloads; ConfigError for a name that is none."""
    require(vendor in READERS, f"no vendor is called {vendor!r}; known are {', '.join(READERS)}", ConfigError)
    return READERS[vendor]


def results(vendor: str, data: bytes, limits: Limits = Limits()) -> list[VendorResult]:
    """Every result in what a vendor sent or a file holds.

    Args:
        vendor: one of `READERS`.
        data: JSON of one payload or of a list of payloads, or JSON Lines of either.
        limits: of each payload.

    Raises:
        ConfigError: no such vendor.
        DataError: hostile, damaged or of another form; the message names the line where there are several, and the
            place in the payload.
    """
    read = reader(vendor)
    return [found for payload in _payloads(data, limits) for found in read(payload)]


def _payloads(data: bytes, limits: Limits) -> Iterator[Field]:
    lines = [(number, line) for number, line in enumerate(data.splitlines(), start=1) if line.strip()]
    for number, whole in _documents(data, lines, limits):
        path = "$" if number is None else f"line {number}: $"
        top = parsed(whole, limits, path)
        yield from top if isinstance(top.value, list) else (top,)


def _documents(
    data: bytes, lines: list[tuple[int, bytes]], limits: Limits
) -> Iterator[tuple[int | None, bytes]]:  # fmt: skip
    """The whole, or its lines where the first of several is JSON by itself."""
    if len(lines) > 1:
        try:
            parsed(lines[0][1], limits)
        except DataError as error:
            if "is not JSON" in str(error):
                yield None, data
                return
        yield from lines
        return
    yield None, data
