"""Events: one or many, idempotent by their id. What was accepted is in the viewer's next answer."""

import uuid
from collections import Counter
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from pydantic_core import to_json

from recsys.timeline import iso
from service.auth.gated_route import GatedRoute
from service.auth.gates import Writer
from service.problems import Fault, FaultBody, invalid, validation_faults
from service.routers.parameters import json_body, listed, read_json
from service.schemas.events import EXAMPLE, Event, EventBatch, EventResult, EventsResult
from service.storage.rows import Row

router = APIRouter(prefix="/v1", tags=["events"], route_class=GatedRoute)
Rejected = list[Fault]


@router.post("/events", response_model=EventsResult, openapi_extra=json_body(Event, EventBatch, example=EXAMPLE))
async def post_events(request: Request, state: Writer) -> Response:
    """Append one event, a list of them, or `{"events": [...]}`. In a batch each is checked alone."""
    payload = await read_json(request)
    is_one = isinstance(payload, dict) and "events" not in payload
    given = [payload] if is_one else listed(payload, "events", state.settings.max_batch)
    now = state.clock()
    made_up, latest = f"{now:x}-{uuid.uuid4().hex}", now + round(state.settings.max_skew_s * 1000)
    checked = [_checked(one, f"{made_up}-{at}", now, latest) for at, one in enumerate(given)]
    if is_one and isinstance(checked[0], list):
        raise invalid(checked[0])
    rows = {one["event_id"]: one for one in reversed(checked) if not isinstance(one, list)}
    known = await state.events.append(list(rows.values())) if rows else set()
    return Response(to_json(_result(given, checked, known)), media_type="application/json")


def _checked(given: Any, made_up_id: str, now: int, latest: int) -> Row | Rejected:
    """The event as a row of the store, or the rules that it breaks."""
    try:
        event = Event.model_validate(given)
    except ValidationError as error:
        return validation_faults(error)
    if event.occurred_at is not None and event.occurred_at > latest:
        rule = f"an event lies at most {(latest - now) / 1000:g} s in the future; it is {iso(now)} here"
        return [Fault("occurred_at", iso(event.occurred_at), rule)]
    return event.row(event.event_id or made_up_id, now)


def _result(given: list[Any], checked: list[Row | Rejected], known: set[str]) -> dict[str, Any]:
    """An `EventsResult`, as plain values: a model for each of a thousand events takes longer than to check them."""
    results, seen, counts = list[dict[str, Any]](), set(known), Counter[str]()
    for one, row in zip(given, checked, strict=True):
        if isinstance(row, list):
            results.append(_rejected(one, row))
            counts["rejected"] += 1
            continue
        event_id = row["event_id"]
        status = "repeated" if event_id in seen else "accepted"
        results.append({"event_id": event_id, "status": status, "errors": []})
        counts[status] += 1
        seen.add(event_id)
    return {**{name: counts[name] for name in ("accepted", "repeated", "rejected")}, "results": results}


def _rejected(given: Any, faults: Rejected) -> dict[str, Any]:
    event_id = given.get("event_id") if isinstance(given, dict) else None
    bodies = [FaultBody(field=one.field, value=one.value, rule=one.rule) for one in faults]
    known_as = event_id if isinstance(event_id, str) else None
    return EventResult(event_id=known_as, status="rejected", errors=bodies).model_dump()
