"""Jobs and their tags in the form of Alibaba Cloud VOD, for clients that were made for it.

The form has five kinds of tags, moments in ms as texts, and no confidence; a job's `Data` is JSON in a text.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

KINDS = {"category": "Category", "person": "Person", "place": "Location"}
"""What a tag's dimension is called there; every other is a Keyword."""
STATUS = {
    "queued": "init", "running": "processing", "finished": "success", "failed": "fail", "cancelled": "fail",
}  # fmt: skip
AI_EVENTS = {"ALL", "AIComplete"}
"""Names under which a callback's address asks for the ends of jobs like ours."""


def vod_result(result: Mapping[str, Any]) -> dict[str, Any]:
    """A job's result as `AIVideoTagResult`; kinds that nothing was found of are left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for tag in result["tags"]:
        kind = KINDS.get(tag["dimension"], "Keyword")
        told: dict[str, Any] = {"Tag": tag["label"]}
        if kind != "Category":
            told["Times"] = [str(one["start_ms"]) for one in tag["occurrences"]]
        found.setdefault(kind, []).append(told)
    return {kind: found[kind] for kind in ("Category", "Keyword", "Person", "Location") if kind in found}


def vod_job(job: Mapping[str, Any]) -> dict[str, str]:
    """A row of `tag_jobs` as an `AIJob`."""
    told = {
        "JobId": job["job_id"], "MediaId": job["video_id"], "Type": "AIVideoTag", "Status": STATUS[job["state"]],
        **_outcome(job), "CreationTime": vod_time(job["created_at"]),
    }  # fmt: skip
    ended = {"CompleteTime": vod_time(job["finished_at"])} if job["finished_at"] is not None else {}
    return {**told, **ended, "Data": _data(job)}


def vod_callback(job: Mapping[str, Any], now: int) -> dict[str, str]:
    """The event that tells of a job's end.

    Args:
        job: a row of `tag_jobs`.
        now: ms.
    """
    extend = json.loads(job["options"]).get("extend")
    return {
        "EventTime": vod_time(now), "EventType": "AIVideoTagComplete", "JobId": job["job_id"],
        "MediaId": job["video_id"], "Status": STATUS[job["state"]], **_outcome(job), "Data": _data(job),
        **({"Extend": extend} if extend else {}),
    }  # fmt: skip


def vod_time(ms: int) -> str:
    """A time in whole seconds, UTC.

    >>> vod_time(1593309872000)
    '2020-06-28T02:04:32Z'
    """
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def wants_ends(event_types: Iterable[str]) -> bool:
    """Whether a callback's list of events asks for the ends of jobs like ours."""
    return not AI_EVENTS.isdisjoint(event_types)


def _outcome(job: Mapping[str, Any]) -> dict[str, str]:
    match job["state"]:
        case "failed":
            return {"Code": "JobFailed", "Message": job["error"] or "it failed"}
        case "cancelled":
            return {"Code": "JobCancelled", "Message": "it was cancelled"}
    return {"Code": "0", "Message": "OK"}


def _data(job: Mapping[str, Any]) -> str:
    if job["state"] != "finished":
        return "{}"
    result, data = json.loads(job["result"]), {}
    if json.loads(job["options"]).get("speech"):
        data["OrigASRData"] = {
            "AsrTextList": [
                {"StartTime": one["start_ms"], "EndTime": one["end_ms"], "Text": one["text"], "ChannelId": 0}
                for one in result["speech"]
            ],
            "Duration": str(max((one["end_ms"] for one in result["speech"]), default=0)),
        }
    return json.dumps({**data, **vod_result(result)}, ensure_ascii=False)
