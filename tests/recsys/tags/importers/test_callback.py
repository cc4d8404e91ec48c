"""Who calls is checked by signature and time; the same event twice has the same name."""

import json

import pytest

from recsys.tags.importers.callback import check_callback, signed

URL, KEY, NOW = "https://www.example.com/your/callback", "test123", 1519375990
SIGNATURE = "c72b60894140fa98920f1279219b7ed4"
BODY = json.dumps({"EventType": "AIVideoTagComplete", "JobId": "j1", "Data": "{}"}).encode()


def check(signature=SIGNATURE, timestamp=str(NOW), body=BODY, keys=(KEY,), now=NOW + 10.0, url=URL, **more):
    headers = {"X-VOD-SIGNATURE": signature, "X-VOD-TIMESTAMP": timestamp}
    return check_callback({name: one for name, one in headers.items() if one is not None}, body, keys, now, url, **more)


def test_the_vendors_own_example_is_right():
    found = check()
    assert (found.ok, found.reason, found.event) == (True, None, ("j1", "AIVideoTagComplete"))


def test_headers_and_signature_may_be_in_any_case():
    found = check_callback({"x-vod-signature": SIGNATURE.upper(), "x-VOD-timestamp": f" {NOW} "}, BODY, [KEY], NOW, URL)
    assert found.ok


def test_while_a_key_is_changed_both_count():
    assert check(keys=("new", KEY)).ok
    assert not check(keys=("new", "newer")).ok


@pytest.mark.parametrize(
    "given, says",
    [
        ({"signature": None}, "no X-VOD-SIGNATURE"),
        ({"timestamp": None}, "no X-VOD-TIMESTAMP"),
        ({"timestamp": "151937599"}, "ten digits"),
        ({"timestamp": "１５１９３７５９９０"}, "ten digits"),
        ({"timestamp": "-519375990"}, "ten digits"),
        ({"signature": "0" * 32}, "does not fit"),
        ({"signature": "é"}, "does not fit"),
        ({"keys": ()}, "does not fit"),
        ({"url": URL + "/"}, "does not fit"),
        ({"timestamp": str(NOW + 1)}, "does not fit"),
        ({"now": NOW + 301.0}, "301 s off; 300 s are allowed"),
        ({"now": NOW - 301.0}, "301 s off"),
        ({"now": NOW + 11.0, "window_s": 10}, "11 s off; 10 s are allowed"),
        ({"body": b"{"}, "not JSON"),
        ({"body": b"[]"}, "must be an object"),
        ({"body": b'{"JobId": "j"}'}, "names no JobId or no EventType"),
        ({"body": b"[" * 2_000_000}, "bytes"),
    ],
)
def test_what_is_wrong_is_refused_and_named(given, says):
    found = check(**given)
    assert not found.ok
    assert says in found.reason
    assert found.event is None


def test_a_replay_is_refused_once_the_window_has_passed_and_known_by_its_event_before():
    assert check(now=NOW + 299.0).event == check(now=NOW + 1.0).event
    assert not check(now=NOW + 301.0).ok


def test_a_signature_is_made_of_address_time_and_key():
    assert signed(URL, str(NOW), KEY) == SIGNATURE
    assert (
        len({signed(URL, str(NOW), KEY), signed("x", str(NOW), KEY), signed(URL, "1", KEY), signed(URL, str(NOW), "k")})
        == 4
    )
