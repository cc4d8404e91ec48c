"""Alibaba Cloud's own clients of both generations against the running service: nothing but the address is changed."""

import json
import re
from contextlib import closing
from importlib import import_module
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from recsys.tags.importers.callback import signed
from recsys.tags.importers.vendors import results
from service.auth.derived_secrets import rpc_secret
from service.storage.store import Store
from service.storage.tables import CALLBACKS

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::SyntaxWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
NOSE = '{"AIVideoTag": {"AnalyseTypes": "Nose"}}'
SOME = "http://e.example/"


class VendorError(Exception):
    """What a client raised, whichever it was."""


class NewClient:
    """alibabacloud_vod20170321."""

    def __init__(self, host, key_id, secret):
        self.host = host
        from alibabacloud_tea_openapi.models import Config
        from alibabacloud_vod20170321 import client, models

        config = Config(access_key_id=key_id, access_key_secret=secret, endpoint=host, protocol="HTTP")
        self._client, self._models = client.Client(config), models

    def __call__(self, action, **given):
        from darabonba.exceptions import DaraException

        request = getattr(self._models, f"{action}Request")().from_map(given)
        methods = {name.replace("_", ""): name for name in dir(self._client)}
        try:
            return getattr(self._client, methods[action.lower()])(request).body.to_map()
        except DaraException as error:
            raise VendorError(error.code, error.message) from error


class OldClient:
    """aliyun-python-sdk-vod."""

    def __init__(self, host, key_id, secret):
        from aliyunsdkcore.client import AcsClient

        self.host = host
        self._client = AcsClient(key_id, secret, "cn-shanghai", auto_retry=False)

    def __call__(self, action, **given):
        from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException

        module = import_module(f"aliyunsdkvod.request.v20170321.{action}Request")
        request = getattr(module, f"{action}Request")()
        request.set_endpoint(self.host)
        request.set_protocol_type("http")
        request.set_accept_format("json")
        for name, value in given.items():
            getattr(request, f"set_{name}")(value)
        try:
            return json.loads(self._client.do_action_with_exception(request))
        except (ClientException, ServerException) as error:
            raise VendorError(error.get_error_code(), error.get_error_msg()) from error


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"auth": "required"})


@pytest.fixture(params=[NewClient, OldClient])
def vendor(request, minted, client):
    """Makes a client of a key: `vendor("write")`."""
    pytest.importorskip("alibabacloud_vod20170321")
    pytest.importorskip("aliyunsdkvod")

    def made(scope="write", tenant="default", secret=None):
        key, _ = minted(scope, tenant)
        return request.param(urlsplit(str(client.base_url)).netloc, key.key_id, secret or rpc_secret(key))

    return made


@pytest.fixture
def put(client, minted):
    _, secret = minted("admin")
    client.headers["X-API-Key"] = secret

    def video(video_id, **attributes):
        body = {"title": "A cat in the garden", "language": "en", "attributes": attributes}
        assert client.put(f"/v1/videos/{video_id}", json=body).status_code == 200

    return video


def test_a_client_gets_a_video_tagged_and_is_called_back(vendor, put, clip, work, receiver, settings):
    ask = vendor()
    receiver.files["/clip.mp4"] = (200, {}, clip)
    receiver.refusals = 2
    put("media1", media=f"{receiver.url}/clip.mp4")
    url = f"{receiver.url}/callback"
    ask(
        "SetMessageCallback",
        CallbackType="HTTP",
        CallbackURL=url,
        EventTypeList="AIComplete",
        AuthSwitch="on",
        AuthKey="aB3456789",
    )
    told = ask("GetMessageCallback")["MessageCallback"]
    assert (told["CallbackURL"], told["EventTypeList"], told["AuthSwitch"]) == (url, "AIComplete", "on")

    user = json.dumps({"Extend": {"localId": "42"}})
    submitted = ask("SubmitAIJob", MediaId="media1", Types="AIVideoTag", UserData=user)
    [job] = submitted["AIJobList"]["AIJob"]
    assert (job["MediaId"], job["Type"]) == ("media1", "AIVideoTag")
    listed = ask("ListAIJob", JobIds=f"{job['JobId']},nobodys")
    assert [one["Status"] for one in listed["AIJobList"]["AIJob"]] == ["init"]
    assert listed["NonExistAIJobIds"] == {"String": ["nobodys"]}
    assert not any(ask("GetAIVideoTagResult", MediaId="media1")["VideoTagResult"].values())

    work()
    [done] = ask("ListAIJob", JobIds=job["JobId"])["AIJobList"]["AIJob"]
    assert (done["Status"], done["Code"], done["Message"]) == ("success", "0", "OK")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", done["CompleteTime"])
    found = ask("GetAIVideoTagResult", MediaId="media1")["VideoTagResult"]
    assert json.loads(done["Data"]) == {
        kind: [{name: one for name, one in tag.items() if one} for tag in tags] for kind, tags in found.items() if tags
    }
    assert "cat" in [one["Tag"].lower() for one in found.get("Keyword", [])], found

    for _ in range(2):
        make_due(settings)
        work()
    assert len(receiver.requests) == 3
    [(headers, body)] = receiver.taken
    assert headers["x-vod-signature"] == signed(url, headers["x-vod-timestamp"], "aB3456789")
    event = json.loads(body)
    assert (event["EventType"], event["JobId"], event["Status"]) == ("AIVideoTagComplete", job["JobId"], "success")
    assert json.loads(event["Extend"]) == {"localId": "42"}
    [read] = results("alibaba-vod", body)
    assert {one.label for one in read.tags} == {one["Tag"] for kind in found.values() for one in kind}


