"""The vendor's two signature schemes, and whom the gate of its form turns away."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from service.auth.derived_secrets import rpc_secret
from service.auth.nonces import Nonces


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"auth": "required"})


def at(seconds=0):
    return datetime.fromtimestamp(datetime.now(UTC).timestamp() + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rpc1(method, given, secret):
    """Written for the test from the documented recipe."""
    parts = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in given.items())
    text = f"{method}&%2F&" + quote("&".join("=".join(one) for one in parts), safe="~")
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


@pytest.fixture
def ask(client, minted):
    """Sends GetMessageCallback in the older scheme; parameters may be changed before or after signing."""
    key, _ = minted("write")

    def asked(method="GET", after=(), **changed):
        given = {
            "Action": "GetMessageCallback", "Version": "2017-03-21", "Format": "JSON", "AccessKeyId": key.key_id,
            "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "SignatureType": "", "Timestamp": at(),
            "SignatureNonce": datetime.now().isoformat(), **changed,
        }  # fmt: skip
        given["Signature"] = rpc1(method, given, rpc_secret(key))
        return client.request(method, "/", params={**given, **dict(after)})

    return asked


def code(answer):
    body = answer.json()
    assert set(body) == {"RequestId", "HostId", "Code", "Message"}, body
    return answer.status_code, body["Code"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_right_signature_of_either_method_is_let_in(ask, method):
    answer = ask(method, AppId="app ~*+/ü")
    assert answer.status_code == 200, answer.text
    assert answer.json()["MessageCallback"]["AppId"] == "app ~*+/ü"


def test_what_was_changed_after_signing_is_refused(ask):
    assert code(ask(after={"Action": "SubmitAIJob"})) == (400, "SignatureDoesNotMatch")
    assert code(ask(after={"More": "1"})) == (400, "SignatureDoesNotMatch")
    assert code(ask(after={"AccessKeyId": "0" * 12})) == (404, "InvalidAccessKeyId.NotFound")
    assert code(ask(after={"Signature": ""})) == (400, "IncompleteSignature")


def test_a_signature_counts_once_and_not_for_long(ask):
    assert ask(SignatureNonce="one").status_code == 200
    assert code(ask(SignatureNonce="one")) == (400, "SignatureNonceUsed")
    assert code(ask(Timestamp=at(-1000))) == (400, "InvalidTimeStamp.Expired")
    assert code(ask(Timestamp=at(1000))) == (400, "InvalidTimeStamp.Expired")
    assert code(ask(Timestamp="yesterday")) == (400, "InvalidTimeStamp.Format")
    assert code(ask(SignatureNonce="")) == (400, "IncompleteSignature")
    assert code(ask(SignatureMethod="HMAC-MD5")) == (400, "IncompleteSignature")


def test_strangers_are_told_in_the_vendors_form(client, ask):
    assert code(client.get("/")) == (400, "IncompleteSignature")
    assert code(client.post("/", content=b"x" * 9_000_000)) == (400, "IncompleteSignature")
    assert code(client.get("/", headers={"Authorization": "ACS3-HMAC-SHA256 x"})) == (400, "IncompleteSignature")
    half = {"Authorization": "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=00"}
    assert code(client.get("/", headers=half)) == (400, "IncompleteSignature")
    assert code(client.get("/?a=%ff")) == (400, "InvalidParameter")
    assert code(ask(Action="Nothing")) == (404, "InvalidAction.NotFound")
    assert code(ask(Version="2018-01-01")) == (400, "InvalidVersion")


def test_an_open_service_takes_the_unsigned_but_not_from_a_web_page(serve, settings):
    client = serve(settings.model_copy(update={"auth": "open"}))
    query = {"Action": "GetMessageCallback", "Version": "2017-03-21"}
    assert client.get("/", params=query).status_code == 400
    assert client.get("/", params=query, headers={"x-acs-action": "GetMessageCallback"}).status_code == 200


def test_used_nonces_are_forgotten_in_time():
    nonces = Nonces()
    assert nonces.is_new("a", 0, 10)
    assert not nonces.is_new("a", 9, 10)
    assert nonces.is_new("a", 10, 10)
