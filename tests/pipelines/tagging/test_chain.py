from dataclasses import dataclass, field

import pytest

from pipelines.tagging.analyser import Kind
from pipelines.tagging.analysers.registry import kinds
from pipelines.tagging.chain import Chain
from pipelines.tagging.config import TaggingConfig
from pipelines.tagging.media import MediaError
from recsys.errors import AssetError, ConfigError, MissingExtraError

pytest.importorskip("av", reason="needs the extra 'tagging'")


@dataclass
class Fake:
    """Finds what it is given, or raises it; remembers what had been found before."""

    gives: object
    before: list = field(default_factory=list)

    def analyse(self, view):
        self.before.append([one.label for one in view.found])
        if isinstance(self.gives, BaseException):
            raise self.gives
        yield from self.gives


def kind(name, gives, loads=None):
    def load():
        if loads is not None:
            loads.append(name)
        if isinstance(gives, (MissingExtraError, AssetError, ConfigError)):
            raise gives
        return gives

    return Kind(name, "made up", load)


@pytest.fixture
def path(video, grey):
    return video("a.mp4", grey([50] * 25))


def test_each_analyser_sees_what_those_before_it_found(path, evidence):
    first, second = Fake([evidence("cat")]), Fake([evidence("pets")])
    found = Chain(asked=[kind("objects", first), kind("topics", second)]).tag(path)
    assert (first.before, second.before) == ([[]], [["cat"]])
    assert [one.label for one in found.evidence] == ["cat", "pets"]
    assert [(one.analyser, one.state, one.n_evidence) for one in found.outcomes] == [
        ("objects", "done", 1), ("topics", "done", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "reason, says",
    [
        (MissingExtraError("hearing speech", "asr"), "pip install 'tagreel[asr]'"),
        (AssetError("whisper-base cannot be had; run `tagreel data get models`"), "tagreel data get models"),
        (ConfigError("the environment has no KEY"), "no KEY"),
    ],
)
def test_one_that_cannot_be_had_is_named_with_what_changes_that_and_the_others_run(path, evidence, reason, says):
    found = Chain(asked=[kind("speech", reason), kind("objects", Fake([evidence("cat")]))]).tag(path)
    assert [(one.analyser, one.state) for one in found.outcomes] == [("speech", "unavailable"), ("objects", "done")]
    assert says in found.outcomes[0].says
    assert [one.label for one in found.evidence] == ["cat"]


@pytest.mark.parametrize("trouble", [ValueError("strange frame"), MediaError("the sound is damaged"), MemoryError()])
def test_one_that_fails_is_told_and_the_others_run(path, evidence, trouble):
    found = Chain(asked=[kind("sounds", Fake(trouble)), kind("objects", Fake([evidence("cat")]))]).tag(path)
    assert [(one.analyser, one.state) for one in found.outcomes] == [("sounds", "failed"), ("objects", "done")]
    assert (str(trouble) or "MemoryError") in found.outcomes[0].says


def test_what_one_found_before_it_failed_does_not_count(path, evidence):
    class Half:
        def analyse(self, view):
            yield evidence("cat")
            raise ValueError("half-way")

    assert Chain(asked=[kind("objects", Half())]).tag(path).evidence == []


def test_a_file_that_the_analysis_of_shots_finds_damaged_is_refused_whole(path):
    with pytest.raises(MediaError, match="cut off"):
        Chain(asked=[kind("shots", Fake(MediaError("a.mp4 is cut off")))]).tag(path)


def test_ctrl_c_stops_everything(path):
    with pytest.raises(KeyboardInterrupt):
        Chain(asked=[kind("objects", Fake(KeyboardInterrupt()))]).tag(path)


def test_analysers_are_loaded_once_for_many_videos_also_those_that_cannot_be(path, evidence):
    loads = []
    chain = Chain(asked=[kind("a", Fake([]), loads), kind("b", AssetError("gone"), loads)])
    for _ in range(3):
        chain.tag(path)
    assert loads == ["a", "b"]


def test_no_video_reaches_an_analyser(tmp_path):
    with pytest.raises(MediaError, match="is no file"):
        Chain(asked=[kind("objects", Fake(AssertionError("reached")))]).tag(tmp_path / "gone.mp4")


def test_progress_names_each_analyser(path):
    told = []
    Chain(asked=[kind("a", Fake([])), kind("b", Fake([]))]).tag(path, progress=lambda *one: told.append(one))
    assert told == [("a.mp4: a", 0.0), ("a.mp4: b", 0.5)]


def test_only_and_without_choose_analysers_in_their_order():
    names = [one.name for one in kinds(TaggingConfig(only=("topics", "shots", "captions"), without=("captions",)))]
    assert names == ["shots", "topics"]


@pytest.mark.parametrize("field", ["only", "without"])
def test_an_unknown_analyser_is_named_with_those_there_are(field):
    with pytest.raises(ConfigError, match="there is no analyser 'ocr'; there is shots, captions"):
        kinds(TaggingConfig(**{field: ("ocr",)}))
