"""Jobs that find tags, their results, and callbacks, in the API."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from recsys.tags.importers.vendors import READERS
from service.schemas.fields import Body, Id, Reply, ShortText, Time, no_nul
from service.storage.callbacks import Target

MOST_ANALYSERS = 50
Analyser = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(no_nul)]
JobState = Literal["queued", "running", "finished", "failed", "cancelled"]


def _known_vendor(name: str) -> str:
    if name not in READERS:
        raise ValueError(f"no vendor is called so; known are {', '.join(READERS)}")
    return name


def _split(given: Any) -> Any:
    """Names with commas between, as a form or an address has them."""
    return [one.strip() for one in given.split(",") if one.strip()] if isinstance(given, str) else given


class UploadFields(Body):
    """What is said of a job beside its video."""

    video_id: Id
    """Whose tags it finds; the video must be there."""
    title: ShortText | None = None
    """What the video is called, where its own title is not to be read."""
    analysers: Annotated[list[Analyser], BeforeValidator(_split), Field(max_length=MOST_ANALYSERS)] = Field(default=[])
    """Only these analysers; all by default."""
    priority: int = Field(default=0, ge=-100, le=100)
    """Higher ones are begun first."""
    again: bool = False
    """Do it again although the same job was done."""

    def options(self) -> dict[str, Any]:
        """What the worker is told, and what tells two jobs apart."""
        title = {} if self.title is None else {"title": self.title}
        return {**title, **({"analysers": sorted(set(self.analysers))} if self.analysers else {})}


EXAMPLE: dict[str, Any] = {"video_id": "video-001", "url": "https://media.example/1.mp4"}


class TagJobFields(UploadFields):
    """A job for a file, an address or what a vendor said: exactly one of `path`, `url` and `vendor` with `payload`."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    path: Url | None = None
    """A file on the service's machine, in a folder of `TAGREEL_MEDIA_ROOTS`."""
    url: Url | None = None
    """An http or https address."""
    vendor: Annotated[str, AfterValidator(_known_vendor)] | None = None
    payload: JsonValue = None
    """What the vendor sent."""

    @model_validator(mode="after")
    def _one_input(self) -> "TagJobFields":
        given = [name for name in ("path", "url", "vendor") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("a job has one of path, url and vendor; a video itself is sent as multipart or raw bytes")
        if (self.payload is not None) != (self.vendor is not None):
            raise ValueError("vendor and payload belong together")
        return self


class Span(Reply):
    """A stretch of the video with the tag in it."""

    start_ms: int
    end_ms: int
    confidence: float | None


class FoundBy(Reply):
    """Whose evidence made a tag."""

    source: str
    share: float
    """Of the tag's belief; the shares of a tag add up to 1."""


class FoundTag(Reply):
    """A tag that was found."""

    tag: str
    dimension: str
    label: str
    """What it is called."""
    confidence: float | None
    """That the video is about it; null where a vendor does not say."""
    occurrences: list[Span]
    found_by: list[FoundBy]


class Spoken(Reply):
    """Words that were heard."""

    start_ms: int
    end_ms: int
    text: str


class AnalyserOutcome(Reply):
    """What became of one analyser."""

    analyser: str
    state: str
    says: str
    n_evidence: int


class TagResult(Reply):
    """What was found in a video."""

    source: str
    """As the video's tags name it."""
    tags: list[FoundTag]
    speech: list[Spoken]
    analysers: list[AnalyserOutcome]


class TagJob(Reply):
    """A job."""

    job_id: str
    video_id: str
    input: str
    """`upload`, `path`, `url` or `vendor`."""
    state: JobState
    progress: dict[str, str]
    """Each analyser's state so far: running, done, unavailable or failed."""
    priority: int
    attempts: int
    """How often it was begun."""
    created_at: Time
    started_at: Time | None
    finished_at: Time | None
    error: str | None
    """Why it failed, or why the last try did."""
    result: TagResult | None


class SubmittedJob(TagJob):
    """A job, as the answer to submitting it."""

    repeated: bool
    """Whether the same job was there already, which is then this one."""


class VideoTagResult(Reply):
    """What the job found that finished last of a video's."""

    job_id: str
    video_id: str
    finished_at: Time
    result: TagResult


class ImportedJobs(Reply):
    """The jobs of an import, one a video."""

    jobs: list[SubmittedJob]
    unfinished: list[str]
    """Videos or jobs of which the payload says that there is no result."""


class CallbackFields(Body):
    """Where to tell of jobs that ended."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"url": "https://shop.example/tagreel"}]})

    url: Url
    """An http or https address; POST requests are sent there."""
    secret: Annotated[str, StringConstraints(min_length=16, max_length=200), AfterValidator(no_nul)] | None = None
    """What callbacks are signed with; made here, and shown once, where it is not given."""


class Callback(Reply):
    """Where callbacks go."""

    url: str
    secret_ends: str
    """The secret's last four characters."""
    changed_at: Time


class NewCallback(Callback):
    """Where callbacks go, with the secret this once."""

    secret: str


class DeadCallback(Reply):
    """A callback that was tried in vain."""

    callback_id: str
    job_id: str
    attempts: int
    error: str | None
    created_at: Time


class DeadCallbacks(Reply):
    """Callbacks that were tried in vain, the latest first."""

    callbacks: list[DeadCallback]


class ReplayFields(Body):
    """Which callbacks to send anew."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    callback_id: Id | None = None
    """One, whatever became of it; all dead ones by default."""


class Replayed(Reply):
    """How many callbacks are sent anew."""

    callbacks: int


def tag_job(row: Mapping[str, Any]) -> TagJob:
    """A row of the store as answers show it."""
    return TagJob(**_shown(row))


def submitted_job(row: Mapping[str, Any], is_new: bool) -> SubmittedJob:
    """The same, as the answer to submitting it."""
    return SubmittedJob(**_shown(row), repeated=not is_new)


def video_tag_result(row: Mapping[str, Any]) -> VideoTagResult:
    """A finished job as its video's result."""
    told = {name: row[name] for name in ("job_id", "video_id", "finished_at")}
    return VideoTagResult(**told, result=json.loads(row["result"]))


def callback_of(target: Target) -> Callback:
    """A target as answers show it."""
    return Callback(url=target.url, secret_ends=target.secret[-4:], changed_at=target.changed_at)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = ("job_id", "video_id", "input", "state", "priority", "attempts", "error")
    times = ("created_at", "started_at", "finished_at")
    told = {name: row[name] for name in (*plain, *times)}
    parsed = {name: json.loads(row[name]) if row[name] else None for name in ("progress", "result")}
    return {**told, "progress": parsed["progress"] or {}, "result": parsed["result"]}
