import struct
from pathlib import Path

import numpy as np
import pytest

from pipelines.tagging.decoding import Frame
from pipelines.tagging.media import Media, MediaLimits
from pipelines.tagging.view import Sample, Shot, View
from recsys.tags.evidence import Evidence


@pytest.fixture
def av():
    return pytest.importorskip("av", reason="needs the extra 'tagging'")


@pytest.fixture
def video(av, tmp_path):
    """Writes a small video: `video("a.mp4", pictures, rate=25, sound=None, sound_at_s=0)`; pictures are (h, w, 3)."""

    def write(name, pictures, rate=25, sound=None, sound_at_s=0.0, g="12", **options):
        path = tmp_path / name
        with av.open(str(path), "w", options=options) as container:
            if pictures is not None:
                pixels = container.add_stream("mpeg4" if path.suffix == ".avi" else "libx264", rate=rate)
                pixels.height, pixels.width = pictures[0].shape[:2]
                pixels.pix_fmt, pixels.options = "yuv420p", {"g": g}
            if sound is not None:
                voice = container.add_stream("aac", rate=16_000)
            for picture in pictures if pictures is not None else ():
                container.mux(pixels.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
            if pictures is not None:
                container.mux(pixels.encode(None))
            if sound is not None:
                for at in range(0, len(sound), 1024):
                    frame = av.AudioFrame.from_ndarray(sound[None, at : at + 1024], format="fltp", layout="mono")
                    frame.sample_rate, frame.pts = 16_000, at + int(16_000 * sound_at_s)
                    container.mux(voice.encode(frame))
                container.mux(voice.encode(None))
        return path

    return write


@pytest.fixture
def grey():
    """Frames of one brightness each: `grey([10, 200])`."""
    return lambda levels: [np.full((48, 64, 3), level, np.uint8) for level in levels]


@pytest.fixture
def tone():
    """So many seconds of a tone."""

    def make(seconds, hertz=440):
        t = np.arange(int(16_000 * seconds)) / 16_000
        return (0.5 * np.sin(2 * np.pi * hertz * t)).astype(np.float32)

    return make


@pytest.fixture
def claiming():
    """The same Matroska file with another duration in its header: `claiming(path, seconds)`."""

    def change(path, seconds):
        whole = bytearray(path.read_bytes())
        place = whole.index(b"\x44\x89\x88") + 3
        whole[place : place + 8] = struct.pack(">d", 1000.0 * seconds)
        path.write_bytes(whole)
        return path

    return change


@pytest.fixture
def view():
    """A view of a video that nobody decodes: `view(evidence, title="", shots=…, pictures=[…])`."""

    def make(found=(), title="", shots=(Shot(0, 10_000),), pictures=(), sound=()):
        media = Media(
            path=Path("made up.mp4"), duration_ms=shots[-1].end_ms, pictures_ms=shots[-1].end_ms, width=64, height=48,
            frames_s=25.0, has_sound=len(sound) > 0, limits=MediaLimits(),
        )  # fmt: skip
        return FakeView(media, pictures, sound, title=title, shots=list(shots), found=list(found))

    return make


class FakeView(View):
    """Shows given pictures, 1 s each, and gives given sound."""

    def __init__(self, media, pictures, sound, **given):
        super().__init__(media, **given)
        self.pictures, self.__dict__["sound"] = pictures, np.asarray(sound, np.float32)

    def samples(self):
        for at, picture in enumerate(self.pictures):
            yield Sample(Frame(1000 * at + 500, picture), 1000 * at, 1000 * at + 1000)


@pytest.fixture
def evidence():
    """`evidence("cat", 0, 1000, 0.9, dimension="object", …)`."""

    def make(label, start_ms=0, end_ms=1_000, confidence=0.9, dimension="object", language="en", source="made"):
        return Evidence(
            dimension=dimension, label=label, language=language, confidence=confidence, start_ms=start_ms,
            end_ms=end_ms, box=None, source=source, version="1",
        )  # fmt: skip

    return make
