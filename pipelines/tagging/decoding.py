"""Pictures and sound out of a video file: every frame in order, frames at chosen moments, all sound at 16 kHz."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.tagging.engines import engine
from pipelines.tagging.media import Media, MediaError, opened, picture_stream
from recsys.errors import require

SOUND_HZ = 16_000
MOST_FRAMES_S = 240
"""A file with more frames a second than this is made to keep us busy."""
BROKEN_SHARE = 0.05
"""Packets that may be damaged before a file counts as damaged."""
SEEK_S = 3.0
"""A gap between two wanted moments beyond which seeking is cheaper than decoding on."""

ROUNDING_S = 0.001
"""Moments are whole milliseconds, frames need not be."""

Picture = NDArray[np.uint8]
"""(height, width, 3), blue, green, red."""
Sound = NDArray[np.float32]
"""(n_samples,) at `SOUND_HZ`, in [-1, 1], from the video's first frame on."""


@dataclass(frozen=True)
class Frame:
    """A picture and when it is shown."""

    at_ms: int
    picture: Picture


def every_frame(media: Media, width: int) -> Iterator[tuple[float, Picture]]:
    """(seconds from the first frame, picture) of each frame, made small.

    Args:
        media: the file.
        width: of the small pictures before they are turned upright; the height follows.

    Raises:
        MediaError: the file is damaged, or holds more than its limits allow.
    """
    limits = media.limits
    with opened(media.path) as container:
        stream = picture_stream(container, media.path, media.limits)
        stream.thread_type = "AUTO"
        begin: float | None = None
        for n_frames, frame in enumerate(_decoded(container, stream, media)):
            at_s = frame.time if frame.time is not None else n_frames / media.frames_s
            begin = at_s if begin is None else begin
            endless = at_s - begin > limits.max_duration_s or n_frames > limits.max_duration_s * MOST_FRAMES_S
            require(not endless, f"{media.path} goes on beyond {limits.max_duration_s:g} s", MediaError)
            yield at_s - begin, _upright(frame, width, max(2, round(frame.height * width / frame.width)))


def frames_at(media: Media, moments_ms: Sequence[int], side: int) -> Iterator[Frame]:
    """The frame shown at each moment.

    Args:
        media: the file.
        moments_ms: ascending.
        side: the longer side of a picture at most.

    Raises:
        MediaError: the file is damaged.
    """
    with opened(media.path) as container:
        stream = picture_stream(container, media.path, media.limits)
        stream.thread_type = "AUTO"
        frames = _decoded(container, stream, media)
        shown = next(frames, None)
        require(shown is not None, f"{media.path} holds not one frame", MediaError)
        begin, waiting = _time(shown), None
        for moment in moments_ms:
            due = begin + moment / 1000
            if due - _time(shown) > SEEK_S:
                container.seek(int(due / stream.time_base), stream=stream, backward=True)
                frames, waiting = _decoded(container, stream, media), None
            while (following := waiting or next(frames, None)) is not None:
                waiting = following
                if _time(following) > due + ROUNDING_S:
                    break
                shown, waiting = following, None
            yield Frame(moment, _scaled(shown, side))


def _time(frame: Any) -> float:
    """Seconds; a frame without a time is taken for the first."""
    return float(frame.time or 0.0)


def _scaled(frame: Any, side: int) -> Picture:
    scale = min(1.0, side / max(frame.width, frame.height))
    return _upright(frame, max(2, round(frame.width * scale)), max(2, round(frame.height * scale)))


def _upright(frame: Any, width: int, height: int) -> Picture:
    """A frame made small, turned as players turn it: telephones film sideways and say so."""
    picture = frame.to_ndarray(format="bgr24", width=width, height=height)
    return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90))) if frame.rotation else picture


def _decoded(container: Any, stream: Any, media: Media) -> Iterator[Any]:
    """Frames of a stream; damaged packets are passed over as long as they are few."""
    damaged = engine("av.error", "reading video files").InvalidDataError
    n_broken = 0
    for n_packets, packet in enumerate(container.demux(stream), start=1):
        try:
            yield from packet.decode()
        except damaged:
            n_broken += 1
            few = n_broken <= max(3, BROKEN_SHARE * n_packets)
            require(few, f"{media.path} is damaged: {n_broken} of {n_packets} packets make no frame", MediaError)


def sound_of(media: Media) -> Sound:
    """All sound, mixed to one channel; empty where the file has none.

    Raises:
        MediaError: the sound is damaged or longer than the limits allow.
    """
    if not media.has_sound:
        return np.zeros(0, np.float32)
    av = engine("av", "reading video files")
    most = int(media.limits.max_duration_s * SOUND_HZ)
    pieces: list[Sound] = []
    n_samples = 0
    with opened(media.path) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SOUND_HZ)
        for frame in _decoded(container, stream, media):
            if not pieces:
                pieces.append(_silence_before(container, frame))
            for made in resampler.resample(frame):
                pieces.append(made.to_ndarray().reshape(-1))
                n_samples += len(pieces[-1])
            require(
                n_samples <= most, f"{media.path} has more than {media.limits.max_duration_s:g} s of sound", MediaError
            )
        pieces += [made.to_ndarray().reshape(-1) for made in resampler.resample(None)]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def _silence_before(container: Any, frame: Any) -> Sound:
    """As long as the sound begins after the pictures."""
    pictures = container.streams.video[0]
    begin = float((pictures.start_time or 0) * pictures.time_base)
    late_s = min(max(0.0, float(frame.time or 0.0) - begin), 600.0)
    return np.zeros(round(late_s * SOUND_HZ), np.float32)
