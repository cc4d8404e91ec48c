import os

import pytest

from pipelines.tagging.media import MediaError, MediaLimits, open_media
from recsys.errors import ConfigError

pytest.importorskip("av", reason="needs the extra 'tagging'")


def test_facts_of_a_video_are_told(video, grey, tone):
    media = open_media(video("a.mp4", grey([50] * 50), sound=tone(2.0)))
    assert (media.width, media.height, media.frames_s, media.has_sound) == (64, 48, 25.0, True)
    assert media.pictures_ms == 2_000
    assert 2_000 <= media.duration_ms <= 2_100


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm.mkv", "a.avi", "a.mov", "a.ts"])
def test_common_containers_are_taken(video, grey, name):
    assert not open_media(video(name, grey([50] * 25))).has_sound


def test_the_content_counts_and_not_the_name(video, grey):
    path = video("a.mp4", grey([50] * 25))
    assert open_media(path.rename(path.with_suffix(".txt"))).pictures_ms == 1_000


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MediaError, match=r"gone\.mp4 is no file; name a video file"):
        open_media(tmp_path / "gone.mp4")


def test_a_folder_is_no_video(tmp_path):
    with pytest.raises(MediaError, match="is no file"):
        open_media(tmp_path)


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 a zip archive",
        b"%PDF-1.7 a document",
        b"<html>a page</html>",
        b"\x89PNG\r\n\x1a\n a picture that breaks off",
        os.urandom(4096),
        b"\0" * 4096,
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        PLAYLIST.format(secret="file:///etc/passwd").encode(),
        PLAYLIST.format(secret="http://127.0.0.1:1/secret.ts").encode(),
    ],
    ids=["zip", "pdf", "html", "png", "noise", "zeros", "concat", "hls file", "hls address"],
)
def test_what_is_no_video_is_refused_whatever_it_is_named(tmp_path, content):
    path = tmp_path / "holiday.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"holiday\.mp4 cannot be read as a video"):
        open_media(path)
    assert os.listdir(tmp_path) == ["holiday.mp4"]


def test_an_empty_file_is_told(tmp_path):
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(MediaError, match=r"empty\.mp4 is empty"):
        open_media(tmp_path / "empty.mp4")


def test_sound_alone_is_no_video(video, tone):
    with pytest.raises(MediaError, match=r"holds only sound; a video with pictures is needed"):
        open_media(video("a.mp4", None, sound=tone(1.0)))


def test_a_video_cut_off_before_its_index_is_refused(video, grey):
    path = video("a.mp4", grey(range(100)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaError, match="cannot be read as a video"):
        open_media(path)


def test_a_video_without_frames_is_refused(video, grey):
    path = video("a.mp4", grey([50] * 25), movflags="faststart")
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"mdat") + 4])
    with pytest.raises(MediaError, match=r"holds not one frame|cannot be read"):
        open_media(path)


def test_a_claim_of_more_than_the_limit_is_refused(video, grey, claiming):
    path = claiming(video("a.mkv", grey([50] * 25)), 4 * 3600)
    with pytest.raises(MediaError, match=r"claims to last 14,400 s; at most 10800 s are taken"):
        open_media(path)


@pytest.mark.parametrize(
    "limits, says",
    [
        (MediaLimits(max_bytes=100), "bytes; at most 100"),
        (MediaLimits(max_duration_s=0.5), "at most 0.5 s are taken"),
        (MediaLimits(max_pixels=1000), "pictures of 64 × 48; at most 1,000 pixels"),
    ],
)
def test_what_is_beyond_a_limit_is_refused(video, grey, limits, says):
    with pytest.raises(MediaError, match=says):
        open_media(video("a.mp4", grey([50] * 25)), limits)


@pytest.mark.parametrize("field", ["max_bytes", "max_duration_s", "max_pixels"])
def test_a_limit_must_allow_something(field):
    with pytest.raises(ConfigError, match=f"{field} is 0; it must be above 0"):
        MediaLimits(**{field: 0})
