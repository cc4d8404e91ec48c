"""Every setting of the service, from the environment (`TAGREEL_…`) or passed in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from recsys.schema import EVENT_TYPES


class Settings(BaseSettings):
    """How the service runs. Immutable; built once and given to `create_app`."""

    model_config = SettingsConfigDict(env_prefix="TAGREEL_", frozen=True, extra="forbid")

    store_url: str = "sqlite:///var/store.db"
    """SQLAlchemy address of the store."""
    bundles: Path = Path("var/bundles")
    """The shelf of published bundles."""
    reload_s: float = Field(default=0.5, gt=0, le=3600)
    """How often the shelf's pointer is looked at."""
    sync_s: float = Field(default=0.2, gt=0, le=60)
    """How often videos written by other processes are looked for."""
    sync_overlap_s: float = Field(default=5.0, ge=0, le=3600)
    """How far each look reaches back, for writes that were committed late or by a clock that is behind."""
    flush_s: float = Field(default=0.02, gt=0, le=60)
    """How often impressions are written."""
    max_waiting_impressions: int = Field(default=200_000, ge=0)
    """Impressions that wait to be written; further ones are dropped and counted."""
    max_body_bytes: int = Field(default=8 * 1024 * 1024, ge=1024)
    """Largest request body."""
    max_batch: int = Field(default=1000, ge=1, le=10_000)
    """Most events or videos in one request."""
    history_limit: int = Field(default=200, ge=1, le=10_000)
    """How many of a viewer's last events count."""
    explore: float = Field(default=0.0, ge=0, le=1)
    """The share of a list's places that is owed to videos which nobody had yet, unless a request says."""
    kept_viewers: int = Field(default=5_000, ge=0, le=1_000_000)
    """Of how many viewers and videos the list is kept until something new is known; each takes some ten kilobytes."""
    audience_limit: int = Field(default=5_000, ge=1, le=100_000)
    """How many viewers, those active last, are looked at to find a video's audience."""
    max_skew_s: float = Field(default=60.0, ge=0)
    """How far in the future an event may lie, for devices whose clock is ahead."""
    busy_timeout_s: float = Field(default=5.0, gt=0, le=600)
    """How long a write waits for another process's write."""
    body_s: float = Field(default=30.0, gt=0, le=3600)
    """How long a request's body may take to arrive."""
    auth: Literal["auto", "required", "open"] = "auto"
    """Who is asked for a key: everybody as soon as there was one (`auto`), everybody (`required`), nobody (`open`)."""
    viewer_per_minute: int = Field(default=120, ge=1, le=1_000_000)
    """Requests a minute of one viewer who has a token."""
    max_tenants: int = Field(default=32, ge=1, le=10_000)
    """Tenants that one process holds open; one that has been idle makes room for another."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Web pages that may ask, by origin, with commas between: `https://a.example,https://b.example`; `*` for all."""
    blas_threads: int = Field(default=1, ge=1, le=64)
    """Threads of one ranking's linear algebra; more make one process slower as soon as cores are shared."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged; at `warning` no line is written for each request."""
    drain_s: int = Field(default=20, ge=1, le=3600)
    """How long a process that was told to stop lets requests finish."""
    language: str = Field(default="en", min_length=1, max_length=35)
    """Language of the tag names in answers, where a tag has a name in it."""
    gorse_feedback: Annotated[Mapping[str, str], NoDecode] = Field(default={})
    """What feedback types of your own mean where gorse's clients ask: `watch_later=save,comment=like`."""

    @field_validator("gorse_feedback", mode="before")
    @classmethod
    def _feedback_types(cls, given: Any) -> Any:
        pairs = [one.partition("=") for one in given.split(",") if one] if isinstance(given, str) else None
        told = given if pairs is None else {name.strip(): meant.strip() for name, _, meant in pairs}
        strange = [one for one in told.values() if one not in EVENT_TYPES]
        if strange:
            raise ValueError(f"{strange[0]!r} is no event type; those are {', '.join(EVENT_TYPES)}")
        return told

    spool: Path = Path("var/spool")
    """Where uploaded videos wait for a worker, which must see the same folder."""
    max_upload_bytes: int = Field(default=2 * 1024**3, ge=1024)
    """Largest uploaded video, and largest file of a job's path."""
    upload_s: float = Field(default=3600.0, gt=0, le=86_400)
    """How long an upload may take to arrive."""
    media_roots: Annotated[tuple[Path, ...], NoDecode] = ()
    """Folders whose files jobs may name by path, with commas between; tenants only those in their own folder there."""
    allow_private: bool = False
    """Whether jobs and callbacks may name hosts of private networks; workers have the same setting."""

    @field_validator("media_roots", mode="before")
    @classmethod
    def _roots(cls, given: Any) -> Any:
        listed = given.split(",") if isinstance(given, str) else given
        return tuple(Path(str(one).strip()).resolve() for one in listed if str(one).strip())

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _origins(cls, given: Any) -> Any:
        listed = given.split(",") if isinstance(given, str) else given
        origins = tuple(str(one).strip() for one in listed if str(one).strip())
        strange = [one for one in origins if one != "*" and not re.fullmatch(r"https?://[^/\s]+", one)]
        if strange:
            raise ValueError(f"{strange[0]!r} is no origin; one looks like https://shop.example, without a path")
        return origins
