"""Files of jobs: nothing outside the spool folder is touched, nothing young is swept."""

import os

import pytest

from pipelines.jobs.material import FetchLimits, discard, sweep, video_file
from pipelines.jobs.queue import Job
from recsys.errors import DataError


def job(place, kind="upload"):
    return Job(job_id="j", video_id="v", input=kind, place=place, payload=None, options={}, attempts=1)


@pytest.mark.parametrize("place", ["../secret", "a/b", "..", "gone", ""])
def test_an_upload_lies_in_the_spool_folder_or_nowhere(tmp_path, place):
    (tmp_path / "secret").write_bytes(b"x")
    spool = tmp_path / "spool"
    (spool / "a").mkdir(parents=True)
    (spool / "a" / "b").write_bytes(b"x")
    with pytest.raises(DataError, match="not in the spool folder"), video_file(job(place), spool, FetchLimits()):
        pass


def test_only_uploads_are_thrown_away(tmp_path):
    for name in ("up", "own"):
        (tmp_path / name).write_bytes(b"x")
    discard(job("up"), tmp_path)
    discard(job(str(tmp_path / "own"), "path"), tmp_path)
    discard(job("up"), tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["own"]


def test_what_dead_processes_left_is_swept_once_it_is_old(tmp_path):
    for name, age_s in (("old", 4000), ("needed", 4000), ("young", 100)):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (1e9 - age_s, 1e9 - age_s))
    assert sweep(tmp_path, {"needed"}, 1e9) == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["needed", "young"]
    assert sweep(tmp_path / "none", set()) == 0
