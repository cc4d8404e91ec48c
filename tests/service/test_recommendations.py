"""Ranked videos: what moves them, and that they say why."""

import math
from typing import Any

import httpx
import pytest


def recommend(client: httpx.Client, **body: Any) -> dict[str, Any]:
    answer = client.post("/v1/recommendations", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer: dict[str, Any]) -> list[str]:
    return [one["video_id"] for one in answer["videos"]]


def test_a_viewer_without_history_gets_everybodys_favourites(client: httpx.Client):
    answer = client.get("/v1/viewers/nobody/recommendations", params={"n": 5}).json()
    assert len(answer["videos"]) == 5
    assert answer["fallback"] == "popularity"
    assert answer["viewer_id"] == "nobody"
