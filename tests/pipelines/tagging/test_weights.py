import json
import socket

import pytest

from pipelines.tagging.analysers.registry import kinds
from pipelines.tagging.config import TaggingConfig
from pipelines.tagging.weights import EFFICIENTNET_LITE2, MODELS, weights
from recsys.errors import AssetError


def test_a_model_that_is_not_here_is_named_with_the_command_and_nobody_is_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given: pytest.fail("asked the network"))
    for model in MODELS.values():
        with pytest.raises(AssetError, match=f"{model.name} is not in .*; run `tagreel data get models`"):
            weights(model, tmp_path)


def test_other_bytes_under_a_models_name_are_refused(tmp_path):
    folder = tmp_path / EFFICIENTNET_LITE2.name
    folder.mkdir()
    (folder / "efficientnet-lite2-9656183e.pth").write_bytes(b"forged")
    receipt = {"source": EFFICIENTNET_LITE2.sources[-1].name, "sha256": {"efficientnet-lite2-9656183e.pth": "0" * 64}}
    (folder / "receipt.json").write_text(json.dumps(receipt))
    with pytest.raises(AssetError, match="or not whole"):
        weights(EFFICIENTNET_LITE2, tmp_path)


@pytest.mark.parametrize("name", ["speech", "objects", "classes"])
def test_an_analyser_without_its_model_says_so_when_it_is_loaded(tmp_path, name):
    for extra in ("onnx", "onnxruntime", "faster_whisper", "opencc"):
        pytest.importorskip(extra, reason="needs the extras 'tagging' and 'asr'")
    (kind,) = kinds(TaggingConfig(only=(name,), cache=tmp_path))
    with pytest.raises(AssetError, match="run `tagreel data get models`"):
        kind.load()
