"""The Python client's methods of jobs read what the service really answers."""

import pytest

from service.client import Client, ConflictError, NotFoundError

SAID = {"VideoTagResult": {"Keyword": [{"Tag": "气垫", "Times": ["100"]}]}}


def test_every_method_of_jobs_reads_its_answer(client, work, receiver):
    with Client(str(client.base_url)) as ours:
        ours.store_video("v1", title="one")
        told = ours.put_callback(url=f"{receiver.url}/hook")
        assert ours.read_callback().secret_ends == told.secret[-4:]
        job = ours.submit_tag_job(video_id="v1", vendor="alibaba-vod", payload=SAID)
        assert (job.state, job.repeated) == ("queued", False)
        work()
        done = ours.read_tag_job(job.job_id)
        assert done.result is not None
        assert [tag.label for tag in done.result.tags] == ["气垫"]
        assert ours.read_tag_result("v1").result == done.result
        assert len(receiver.taken) == 1
        with pytest.raises(ConflictError):
            ours.cancel_tag_job(job.job_id)
        other = ours.submit_tag_job(video_id="v1", url="http://a.example/v.mp4")
        assert ours.cancel_tag_job(other.job_id).state == "cancelled"
        assert ours.read_dead_callbacks().callbacks == []
        assert ours.replay_callbacks().callbacks == 0
        assert ours.remove_callback().url == told.url
        with pytest.raises(NotFoundError):
            ours.read_callback()
