"""What can be asked for in Alibaba Cloud VOD's form."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import ValidationError

from recsys.tags.vod_form import vod_job, vod_result
from service.job_inputs import checked_url, of_fields
from service.problems import ProblemError, validation_faults
from service.routers.tag_jobs import submit
from service.schemas.tag_jobs import TagJobFields
from service.state import State
from service.storage.callbacks import Target, get_target, put_target
from service.storage.tag_jobs import NewJob, jobs_of, latest_finished
from service.storage.videos import get_video
from service.vendor_rpc.errors import RpcError, missing, wrong
from service.vendor_rpc.parameters import MOST_URL, job_config, media_of, user_data

FORM = "vod"
KIND = "AIVideoTag"
MOST_JOBS = 10
APP = "app-1000000"
EVENTS = re.compile(r"[A-Za-z]{1,64}")
Given = Mapping[str, str]
"""Parameters by name."""
Answer = dict[str, Any]


async def submit_ai_job(state: State, given: Given) -> Answer:
    """`SubmitAIJob`: a job for a video that is there with its file."""
    media_id = given.get("MediaId", "") or _missing("MediaId")
    kinds = [one.strip() for one in (given.get("Types", "") or KIND).split(",")]
    if any(one != KIND for one in kinds):
        raise wrong("Types", f"only {KIND} is done here")
    config, user = job_config(given.get("Config", "")), user_data(given.get("UserData", ""))
    if user.callback_url:
        checked_url(user.callback_url, state.settings, "UserData")
    found = await _new_job(state, media_id, list(config.analysers))
    more = {"extend": user.extend, "callback_url": user.callback_url, "speech": config.speech}
    options = {**found.options, **{name: one for name, one in more.items() if one}}
    [(row, _)] = await submit(state, [NewJob(**{**vars(found), "options": options})], again=True)
    return {"AIJobList": {"AIJob": [{"JobId": row["job_id"], "MediaId": media_id, "Type": KIND}]}}


async def list_ai_job(state: State, given: Given) -> Answer:
    """`ListAIJob`: jobs by their ids, and the ids of none."""
    asked = given.get("JobIds", "") or _missing("JobIds")
    job_ids = list(dict.fromkeys(one.strip() for one in asked.split(",") if one.strip()))
    if not 1 <= len(job_ids) <= MOST_JOBS:
        raise wrong("JobIds", f"it names 1 to {MOST_JOBS} jobs")
    with state.store.reading() as connection:
        found = jobs_of(connection, job_ids)
    return {
        "AIJobList": {"AIJob": [vod_job(found[one]) for one in job_ids if one in found]},
        "NonExistAIJobIds": {"String": [one for one in job_ids if one not in found]},
    }


async def get_ai_video_tag_result(state: State, given: Given) -> Answer:
    """`GetAIVideoTagResult`: what the job found that finished last of a video's; nothing where none has."""
    media_id = given.get("MediaId", "") or _missing("MediaId")
    with state.store.reading() as connection:
        video, row = get_video(connection, media_id), latest_finished(connection, media_id)
    if video is None:
        raise _unknown(media_id)
    return {"VideoTagResult": vod_result(json.loads(row["result"])) if row is not None else {}}


async def set_message_callback(state: State, given: Given) -> Answer:
    """`SetMessageCallback`: where to tell of the ends of jobs; what is not given stays as it is."""
    now = state.clock()
    with state.store.reading() as connection:
        before = get_target(connection, FORM)
    target = _target(given, before, now)
    if target.url:
        checked_url(target.url, state.settings, "CallbackURL")
    await state.store.write(lambda connection: put_target(connection, FORM, target))
    return {}


async def get_message_callback(state: State, given: Given) -> Answer:
    """`GetMessageCallback`: where that is."""
    with state.store.reading() as connection:
        target = get_target(connection, FORM)
    options = target.options if target is not None else {}
    told = {
        "AppId": given.get("AppId", "") or APP, "CallbackType": "HTTP", "CallbackURL": target.url if target else "",
        "EventTypeList": ",".join(options.get("event_types", ())), "AuthSwitch": options.get("auth_switch", "off"),
        "AuthKey": options.get("auth_key", ""), "MnsEndpoint": "", "MnsQueueName": "",
    }  # fmt: skip
    return {"MessageCallback": told}


ACTIONS: Mapping[str, Callable[[State, Given], Awaitable[Answer]]] = {
    "SubmitAIJob": submit_ai_job, "ListAIJob": list_ai_job, "GetAIVideoTagResult": get_ai_video_tag_result,
    "SetMessageCallback": set_message_callback, "GetMessageCallback": get_message_callback,
}  # fmt: skip


async def _new_job(state: State, media_id: str, analysers: list[str]) -> NewJob:
    """A job for a video's file, once it is there."""
    with state.store.reading() as connection:
        video = get_video(connection, media_id)
    if video is None:
        raise _unknown(media_id)
    media = media_of(json.loads(video["attributes"]) if video["attributes"] else None)
    if not media:
        raise _unready(media_id, "it has no attribute `media`, an address or a path")
    place = {"url" if re.match(r"https?://", media) else "path": media}
    try:
        fields = TagJobFields.model_validate({"video_id": media_id, "analysers": analysers, **place})
        return await of_fields(fields, state.settings)
    except ValidationError as error:
        raise _unready(media_id, validation_faults(error)[0].rule) from None
    except ProblemError as error:
        raise _unready(media_id, error.detail) from None


def _target(given: Given, before: Target | None, now: int) -> Target:
    old: Mapping[str, Any] = before.options if before else {}
    if given.get("CallbackType", "") and given.get("CallbackType", "").upper() != "HTTP":
        raise wrong("CallbackType", "only HTTP is spoken here; MNS is a service of Alibaba Cloud's own")
    url = given.get("CallbackURL", "") or (before.url if before else "")
    if not url:
        raise missing("CallbackURL")
    if len(url) > MOST_URL:
        raise wrong("CallbackURL", f"it is at most {MOST_URL} characters")
    listed = given.get("EventTypeList", ",".join(old.get("event_types", ["ALL"])))
    events = [one.strip() for one in listed.split(",") if one.strip()]
    if not all(EVENTS.fullmatch(one) for one in events):
        raise wrong("EventTypeList", "it is ALL, or names of events with commas between")
    switch, key = (
        given.get("AuthSwitch", "") or old.get("auth_switch", "off"),
        given.get("AuthKey", "") or old.get("auth_key", ""),
    )
    if switch not in ("on", "off"):
        raise wrong("AuthSwitch", "it is on or off")
    if (key or switch == "on") and not re.fullmatch(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[!-~]{1,32}", key):
        raise wrong("AuthKey", "it has up to 32 characters, among them upper case, lower case and digits")
    options = {"event_types": events, "auth_switch": switch, "auth_key": key}
    return Target(url, key if switch == "on" else "", options, now)


def _missing(name: str) -> str:
    raise missing(name)


def _unknown(media_id: str) -> RpcError:
    return RpcError(404, "InvalidVideo.NotFound", f"The video {media_id[:200]} does not exist.")


def _unready(media_id: str, why: str) -> RpcError:
    return RpcError(403, "OperationDenied.VideoNotReady", f"The video {media_id[:200]} is not uploaded yet: {why}.")
