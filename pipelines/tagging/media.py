"""A video file that has been looked into: what it holds, and that it is fit to be analysed.

Files come from strangers. FFmpeg gets an open file and never a name, and only containers of video: what looks like a
playlist or an address is refused before anything it names is opened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.tagging.engines import engine
from recsys.errors import ConfigError, DataError, RecsysError, require

CONTAINERS = "mov,matroska,avi,mpegts,mpeg,flv,ogg,asf"
"""What FFmpeg may take a file for. MP4 is mov, WebM is matroska, WMV is asf."""
SECOND_US = 1_000_000


@dataclass(frozen=True, kw_only=True)
class MediaLimits:
    """What a video file may be at most."""

    max_bytes: int = 8 << 30
    """Size of the file."""
    max_duration_s: float = 3 * 3600.0
    """Length, as the file claims it and as it turns out."""
    max_pixels: int = 4096 * 4096
    """Width times height."""

    def __post_init__(self) -> None:
        """Check that each limit allows something."""
        for name in ("max_bytes", "max_duration_s", "max_pixels"):
            require(getattr(self, name) > 0, f"{name} is {getattr(self, name)}; it must be above 0", ConfigError)


class MediaError(DataError):
    """A file is no video that can be analysed; the message names the file and says why."""


@dataclass(frozen=True, kw_only=True)
class Media:
    """Facts about a video file that was opened, and whose first frame was decoded."""

    path: Path
    duration_ms: int
    """The longest that the file claims of pictures or sound."""
    pictures_ms: int
    """What it claims of its pictures; the analysis of shots finds out whether that is true."""
    width: int
    """As players show it, turned upright."""
    height: int
    frames_s: float
    """Frames a second on average."""
    has_sound: bool
    limits: MediaLimits


def open_media(path: Path, limits: MediaLimits = MediaLimits()) -> Media:
    """Look into a file.

    Args:
        path: of a video, whatever it is named.
        limits: what is refused.

    Raises:
        MediaError: no such file, empty, no video, without pictures or frames, or beyond a limit.
        MissingExtraError: nothing here can decode video.
    """
    require(path.is_file(), f"{path} is no file; name a video file", MediaError)
    n_bytes = path.stat().st_size
    require(n_bytes > 0, f"{path} is empty", MediaError)
    require(n_bytes <= limits.max_bytes, f"{path} has {n_bytes:,} bytes; at most {limits.max_bytes:,}", MediaError)
    with opened(path) as container:
        stream = picture_stream(container, path, limits)
        claims_s = _claimed_s(container)
        longest = f"at most {limits.max_duration_s:g} s are taken"
        require(claims_s <= limits.max_duration_s, f"{path} claims to last {claims_s:,.0f} s; {longest}", MediaError)
        width, height = stream.codec_context.width, stream.codec_context.height
        n_pixels = f"{path} has pictures of {width} × {height}; at most {limits.max_pixels:,} pixels are taken"
        require(0 <= width * height <= limits.max_pixels, n_pixels, MediaError)
        first = next(iter(container.decode(stream)), None)
        if first is None:
            raise MediaError(f"{path} holds not one frame")
        pictures_s = float(stream.duration * stream.time_base) if stream.duration else claims_s
        sideways = round(first.rotation / 90) % 2 == 1
        width, height = (first.height, first.width) if sideways else (first.width, first.height)
        return Media(
            path=path, duration_ms=round(1000 * claims_s), pictures_ms=round(1000 * pictures_s), width=width,
            height=height, frames_s=float(stream.average_rate or stream.guessed_rate or 25),
            has_sound=bool(container.streams.audio), limits=limits,
        )  # fmt: skip


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """PyAV's container of a file; whatever FFmpeg says of it becomes a MediaError."""
    av = engine("av", "reading video files")
    av.logging.set_level(None)  # what decoding threads log to Python can wait for ever for the thread that closes them
    options = {"format_whitelist": CONTAINERS}
    file: BinaryIO
    try:
        with path.open("rb") as file, av.open(file, options=options, metadata_errors="replace") as container:
            yield container
    except RecsysError:
        raise
    except (av.error.FFmpegError, ValueError, OSError) as error:
        says = getattr(error, "strerror", None) or error
        raise MediaError(f"{path} cannot be read as a video: {says}") from error


def picture_stream(container: Any, path: Path, limits: MediaLimits) -> Any:
    """The first stream of moving pictures; MediaError where there is none. A cover beside music is not one.

    Its decoder refuses pictures beyond the limit, also where they grow half-way.
    """
    cover = engine("av.stream", "reading video files").Disposition.attached_pic
    moving = [one for one in container.streams.video if one.codec_context and not one.disposition & cover]
    holds = "only sound" if container.streams.audio else "neither pictures nor sound"
    require(bool(moving), f"{path} holds {holds}; a video with pictures is needed", MediaError)
    moving[0].codec_context.options = {"max_pixels": str(limits.max_pixels)}
    return moving[0]


def _claimed_s(container: Any) -> float:
    """The longest duration that the file claims anywhere; 0 where it claims none."""
    claims = [one.duration * one.time_base for one in container.streams if one.duration and one.time_base]
    whole = container.duration / SECOND_US if container.duration else 0
    return max(0.0, float(whole), *(float(one) for one in claims))
