"""What jobs may look at: files in allowed folders, addresses that may be fetched, what vendors said."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recsys.addresses import address
from recsys.errors import DataError
from recsys.tags.importers.result import VendorResult
from recsys.tags.importers.taggings import video_of
from recsys.tags.importers.vendors import results
from service.problems import Fault, invalid
from service.schemas.tag_jobs import TagJobFields, UploadFields
from service.settings import Settings
from service.storage.tag_jobs import NewJob
from service.threads import in_thread
from service.uploads import Upload

MOST_VIDEOS = 100
"""Of one import; more are brought in by `tagreel tags import`."""
MOST_STORED = 64 * 2**20
"""Each job of an import keeps the payload until it is done: so many characters together."""


def of_upload(fields: UploadFields, upload: Upload) -> NewJob:
    """A job for an uploaded video."""
    return NewJob(**_plain(fields), input="upload", place=upload.name, content=upload.sha256, options=fields.options())


async def of_fields(fields: TagJobFields, settings: Settings) -> NewJob:
    """A job for what its fields name.

    Raises:
        ProblemError: 422; it may not be looked at, or is not there.
        DataError: a vendor's payload is hostile, damaged, or of another form.
    """
    if fields.path is not None:
        place, content = await in_thread(file_of, fields.path, settings)
        return NewJob(**_plain(fields), input="path", place=place, content=content, options=fields.options())
    if fields.url is not None:
        checked_url(fields.url, settings, "url")
        content = _hash(fields.url.encode())
        return NewJob(**_plain(fields), input="url", place=fields.url, content=content, options=fields.options())
    data = json.dumps(fields.payload, ensure_ascii=False).encode(errors="surrogatepass")
    [job], _ = await of_payload(str(fields.vendor), data, fields.video_id)
    return NewJob(**{**vars(job), "priority": fields.priority})


async def of_payload(vendor: str, data: bytes, video_id: str | None) -> tuple[list[NewJob], list[str]]:
    """A job for each video that a vendor's payload is of, and what has no result in it.

    Args:
        vendor: one of `READERS`.
        data: as it came.
        video_id: the platform's id of the one video that it is of; by default what the vendor calls each.

    Raises:
        DataError: hostile, damaged, or of another form; `video_id` is given and it is of several; or of too many.
    """
    found = await in_thread(results, vendor, data)
    return _jobs(vendor, data.decode("utf-8-sig"), found, video_id)


def _jobs(
    vendor: str, payload: str, found: Sequence[VendorResult], video_id: str | None
) -> tuple[list[NewJob], list[str]]:
    done = [one for one in found if one.status == "success"]
    media = list(dict.fromkeys(one.media_id for one in done))
    if video_id is not None and len(media) > 1:
        raise DataError(f"the payload is of {len(media)} videos, and one is named")
    if len(media) > MOST_VIDEOS:
        raise DataError(f"the payload is of {len(media)} videos; at most {MOST_VIDEOS} go in one request")
    if len(media) * len(payload) > MOST_STORED:
        raise DataError(f"the payload is large and of {len(media)} videos; send it in parts")
    content = _hash(f"{vendor}:{payload}".encode())
    by_media = {one.media_id: one for one in done}
    jobs = [
        NewJob(
            video_id=video_of(by_media[one], video_id), input="vendor", place=vendor, content=content, payload=payload,
            options={} if one is None else {"media_id": one},
        )
        for one in media
    ]  # fmt: skip
    lacking = [one.name for one in found if one.status != "success"]
    return jobs, lacking


def file_of(text: str, settings: Settings) -> tuple[str, str]:
    """A file's resolved path and its sha256.

    Raises:
        ProblemError: 422; it is not in an allowed folder, not there, empty, or too large.
    """
    try:
        path = Path(text).resolve()
        inside = Path(text).is_absolute() and any(path.is_relative_to(root) for root in settings.media_roots)
        if not inside or not path.is_file():
            rule = "it must be a file's whole path in a folder that TAGREEL_MEDIA_ROOTS names"
            raise invalid([Fault("path", text[:100], rule)])
        n_bytes = path.stat().st_size
        if not 0 < n_bytes <= settings.max_upload_bytes:
            rule = f"the file has {n_bytes:,} bytes; 1 to {settings.max_upload_bytes:,} are allowed"
            raise invalid([Fault("path", text[:100], rule)])
        with path.open("rb") as file:
            return str(path), hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        raise invalid([Fault("path", text[:100], f"it cannot be read: {error}")]) from None


def checked_url(url: str, settings: Settings, field: str) -> None:
    """ProblemError 422 where an address may not be asked, as far as can be told without looking it up."""
    try:
        address(url, settings.allow_private)
    except DataError as error:
        raise invalid([Fault(field, url[:100], str(error))]) from None


def _plain(fields: UploadFields) -> dict[str, Any]:
    return {"video_id": fields.video_id, "priority": fields.priority}


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
