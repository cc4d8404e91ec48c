"""Jobs that find a video's tags: what the service that takes them and the worker that does them must agree on."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Literal

from recsys.schema import Column, Table

State = Literal["queued", "running", "finished", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("finished", "failed", "cancelled")
INPUTS = ("upload", "path", "url", "vendor")
FORMS = ("v1", "vod")
"""How a callback looks: ours, or Alibaba Cloud VOD's."""
TIMESTAMP, SIGNATURE, CALLBACK_ID = "X-Tagreel-Timestamp", "X-Tagreel-Signature", "X-Tagreel-Callback"
"""Headers of a callback."""

TAG_JOBS = Table(name="tag_jobs", key=("job_id",), columns=(
    Column(name="job_id", kind="id", required=True),
    Column(name="job_key", kind="id"),
    Column(name="video_id", kind="id", required=True),
    Column(name="input", kind="choice", choices=INPUTS, required=True),
    Column(name="place", kind="text", required=True),
    Column(name="payload", kind="text"),
    Column(name="options", kind="json", required=True),
    Column(name="priority", kind="whole", default=0),
    Column(name="state", kind="choice", default="queued"),
    Column(name="progress", kind="json"),
    Column(name="attempts", kind="whole", default=0),
    Column(name="due_at", kind="time", required=True),
    Column(name="worker", kind="id"),
    Column(name="lease_until", kind="time"),
    Column(name="result", kind="json"),
    Column(name="error", kind="text"),
    Column(name="created_at", kind="time", required=True),
    Column(name="started_at", kind="time"),
    Column(name="finished_at", kind="time"),
))  # fmt: skip
"""job_key: what makes two jobs the same, unique; nobody's once a job failed or was cancelled. place: a file's name in
the spool folder, a path, an address, or a vendor's name, whose payload stands in `payload` until the job ends. due_at:
not to be begun before. worker and lease_until: who has it, and when they are taken for dead."""
CALLBACKS = Table(name="callbacks", key=("callback_id",), columns=(
    Column(name="callback_id", kind="id", required=True),
    Column(name="job_id", kind="id", required=True),
    Column(name="form", kind="choice", choices=FORMS, required=True),
    Column(name="url", kind="text", required=True),
    Column(name="body", kind="text", required=True),
    Column(name="state", kind="choice", choices=("waiting", "delivered", "dead"), default="waiting"),
    Column(name="attempts", kind="whole", default=0),
    Column(name="due_at", kind="time", required=True),
    Column(name="error", kind="text"),
    Column(name="created_at", kind="time", required=True),
    Column(name="delivered_at", kind="time"),
))  # fmt: skip
"""The outbox, written in the transaction that ends a job. url: empty, but where the job names one of its own. due_at:
while one is being sent, when to take the sender for dead."""
CALLBACK_TARGETS = Table(name="callback_targets", key=("form",), columns=(
    Column(name="form", kind="choice", choices=FORMS, required=True),
    Column(name="url", kind="text", required=True),
    Column(name="secret", kind="text", required=True),
    Column(name="options", kind="json", required=True),
    Column(name="changed_at", kind="time", required=True),
))  # fmt: skip
"""Where callbacks go. A secret must be known to sign with, so it stands here as it is."""
JOB_TABLES = {one.name: one for one in (TAG_JOBS, CALLBACKS, CALLBACK_TARGETS)}


def job_key(content: str, video_id: str, options: Mapping[str, Any]) -> str:
    """What two jobs have in common that are the same.

    Args:
        content: a hash of what is to be looked at.
        video_id: whose tags it is about.
        options: how it is to be looked at.
    """
    text = json.dumps([content, video_id, options], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What `X-Tagreel-Signature` says: HMAC-SHA256 of the time, a dot and the body, in hexadecimal.

    Args:
        secret: that the receiver knows too.
        timestamp: Unix seconds, as `X-Tagreel-Timestamp` has them.
        body: as it is sent.
    """
    return "sha256=" + hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256").hex()