def test_a_job_of_its_own_callback_is_told_there(vendor, put, clip, work, receiver):
    receiver.files["/clip.mp4"] = (200, {}, clip)
    put("media1", media=f"{receiver.url}/clip.mp4")
    call = json.dumps({"CallbackType": "http", "CallbackURL": f"{receiver.url}/own"})
    config = json.dumps({"AIVideoTagConfig": json.dumps({"AnalyseTypes": "ASR,OCR"})})
    vendor()("SubmitAIJob", MediaId="media1", Config=config, UserData=json.dumps({"MessageCallback": call}))
    work()
    [(headers, body)] = receiver.taken
    assert json.loads(body)["Status"] == "success"
    assert "x-vod-signature" not in headers


@pytest.mark.parametrize(
    "action, given, code",
    [
        ("SubmitAIJob", {"MediaId": "unknown"}, "InvalidVideo.NotFound"),
        ("SubmitAIJob", {"MediaId": "unready"}, "OperationDenied.VideoNotReady"),
        ("SubmitAIJob", {"MediaId": "missing"}, "OperationDenied.VideoNotReady"),
        ("SubmitAIJob", {}, "MissingParameter"),
        ("SubmitAIJob", {"MediaId": "unready", "Types": "AIMediaDNA"}, "InvalidParameter"),
        ("SubmitAIJob", {"MediaId": "unready", "Config": "{"}, "InvalidParameter"),
        ("SubmitAIJob", {"MediaId": "unready", "Config": "[" * 3000 + "]" * 3000}, "InvalidParameter"),
        ("SubmitAIJob", {"MediaId": "unready", "Config": NOSE}, "InvalidParameter"),
        ("SubmitAIJob", {"MediaId": "unready", "UserData": '{"Extend": "' + "x" * 600 + '"}'}, "InvalidParameter"),
        ("ListAIJob", {}, "MissingParameter"),
        ("ListAIJob", {"JobIds": ",".join(map(str, range(11)))}, "InvalidParameter"),
        ("GetAIVideoTagResult", {"MediaId": "unknown"}, "InvalidVideo.NotFound"),
        ("SetMessageCallback", {"CallbackType": "MNS"}, "InvalidParameter"),
        ("SetMessageCallback", {"CallbackType": "HTTP", "CallbackURL": "ftp://x/"}, "InvalidParameter"),
        ("SetMessageCallback", {"CallbackURL": SOME, "AuthSwitch": "on", "AuthKey": "abc"}, "InvalidParameter"),
        ("GetPlayInfo", {"VideoId": "unready"}, "InvalidAction.NotFound"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_as_the_vendor_tells_it(vendor, put, settings, action, given, code):
    put("unready")
    put("missing", media=f"{settings.media_roots[0]}/nothing.mp4")
    with pytest.raises(VendorError) as raised:
        vendor()(action, **given)
    assert code in str(raised.value.args[0]), raised.value
    assert raised.value.args[1]


def test_only_who_knows_the_secret_may_and_only_what_the_key_allows(vendor, put, minted):
    put("v1")
    with pytest.raises(VendorError, match=r"SignatureDoesNotMatch|InvalidAccessKeySecret"):
        vendor(secret="guess")("GetMessageCallback")
    with pytest.raises(VendorError, match="Forbidden"):
        vendor("read")("SubmitAIJob", MediaId="v1")
    assert not any(vendor("read")("GetAIVideoTagResult", MediaId="v1")["VideoTagResult"].values())
    with pytest.raises(VendorError, match=r"InvalidVideo\.NotFound"):
        vendor("admin", "acme")("GetAIVideoTagResult", MediaId="v1")
    one = vendor()
    with pytest.raises(VendorError, match="InvalidAccessKeyId"):
        type(one)(one.host, "0" * 12, "x")("GetMessageCallback")


def make_due(settings):
    with closing(Store.open(settings.store_url)) as store:
        store.write_now(lambda connection: connection.execute(update(CALLBACKS).values(due_at=0)))
