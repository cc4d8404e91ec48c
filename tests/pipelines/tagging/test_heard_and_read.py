"""Captions, speech and sounds, with made-up engines: what counts, and where it is."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.tagging.analysers.captions import Captions, CaptionsConfig
from pipelines.tagging.analysers.sounds import Sounds, SoundsConfig
from pipelines.tagging.analysers.speech import Speech, SpeechConfig, load_speech
from recsys.errors import ConfigError

CORNERS = [[10, 8], [50, 8], [50, 16], [10, 16]]
"""In a frame of 100 × 40."""


class Reader:
    """Reads the same lines in every frame of one brightness."""

    def __init__(self, lines):
        self.lines = lines

    def __call__(self, picture):
        read = self.lines.get(int(picture[0, 0, 0]), [])
        if not read:
            return SimpleNamespace(boxes=None, txts=None, scores=None)
        return SimpleNamespace(boxes=[CORNERS] * len(read), txts=[t for t, _ in read], scores=[s for _, s in read])


@pytest.fixture
def captions(view):
    def find(lines, *frames, **settings):
        pictures = [np.full((40, 100, 3), number, np.uint8) for number in frames]
        return list(Captions(CaptionsConfig(**settings), Reader(lines), "1").analyse(view(pictures=pictures)))

    return find


def test_a_caption_has_its_words_language_box_and_time(captions):
    (one,) = captions({1: [("红烧肉", 0.97)]}, 0, 1)
    assert (one.label, one.language, one.dimension, one.start_ms, one.end_ms) == ("红烧肉", "zh", "text", 1_000, 2_000)
    assert one.box == pytest.approx((0.1, 0.2, 0.5, 0.4))


def test_a_caption_that_stays_is_one_also_where_spaces_differ(captions):
    found = captions({1: [("Hello World", 0.9)], 2: [("HelloWorld", 0.95)]}, 1, 2, 0, 1)
    assert [(one.label, one.start_ms, one.end_ms) for one in found] == [
        ("HelloWorld", 0, 2_000), ("Hello World", 3_000, 4_000),
    ]  # fmt: skip


def test_unsure_and_very_short_readings_are_dropped(captions):
    assert captions({1: [("maybe", 0.79), ("0", 0.99), (" ", 0.99)]}, 1) == []


def test_frames_without_text_have_none(captions):
    assert captions({}, 0, 1) == []


@dataclass
class Segment:
    start: float
    end: float
    text: str
    avg_logprob: float = -0.1
    no_speech_prob: float = 0.0
    compression_ratio: float = 1.2


class Whisper:
    """Hears what it is given, part by part, and remembers how long each part was."""

    def __init__(self, *parts):
        self.parts, self.seconds = list(parts), []

    def transcribe(self, sound, **options):
        self.seconds.append(len(sound) / 16_000)
        language, segments = self.parts.pop(0)
        return iter(segments), SimpleNamespace(language=language)


def vad(*spans):
    def get_speech_timestamps(sound, options):
        return [{"start": int(16_000 * a), "end": int(16_000 * b)} for a, b in spans]

    return SimpleNamespace(VadOptions=lambda **given: given, get_speech_timestamps=get_speech_timestamps)


SIMPLIFIED = SimpleNamespace(convert=lambda text: text.replace("學習", "学习"))


@pytest.fixture
def speech(view):
    def hear(model, spans, seconds=60, **settings):
        made = Speech(SpeechConfig(**settings), model, vad(*spans), SIMPLIFIED, "whisper-base")
        found = list(made.analyse(view(sound=np.zeros(16_000 * seconds))))
        return [(one.label, one.language, one.start_ms, one.end_ms) for one in found]

    return hear


def test_parts_beyond_a_pause_have_their_own_language_and_place(speech):
    model = Whisper(("en", [Segment(0, 2, " Hello. ")]), ("zh", [Segment(0.5, 1.5, "學習")]))
    assert speech(model, [(1, 2), (3, 4), (10, 12)]) == [("Hello.", "en", 1_000, 3_000), ("学习", "zh", 10_500, 11_500)]
    assert model.seconds == [3, 2]


def test_speech_without_a_pause_is_parted_at_what_the_model_hears_at_once(speech):
    model = Whisper(("en", []), ("en", []))
    speech(model, [(0, 20), (21, 40)])
    assert model.seconds == [20, 19]


@pytest.mark.parametrize(
    "segment",
    [
        Segment(0, 1, "unsure", avg_logprob=-2.0),
        Segment(0, 1, "silence", no_speech_prob=0.9),
        Segment(0, 1, "w-w-w-w-w-w-w-w", compression_ratio=9.0),
        Segment(0, 1, "  "),
    ],
)
def test_what_is_hardly_speech_is_dropped(speech, segment):
    assert speech(Whisper(("en", [segment])), [(0, 5)]) == []


def test_a_time_beyond_the_part_is_its_end(speech):
    assert speech(Whisper(("en", [Segment(0, 30, "Hello.")])), [(1, 3)]) == [("Hello.", "en", 1_000, 3_000)]


def test_silence_is_not_given_to_the_model(speech):
    assert speech(Whisper(), []) == []


def test_a_video_without_sound_says_nothing(speech):
    assert speech(Whisper(), [(0, 1)], seconds=0) == []


def test_a_folder_without_a_model_is_named(tmp_path):
    pytest.importorskip("faster_whisper", reason="needs the extra 'asr'")
    with pytest.raises(ConfigError, match=r"speech\.model is .*, which holds no model\.bin"):
        load_speech(SpeechConfig(model=tmp_path))


@pytest.fixture
def sounds(view):
    def hear(spans, seconds=60, **settings):
        events = SimpleNamespace(detect=lambda sound, chunk_seconds: {"events": spans})
        found = Sounds(SoundsConfig(**settings), events, "1").analyse(view(sound=np.zeros(16_000 * seconds)))
        return [(one.label, one.start_ms, one.end_ms) for one in found]

    return hear


def test_spans_with_short_breaks_are_one_and_short_ones_are_dropped(sounds):
    spans = {"speech": [(0, 2), (2.5, 4), (9, 9.5)], "singing": [], "music": [(1, 3)]}
    assert sounds(spans) == [("speech", 0, 4_000), ("music", 1_000, 3_000)]
    assert sounds(spans, gap_s=0.1, min_s=0) == [
        ("speech", 0, 2_000), ("music", 1_000, 3_000), ("speech", 2_500, 4_000), ("speech", 9_000, 9_500),
    ]  # fmt: skip


def test_hardly_any_sound_is_none(sounds):
    assert sounds({"music": [(0, 9)]}, seconds=0) == []


@pytest.mark.parametrize(
    "config, setting",
    [
        (CaptionsConfig, {"confidence": 1.5}), (CaptionsConfig, {"side": 1}), (SpeechConfig, {"pause_s": 0}),
        (SpeechConfig, {"confidence": -1}), (SpeechConfig, {"threads": 0}), (SoundsConfig, {"gap_s": -1}),
        (SoundsConfig, {"min_s": -1}),
    ],
)  # fmt: skip
def test_a_setting_out_of_range_is_named(config, setting):
    with pytest.raises(ConfigError, match=next(iter(setting))):
        config(**setting)
