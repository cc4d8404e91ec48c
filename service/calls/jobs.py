"""The API's part jobs. Written by `docs/client.py`; change that, or the service."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict, Unpack

from service.calls.call import Answer, Call, in_path


class AnalyserOutcome(Answer):
    """What became of one analyser."""

    analyser: str
    state: str
    says: str
    n_evidence: int


class Callback(Answer):
    """Where callbacks go."""

    url: str
    secret_ends: str
    """The secret's last four characters."""
    changed_at: datetime


class CallbackFields(TypedDict):
    """Where to tell of jobs that ended."""

    url: str
    """An http or https address; POST requests are sent there."""
    secret: NotRequired[str | None]
    """What callbacks are signed with; made here, and shown once, where it is not given."""


class DeadCallback(Answer):
    """A callback that was tried in vain."""

    callback_id: str
    job_id: str
    attempts: int
    error: str | None
    created_at: datetime


class DeadCallbacks(Answer):
    """Callbacks that were tried in vain, the latest first."""

    callbacks: list[DeadCallback]


class FoundBy(Answer):
    """Whose evidence made a tag."""

    source: str
    share: float
    """Of the tag's belief; the shares of a tag add up to 1."""


class NewCallback(Answer):
    """Where callbacks go, with the secret this once."""

    url: str
    secret_ends: str
    """The secret's last four characters."""
    changed_at: datetime
    secret: str


class ReplayFields(TypedDict):
    """Which callbacks to send anew."""

    callback_id: NotRequired[str | None]
    """One, whatever became of it; all dead ones by default."""


class Replayed(Answer):
    """How many callbacks are sent anew."""

    callbacks: int


class Span(Answer):
    """A stretch of the video with the tag in it."""

    start_ms: int
    end_ms: int
    confidence: float | None


class FoundTag(Answer):
    """A tag that was found."""

    tag: str
    dimension: str
    label: str
    """What it is called."""
    confidence: float | None
    """That the video is about it; null where a vendor does not say."""
    occurrences: list[Span]
    found_by: list[FoundBy]


class Spoken(Answer):
    """Words that were heard."""

    start_ms: int
    end_ms: int
    text: str


class TagJobFields(TypedDict):
    """A job for a file, an address or what a vendor said: exactly one of `path`, `url` and `vendor` with `payload`."""

    video_id: str
    """Whose tags it finds; the video must be there."""
    title: NotRequired[str | None]
    """What the video is called, where its own title is not to be read."""
    analysers: NotRequired[Sequence[str]]
    """Only these analysers; all by default."""
    priority: NotRequired[int]
    """Higher ones are begun first."""
    again: NotRequired[bool]
    """Do it again although the same job was done."""
    path: NotRequired[str | None]
    """A file on the service's machine, in a folder of `TAGREEL_MEDIA_ROOTS`."""
    url: NotRequired[str | None]
    """An http or https address."""
    vendor: NotRequired[str | None]
    payload: NotRequired[Any]
    """What the vendor sent."""


class TagResult(Answer):
    """What was found in a video."""

    source: str
    """As the video's tags name it."""
    tags: list[FoundTag]
    speech: list[Spoken]
    analysers: list[AnalyserOutcome]


class SubmittedJob(Answer):
    """A job, as the answer to submitting it."""

    job_id: str
    video_id: str
    input: str
    """`upload`, `path`, `url` or `vendor`."""
    state: Literal["queued", "running", "finished", "failed", "cancelled"]
    progress: dict[str, str]
    """Each analyser's state so far: running, done, unavailable or failed."""
    priority: int
    attempts: int
    """How often it was begun."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None
    """Why it failed, or why the last try did."""
    result: TagResult | None
    repeated: bool
    """Whether the same job was there already, which is then this one."""


class TagJob(Answer):
    """A job."""

    job_id: str
    video_id: str
    input: str
    """`upload`, `path`, `url` or `vendor`."""
    state: Literal["queued", "running", "finished", "failed", "cancelled"]
    progress: dict[str, str]
    """Each analyser's state so far: running, done, unavailable or failed."""
    priority: int
    attempts: int
    """How often it was begun."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None
    """Why it failed, or why the last try did."""
    result: TagResult | None


class VideoTagResult(Answer):
    """What the job found that finished last of a video's."""

    job_id: str
    video_id: str
    finished_at: datetime
    result: TagResult


def submit_tag_job(**body: Unpack[TagJobFields]) -> Call[SubmittedJob]:
    """Have a video's tags found: JSON that names it, a form with it as `file`, or its bytes, the fields as query."""
    return Call("POST", "/v1/tag-jobs", SubmittedJob, body=body, is_repeatable=False)


def read_tag_job(job_id: str) -> Call[TagJob]:
    """A job, how far it is, and once it has finished what it found."""
    return Call("GET", f"/v1/tag-jobs/{in_path(job_id)}", TagJob)


def cancel_tag_job(job_id: str) -> Call[TagJob]:
    """Cancel a job that has not ended. One under way is given up before its next analyser; nothing is stored."""
    return Call("DELETE", f"/v1/tag-jobs/{in_path(job_id)}", TagJob)


def read_tag_result(video_id: str) -> Call[VideoTagResult]:
    """What the job found that finished last of those of a video."""
    return Call("GET", f"/v1/videos/{in_path(video_id)}/tag-result", VideoTagResult)


def read_callback() -> Call[Callback]:
    """Where callbacks go."""
    return Call("GET", "/v1/callback", Callback)


def put_callback(**body: Unpack[CallbackFields]) -> Call[NewCallback]:
    """Say where to tell of jobs that ended. Requests there are signed with the secret, which is shown this once."""
    return Call("PUT", "/v1/callback", NewCallback, body=body)


def remove_callback() -> Call[Callback]:
    """Call nobody any more; what waits to be sent is given up."""
    return Call("DELETE", "/v1/callback", Callback)


def read_dead_callbacks() -> Call[DeadCallbacks]:
    """The callbacks that were tried in vain, the latest 100, with what the last try said."""
    return Call("GET", "/v1/callback/dead", DeadCallbacks)


def replay_callbacks(**body: Unpack[ReplayFields]) -> Call[Replayed]:
    """Send callbacks anew: all that were tried in vain, or one whatever became of it."""
    return Call("POST", "/v1/callback:replay", Replayed, body=body, is_repeatable=False)
