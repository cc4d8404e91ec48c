import struct

import numpy as np
import pytest

from pipelines.tagging.decoding import SOUND_HZ, every_frame, frames_at, sound_of
from pipelines.tagging.media import Media, MediaError, MediaLimits, open_media

pytest.importorskip("av", reason="needs the extra 'tagging'")


def test_every_frame_comes_in_order_with_its_time(video, grey):
    levels = list(range(20, 220, 4))
    found = list(every_frame(open_media(video("a.mp4", grey(levels))), 64))
    assert [round(at_s * 25) for at_s, _ in found] == list(range(50))
    assert np.allclose([picture.mean() for _, picture in found], levels, atol=5)


@pytest.mark.parametrize("keyframe", [1, 12, 250])
def test_frames_at_moments_are_those_that_decoding_everything_shows(video, grey, keyframe):
    media = open_media(video("a.mp4", grey([(7 * n) % 256 for n in range(250)]), g=str(keyframe)))
    moments = [0, 20, 1_000, 1_010, 5_500, 9_960]
    frames = list(every_frame(media, 64))
    expected = [next(p for at, p in reversed(frames) if 1000 * at <= moment + 1).mean() for moment in moments]
    assert np.allclose([one.picture.mean() for one in frames_at(media, moments, 64)], expected, atol=3)


def test_frames_are_made_no_larger_than_asked(video, grey):
    media = open_media(video("a.mp4", grey([50] * 5)))
    assert next(frames_at(media, [0], 32)).picture.shape == (24, 32, 3)
    assert next(frames_at(media, [0], 999)).picture.shape == (48, 64, 3)


def test_moments_after_the_end_show_the_last_frame(video, grey):
    media = open_media(video("a.mp4", grey([10, 200])))
    assert [one.picture.mean() > 150 for one in frames_at(media, [0, 900, 9_000], 64)] == [False, True, True]


def test_sound_has_its_length_and_pitch(video, grey, tone):
    sound = sound_of(open_media(video("a.mp4", grey([50] * 50), sound=tone(2.0, 1000))))
    assert len(sound) / SOUND_HZ == pytest.approx(2.0, abs=0.1)
    spectrum = np.abs(np.fft.rfft(sound[4_000:20_000]))
    assert spectrum.argmax() == pytest.approx(1000, abs=2)


def test_sound_that_begins_later_stays_later(video, grey, tone):
    sound = sound_of(open_media(video("a.mkv", grey([50] * 50), sound=tone(1.0), sound_at_s=0.8)))
    assert np.flatnonzero(np.abs(sound) > 0.1)[0] / SOUND_HZ == pytest.approx(0.8, abs=0.1)


def test_a_video_without_sound_has_none(video, grey):
    assert len(sound_of(open_media(video("a.mp4", grey([50] * 5))))) == 0


def test_more_than_the_limit_is_noticed_where_the_file_claims_less(video, grey, tone):
    path = video("a.mp4", grey([50] * 100), sound=tone(4.0))
    lying = Media(
        path=path, duration_ms=1_000, pictures_ms=1_000, width=64, height=48, frames_s=25.0, has_sound=True,
        limits=MediaLimits(max_duration_s=1.0),
    )  # fmt: skip
    with pytest.raises(MediaError, match="goes on beyond 1 s"):
        list(every_frame(lying, 64))
    with pytest.raises(MediaError, match="more than 1 s of sound"):
        sound_of(lying)


TURNS = {"right": (0, 1, -1, 0), "over": (-1, 0, 0, -1), "left": (0, -1, 1, 0), "not": (1, 0, 0, 1)}
"""The matrices by which players turn pictures."""


@pytest.mark.parametrize(
    "turn, shape, corner",
    [
        ("right", (64, 48), (5, -5)),
        ("over", (48, 64), (-5, -5)),
        ("left", (64, 48), (-5, 5)),
        ("not", (48, 64), (5, 5)),
    ],
)
def test_pictures_are_turned_as_players_turn_them(video, turn, shape, corner):
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:20, :20] = 250  # bright in the upper left
    path = video("a.mp4", [picture] * 5)
    whole = bytearray(path.read_bytes())
    place = whole.index(b"tkhd") + 44
    a, b, c, d = TURNS[turn]
    whole[place : place + 36] = struct.pack(">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    path.write_bytes(whole)
    media = open_media(path)
    assert (media.height, media.width) == shape
    for shown in (next(frames_at(media, [0], 64)).picture, next(every_frame(media, 64))[1]):
        assert shown.shape[:2] == shape
        assert shown[corner].min() > 200
        assert shown.mean() < 60


def test_pictures_that_grow_half_way_beyond_the_limit_are_refused(video):
    small, large = (video(name, [np.full((*size, 3), 90, np.uint8)] * 10) for name, size in (
        ("small.ts", (48, 64)), ("large.ts", (480, 640)),
    ))  # fmt: skip
    small.write_bytes(small.read_bytes() + large.read_bytes())
    limits = MediaLimits(max_pixels=10_000)
    with pytest.raises(MediaError, match=r"is damaged|cannot be read"):
        list(every_frame(open_media(small, limits), 64))
    assert len(list(every_frame(open_media(small), 64))) == 20
