"""A clip of 40 s whose content is known: photos, a street, captions in Chinese and English, two voices, a tune.

Every analyser of the tagging extras has something to find in it, and `TRUTH` says what.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.benchmark.clip_media import CHINESE, ENGLISH, FONT, PHOTOS, STREET
from pipelines.benchmark.tune import tune
from pipelines.tagging.decoding import SOUND_HZ, Picture, Sound, every_frame
from pipelines.tagging.engines import engine
from pipelines.tagging.media import open_media
from recsys.datasets.assets import fetch_asset

WIDTH, HEIGHT, RATE = 640, 360, 25
BACKGROUND = 48
Span = tuple[int, int]
"""(start_ms, end_ms)."""


@dataclass(frozen=True)
class Still:
    """A photo, or none, that is shown for a while with a caption."""

    photo: str
    seconds: float
    captions: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    """Labels that are right for it, in the analysers' own names."""


BEFORE = (
    Still("chelsea.png", 3, ("一只猫在休息",), ("cat", "Egyptian Mau", "tabby cat", "a cat having a striped coat")),
    Still("coffee.png", 3, ("Morning coffee in Rome",), ("espresso", "cup", "tea cup", "coffee mug", "spoon")),
    Still("motorcycle_left.png", 3, ("摩托车 Motorcycle",), ("motorcycle", "moped", "motor scooter")),
    Still("astronaut.png", 3, (), ("person",)),
    Still("camera.png", 3, (), ("person", "tripod")),
)
STREET_CUTS_MS = (1_200, 3_040, 5_480, 7_480)
STREET_S = 9.68
"""The street's last shot, of 0.3 s, is left out: nothing that short counts as a shot."""
AFTER = (
    Still("", 3, ("红烧肉的做法", "Braised pork recipe")),
    Still("coffee.png", 12, ("周末咖啡",), ("espresso", "cup", "tea cup", "coffee mug", "spoon")),
)
ENGLISH_AT_S, ENGLISH_S = 1.0, 13.4
ENGLISH_WORDS = (
    "it was the best of times it was the worst of times it was the age of wisdom it was the age of foolishness "
    "it was the epoch of belief it was the epoch of incredulity"
)
TUNE_AT_S, TUNE_S = 17.0, 10.0
CHINESE_AT_S = 32.0


@dataclass(frozen=True)
class Truth:
    """What is in the clip."""

    shots: tuple[Span, ...]
    stills: tuple[tuple[Span, Still], ...]
    street: Span
    captions: tuple[tuple[str, Span], ...]
    english: Span
    """From the first word to the last."""
    chinese: Span
    tune: Span


def make_clip(path: Path, cache_dir: Path | None = None) -> Truth:
    """Write the clip, and tell what is in it.

    Args:
        path: of an MP4 file to write.
        cache_dir: where the media that it is made of are kept.

    Raises:
        AssetError: some of the media cannot be had.
        MissingExtraError: the extra `tagging` is not installed.
    """
    street = open_media(fetch_asset(STREET, cache_dir).path / "bikes.mp4")
    english = _spoken(fetch_asset(ENGLISH, cache_dir).path / "two_cities.wav")[: int(ENGLISH_S * SOUND_HZ)]
    chinese = _spoken(fetch_asset(CHINESE, cache_dir).path / "pangrama.wav")
    photos, font = (
        fetch_asset(PHOTOS, cache_dir).path,
        fetch_asset(FONT, cache_dir).path / FONT.sources[0].files[0].name,
    )

    def frames() -> Iterator[Picture]:
        for still in BEFORE:
            yield from [_drawn(still, photos, font)] * round(still.seconds * RATE)
        yield from (_fitted(picture) for at_s, picture in every_frame(street, street.width) if at_s < STREET_S - 1e-3)
        for still in AFTER:
            yield from [_drawn(still, photos, font)] * round(still.seconds * RATE)

    total_s = sum(one.seconds for one in (*BEFORE, *AFTER)) + STREET_S
    sound = np.zeros(int(total_s * SOUND_HZ), np.float32)
    for at_s, piece in ((ENGLISH_AT_S, english), (TUNE_AT_S, tune(TUNE_S)), (CHINESE_AT_S, chinese)):
        first = int(at_s * SOUND_HZ)
        sound[first : first + len(piece)] += piece
    _write(path, frames(), sound)
    return _truth(english, chinese)


