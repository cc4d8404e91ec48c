"""What SubmitAIJob says of a job: `Config` and `UserData`, each JSON in a text, in every documented spelling."""

import json
from dataclasses import dataclass
from typing import Any

from recsys.errors import DataError
from recsys.tags.payload import Field, Limits, parsed
from service.vendor_rpc.errors import wrong

ANALYSERS = {
    "ASR": ("speech",), "OCR": ("captions",), "Face": ("objects",), "Category": ("topics", "classes"),
    "Annotation": ("objects", "classes", "sounds"),
}  # fmt: skip
"""Which of our analysers a kind of analysis asks for."""
ALWAYS = ("shots", "keywords")
"""They make something of what the others find."""
MOST_EXTEND_BYTES = 512
MOST_URL = 256
_LIMITS = Limits(n_bytes=16_384, n_values=1_000, depth=8)


@dataclass(frozen=True)
class JobConfig:
    """What `Config` says."""

    analysers: tuple[str, ...]
    """Empty for all."""
    speech: bool
    """Whether the words that were heard are wanted too."""


@dataclass(frozen=True)
class UserData:
    """What `UserData` says."""

    callback_url: str
    """Where to tell of this job; empty for where all are told."""
    extend: str
    """Sent back with the callback."""


def job_config(text: str) -> JobConfig:
    """Read `Config`. RpcError where it breaks a rule."""
    try:
        top = _object(text, "Config")
        told = top.first("AIVideoTag", "AIVideoTagConfig").embedded()
        kinds = [one.strip() for one in told["AnalyseTypes"].text().split(",") if one.strip()] if told else []
        speech = told["OrigASRData"].value if told else None
    except DataError as error:
        raise wrong("Config", str(error)) from None
    unknown = [one for one in kinds if one not in ANALYSERS]
    if unknown:
        raise wrong("Config", f"AnalyseTypes has {unknown[0][:50]!r}; known are {', '.join(ANALYSERS)}")
    names = {name for kind in kinds for name in ANALYSERS[kind]}
    return JobConfig(tuple(sorted(names | set(ALWAYS))) if names else (), speech in (True, "true", "True"))


def user_data(text: str) -> UserData:
    """Read `UserData`. RpcError where it breaks a rule."""
    try:
        top = _object(text, "UserData")
        extend = top["Extend"].value
        call = top["MessageCallback"].embedded()
        url, kind = call["CallbackURL"].text(), call["CallbackType"].text()
    except DataError as error:
        raise wrong("UserData", str(error)) from None
    if kind and kind.lower() != "http":
        raise wrong("UserData", "a job's own MessageCallback is of CallbackType http")
    if len(url) > MOST_URL:
        raise wrong("UserData", f"CallbackURL is at most {MOST_URL} characters")
    back = "" if extend is None else extend if isinstance(extend, str) else json.dumps(extend, ensure_ascii=False)
    if len(back.encode()) > MOST_EXTEND_BYTES:
        raise wrong("UserData", f"Extend is at most {MOST_EXTEND_BYTES} bytes")
    return UserData(url, back)


def media_of(attributes: Any) -> str:
    """Where a video's file is, as its attribute `media` says; empty where it does not."""
    told = attributes.get("media") if isinstance(attributes, dict) else None
    return told if isinstance(told, str) else ""


def _object(text: str, name: str) -> Field:
    if not text.strip():
        return Field({}, name, _LIMITS)
    top = parsed(text.encode(errors="surrogatepass"), _LIMITS, name)
    top.keys()  # anything but an object is refused
    return top
