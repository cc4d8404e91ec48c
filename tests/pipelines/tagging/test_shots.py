from contextlib import suppress

import numpy as np
import pytest

from pipelines.tagging.analysers.shots import ShotsConfig, load_shots
from pipelines.tagging.media import MediaError, open_media
from pipelines.tagging.view import Shot, View
from recsys.errors import ConfigError

pytest.importorskip("scenedetect", reason="needs the extra 'tagging'")


@pytest.fixture
def shots():
    def find(path, **settings):
        view = View(open_media(path))
        found = list(load_shots(ShotsConfig(**settings)).analyse(view))
        assert [(one.start_ms, one.end_ms) for one in found] == [(one.start_ms, one.end_ms) for one in view.shots]
        return view.shots

    return find


def test_cuts_are_found_to_the_frame(shots, video, grey):
    path = video("a.mp4", grey([20] * 25 + [220] * 30 + [100] * 20))
    assert shots(path) == [Shot(0, 1_000), Shot(1_000, 2_200), Shot(2_200, 3_000)]


def test_a_video_without_a_cut_is_one_shot(shots, video, grey):
    assert shots(video("a.mp4", grey([20] * 25))) == [Shot(0, 1_000)]


def test_a_single_frame_is_a_shot(shots, video, grey):
    assert shots(video("a.mp4", grey([20]))) == [Shot(0, 40)]


def test_a_slow_change_is_no_cut(shots, video, grey):
    assert len(shots(video("a.mp4", grey(range(20, 220, 2))))) == 1


def test_a_flash_is_no_shot(shots, video, grey):
    assert len(shots(video("a.mp4", grey([20] * 50 + [220] * 2 + [20] * 50)))) <= 2


def test_times_are_those_of_the_frames_and_not_their_numbers(shots, video, grey):
    assert shots(video("a.mp4", grey([20] * 20 + [220] * 20), rate=10)) == [Shot(0, 2_000), Shot(2_000, 4_000)]


def test_a_claim_that_the_pictures_do_not_keep_is_told(shots, video, grey, claiming):
    path = claiming(video("a.mkv", grey([50] * 25)), 3600)
    with pytest.raises(
        MediaError, match=r"claims 3,600.0 s but its pictures end after 1.0 s: it is cut off or made up"
    ):
        shots(path)


def test_a_video_cut_off_half_way_is_told(shots, video):
    noisy = np.random.default_rng(0).integers(0, 256, (100, 48, 64, 3), np.uint8)
    path = video("a.mp4", list(noisy), movflags="faststart")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaError, match=r"cut off or made up|is damaged"):
        shots(path)


def test_a_video_with_a_hole_is_told(shots, video):
    noisy = np.random.default_rng(0).integers(0, 256, (100, 48, 64, 3), np.uint8)
    path = video("a.mkv", list(noisy), g="1")
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 6 : -400] = bytes(len(whole) - 400 - len(whole) // 6)
    path.write_bytes(whole)
    with pytest.raises(MediaError, match=r"cut off or made up|is damaged|cannot be read"):
        shots(path)


@pytest.mark.parametrize("setting", [{"threshold": 0}, {"threshold": 300}, {"min_s": -1}])
def test_a_setting_out_of_range_is_named(setting):
    with pytest.raises(ConfigError, match=next(iter(setting))):
        ShotsConfig(**setting)


@pytest.mark.parametrize("seed", range(12))
def test_a_file_with_bytes_changed_at_random_is_analysed_or_refused_and_nothing_else(shots, video, seed):
    random = np.random.default_rng(seed)
    noisy = random.integers(0, 256, (20, 48, 64, 3), np.uint8)
    path = video("a.mp4", list(noisy), g="4")
    whole = bytearray(path.read_bytes())
    index = whole.rindex(b"moov")
    for place in random.integers(index if seed % 2 else 0, len(whole), random.choice([1, 10, 100])):
        whole[place] = random.integers(256)
    path.write_bytes(whole)
    with suppress(MediaError):
        assert shots(path)