def _truth(english: Sound, chinese: Sound) -> Truth:
    at, stills = 0, []
    for still in (*BEFORE, None, *AFTER):
        length = round(1000 * (STREET_S if still is None else still.seconds))
        if still is not None:
            stills.append(((at, at + length), still))
        else:
            street = (at, at + length)
        at += length
    cuts = [*(span[0] for span, _ in stills), *(street[0] + cut for cut in (0, *STREET_CUTS_MS)), at]
    edges = sorted(set(cuts))
    return Truth(
        shots=tuple(pairwise(edges)), stills=tuple(stills), street=street,
        captions=tuple((caption, span) for span, still in stills for caption in still.captions),
        english=_loud(english, ENGLISH_AT_S), chinese=_loud(chinese, CHINESE_AT_S),
        tune=(round(1000 * TUNE_AT_S), round(1000 * (TUNE_AT_S + TUNE_S))),
    )  # fmt: skip


def _loud(sound: Sound, at_s: float) -> Span:
    """From the first to the last sample that can be heard."""
    heard = np.flatnonzero(np.abs(sound) > 0.03 * np.abs(sound).max())
    return round(1000 * (at_s + heard[0] / SOUND_HZ)), round(1000 * (at_s + heard[-1] / SOUND_HZ))


def _spoken(path: Path) -> Sound:
    """A sound file at `SOUND_HZ`."""
    av = engine("av", "making the clip")
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SOUND_HZ)
        frames = [*container.decode(audio=0), None]
        return np.concatenate([one.to_ndarray().reshape(-1) for frame in frames for one in resampler.resample(frame)])


def _drawn(still: Still, photos: Path, font: Path) -> Picture:
    """A photo with its captions at the bottom, or captions alone in the middle."""
    cv2 = engine("cv2", "making the clip")
    picture = _fitted(cv2.imread(str(photos / still.photo))) if still.photo else _empty()
    for row, caption in enumerate(still.captions):
        centre = HEIGHT - 40 if still.photo else HEIGHT // 2 - 30 + 60 * row
        letters = _letters(caption, font, centre)  # (height, width), 1 where ink is
        shade = cv2.dilate(letters, np.ones((5, 5), np.uint8))[..., None]
        picture = (picture * (1 - shade) + 255 * letters[..., None]).clip(0, 255).astype(np.uint8)
    return picture


def _letters(text: str, font: Path, centre: int) -> NDArray[np.float64]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # heavy, and only this draws
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100)
    canvas = FigureCanvasAgg(figure)
    written = FontProperties(fname=font, size=24)
    figure.text(0.5, 1 - centre / HEIGHT, text, fontproperties=written, ha="center", va="center")
    canvas.draw()
    return 1 - np.asarray(canvas.buffer_rgba())[..., :3].mean(axis=2) / 255


def _empty() -> Picture:
    return np.full((HEIGHT, WIDTH, 3), BACKGROUND, np.uint8)


def _fitted(picture: Picture) -> Picture:
    """All of a picture on the clip's canvas."""
    cv2 = engine("cv2", "making the clip")
    scale = min(WIDTH / picture.shape[1], HEIGHT / picture.shape[0])
    width, height = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    canvas, left, top = _empty(), (WIDTH - width) // 2, (HEIGHT - height) // 2
    canvas[top : top + height, left : left + width] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return canvas


def _write(path: Path, frames: Iterator[Picture], sound: Sound) -> None:
    av = engine("av", "making the clip")
    with av.open(str(path), "w", format="mp4") as container:
        pictures = container.add_stream("libx264", rate=RATE)
        pictures.width, pictures.height, pictures.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        pictures.options = {"crf": "18", "preset": "veryfast"}
        voices = container.add_stream("aac", rate=SOUND_HZ)
        for picture in frames:
            _mux(container, pictures, av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24"))
        _mux(container, pictures, None)
        for at in range(0, len(sound), 1024):
            frame = av.AudioFrame.from_ndarray(sound[None, at : at + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = SOUND_HZ, at
            _mux(container, voices, frame)
        _mux(container, voices, None)


def _mux(container: Any, stream: Any, frame: Any) -> None:
    for packet in stream.encode(frame):
        container.mux(packet)
