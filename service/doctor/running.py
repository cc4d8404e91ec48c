"""A service that runs: is it ready, by which bundle, and what do its numbers say?"""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from prometheus_client.parser import text_string_to_metric_families

from recsys.errors import DataError
from service.doctor.findings import Finding, failed, ok, warning
from service.doctor.storing import SKEW_S

WITHIN_S = 10
MOST_ERRORS = 0.001
"""Share of answers that may be 5xx."""
DENIED = (401, 403)


def look_at_running(url: str, key: str | None, live: str | None) -> Iterator[Finding]:
    """A service by its address.

    Args:
        url: such as `http://127.0.0.1:8080`.
        key: one of scope admin, for /metrics; None where the service asks for none.
        live: the shelf's live version, if it is known.

    Raises:
        DataError: nothing answers there, or something else does.
    """
    base = url.rstrip("/")
    status, headers, text = _got(f"{base}/readyz", None)
    told = _json(base, text)
    if status != 200:
        yield failed("ready", f"/readyz is answered {status}: {told.get('detail', '')}", "mend that; it tries again")
        told = told.get("checks", {})
    else:
        yield _bundle(told, live)
    refused = told.get("refused_bundle")
    if refused:
        yield warning("refused", f"the bundle that should be live is not: {refused}", "publish again, or roll back")
    yield from _skew(headers)
    status, _, text = _got(f"{base}/metrics", key)
    if status in DENIED:
        yield warning("metrics", f"/metrics is answered {status}", "give a key of scope admin: --key, or TAGREEL_KEY")
    elif status != 200:
        yield failed("metrics", f"/metrics is answered {status}", "look into the service's log")
    else:
        yield from _numbers(text)


def _bundle(told: dict[str, Any], live: str | None) -> Finding:
    serves = told.get("bundle")
    if live is not None and serves != live:
        what = f"it serves {serves}, the shelf's live bundle is {live}"
        return warning("ready", what, "wait a second; if that stays, TAGREEL_BUNDLES there is another folder")
    return ok("ready", f"it serves {serves}, {told.get('videos', 0):,} videos")


def _skew(headers: Any) -> Iterator[Finding]:
    date = headers.get("Date")
    if date:
        apart = abs(parsedate_to_datetime(date).timestamp() - time.time())
        if apart > SKEW_S:
            yield warning("its clock", f"{apart:.0f} s apart from this machine's", "synchronise both clocks (NTP)")
        else:
            yield ok("its clock", "as this machine's")


def _numbers(text: str) -> Iterator[Finding]:
    sums: dict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            sums[one.name] += one.value
            if one.labels.get("status", "").startswith("5"):
                sums["errors"] += one.value
    requests, errors = sums["tagreel_requests_total"], sums["errors"]
    what = f"{errors:,.0f} of {requests:,.0f} answers were errors of the service's (5xx)"
    if errors > MOST_ERRORS * requests:
        yield warning("errors", what, "look for level error in its log")
    else:
        yield ok("errors", what)
    dropped = sums["tagreel_impressions_dropped_total"]
    if dropped:
        what = f"{dropped:,.0f} shown videos were never written: the store is too slow"
        yield warning("impressions", what, "a faster disk or PostgreSQL; or more of TAGREEL_MAX_WAITING_IMPRESSIONS")
    else:
        yield ok("impressions", f"none dropped, {sums['tagreel_impressions_waiting']:,.0f} wait to be written")


def _json(base: str, text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise DataError(f"what answers at {base} is not Tagreel")
    return told


def _got(address: str, key: str | None) -> tuple[int, Any, str]:
    if not address.startswith(("http://", "https://")):
        raise DataError(f"{address} is no address; one looks like http://127.0.0.1:8080")
    request = Request(address, headers={"X-API-Key": key} if key else {})  # noqa: S310 - checked above
    try:
        with urlopen(request, timeout=WITHIN_S) as answer:  # noqa: S310 - checked above
            return answer.status, answer.headers, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()
