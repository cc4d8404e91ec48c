import pytest

from pipelines.tagging.media import open_media
from pipelines.tagging.view import SamplingConfig, Shot, View
from recsys.errors import ConfigError


@pytest.fixture
def stretches(view):
    def of(*shots, **settings):
        made = view(shots=[Shot(*one) for one in shots])
        made.sampling = SamplingConfig(**settings)
        return made.stretches()

    return of


def test_a_short_shot_gives_one_frame_and_a_long_one_several(stretches):
    assert stretches((0, 1_000), (1_000, 9_000), every_s=4) == [(0, 1_000), (1_000, 5_000), (5_000, 9_000)]


def test_a_long_video_gives_no_more_frames_than_allowed(stretches):
    found = stretches((0, 3_600_000), every_s=4, max_frames=10)
    assert len(found) == 10
    assert (found[0][0], found[-1][1]) == (0, 3_600_000)


def test_more_shots_than_allowed_frames_are_thinned_evenly(stretches):
    found = stretches(*((1_000 * n, 1_000 * n + 1_000) for n in range(100)), max_frames=10)
    assert found == [(1_000 * n, 1_000 * n + 1_000) for n in range(0, 100, 10)]


def test_frames_are_those_of_the_middle_of_each_stretch(video, grey):
    pytest.importorskip("cv2", reason="needs the extra 'tagging'")
    seen = View(open_media(video("a.mp4", grey([20] * 25 + [220] * 25))), shots=[Shot(0, 1_000), Shot(1_000, 2_000)])
    found = list(seen.samples())
    assert [(one.start_ms, one.frame.at_ms, one.end_ms) for one in found] == [(0, 500, 1_000), (1_000, 1_500, 2_000)]
    assert [round(one.frame.picture.mean(), -1) for one in found] == [20, 220]


def test_without_shots_the_video_is_one(video, grey):
    assert View(open_media(video("a.mp4", grey([20] * 50)))).stretches() == [(0, 2_000)]


@pytest.mark.parametrize("setting", [{"every_s": 0}, {"max_frames": 0}, {"side": 10}])
def test_a_setting_out_of_range_is_named(setting):
    with pytest.raises(ConfigError, match=next(iter(setting))):
        SamplingConfig(**setting)
