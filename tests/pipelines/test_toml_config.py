import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from pipelines.config import PipelineConfig, read_pipeline_config
from pipelines.toml_config import as_dict, build, read_config
from pipelines.toml_values import Place
from recsys.errors import ConfigError, require


@dataclass(frozen=True, kw_only=True)
class Inner:
    half_life_days: float = 30.0
    layers: tuple[int, ...] = (1, 2)

    def __post_init__(self):
        require(self.half_life_days > 0, f"inner.half_life_days is {self.half_life_days}; above 0", ConfigError)


@dataclass(frozen=True, kw_only=True)
class Outer:
    folder: Path = Path("var")
    name: str
    fast: bool = False
    inner: Inner = Inner()
    many: dict[str, float] = field(default_factory=dict)
    limit: int | None = None
    mode: Literal["a", "b"] = "a"
    other: Inner | None = None
    mixed: dict[str, str | bool | int | float] = field(default_factory=dict)


@pytest.fixture
def read(tmp_path):
    def read_text(text, *overrides):
        path = tmp_path / "shop.toml"
        path.write_text(text)
        return read_config(Outer, path, overrides)

    return read_text


def test_every_kind_of_value_is_read(read, tmp_path):
    config = read("""
name = "shop"
folder = "data/x"
fast = true
limit = 3
mode = "b"
[inner]
half_life_days = inf
layers = [3, 4, 5]
[many]
a = 1
b = 0.5
[other]
half_life_days = 2
[mixed]
one = 1
two = "2"
three = true
""")
    assert config == Outer(
        name="shop", folder=tmp_path / "data/x", fast=True, limit=3, mode="b",
        inner=Inner(half_life_days=float("inf"), layers=(3, 4, 5)), many={"a": 1.0, "b": 0.5},
        other=Inner(half_life_days=2.0), mixed={"one": 1, "two": "2", "three": True},
    )  # fmt: skip
    assert isinstance(config.many["a"], float)
    assert config.mixed["three"] is True


def test_relative_paths_even_defaults_start_at_the_file(read, tmp_path):
    assert read('name = "x"').folder == tmp_path / "var"
    assert read('name = "x"\nfolder = "/abs"').folder == Path("/abs")


def test_a_path_on_the_command_line_starts_here(read):
    assert read('name = "x"', "folder=out").folder == Path.cwd() / "out"


@pytest.mark.parametrize("text, says", [
    ("name='x'\n[inner]\nhalf_life_day=3", r"shop\.toml: unknown key inner\.half_life_day; the nearest known key is "
                                            r"inner\.half_life_days"),
    ("name='x'\nzzz=3", "unknown key zzz; known keys: fast, folder"),
    ("name='x'\nfast=1", "fast is 1; it must be true or false"),
    ("name='x'\nlimit=true", "limit is True; it must be a whole number"),
    ("name='x'\nlimit=1.5", "limit is 1.5; it must be a whole number"),
    ("name=3", "name is 3; it must be text"),
    ("name='x'\nmode='c'", "mode is 'c'; it must be one of 'a', 'b'"),
    ("name='x'\ninner=3", "inner is 3; it must be a table with keys half_life_days, layers"),
    ("name='x'\n[inner]\nlayers=[1, 'b']", r"inner\.layers\.1 is 'b'; it must be a whole number"),
    ("name='x'\n[inner]\nlayers=1", r"inner\.layers is 1; it must be a list, each a whole number"),
    ("name='x'\n[many]\na='b'", r"many\.a is 'b'; it must be a number"),
    ("name='x'\n[many]\na=nan", r"many\.a is nan; it must be a number"),
    ("name='x'\n[mixed]\na=[1]", r"mixed\.a is \[1\]; it must be text or true or false or a whole number or a number"),
    ("name='x'\n[inner]\nhalf_life_days=-1", r"shop\.toml: inner\.half_life_days is -1\.0; above 0"),
    ("fast=true", r"shop\.toml: name is missing; it has no default"),
    ("name = ]", "is not valid TOML: .*line 1"),
    ("name='x'\nfolder=''", "folder is ''; it must be a path"),
])  # fmt: skip
def test_a_bad_file_names_file_key_value_and_what_is_allowed(read, text, says):
    with pytest.raises(ConfigError, match=says):
        read(text)


def test_overrides_win_and_are_typed_by_the_field(read):
    config = read(
        'name = "x"\n[inner]\nlayers = [1]', "name=123", "inner.half_life_days=7", "inner.layers=[8, 9]", "fast=true",
        "many.z=2", "mode=b", "limit=5",
    )  # fmt: skip
    assert config == Outer(
        folder=config.folder, name="123", inner=Inner(half_life_days=7.0, layers=(8, 9)), fast=True, many={"z": 2.0},
        mode="b", limit=5,
    )  # fmt: skip


def test_an_override_keeps_quotes_and_equals_signs(read):
    assert read("", 'name="quoted"').name == "quoted"
    assert read("", "name=a=b").name == "a=b"
    assert read("", "name=").name == ""


@pytest.mark.parametrize("override, says", [
    ("name", "must look like key=value"),
    ("=3", "must look like key=value"),
    ("inner..x=3", "must look like key=value"),
    ("name.x=3", "name is a value, not a table"),
    ("inner.half_life_days=soon", "inner.half_life_days is 'soon'; it must be a number"),
    ("inner.half_lif_days=3", "nearest known key is inner.half_life_days"),
])  # fmt: skip
def test_a_bad_override_is_named(read, override, says):
    with pytest.raises(ConfigError, match=says):
        read('name = "x"', override)


def test_as_dict_goes_through_json_and_back(read):
    config = read('name = "x"\nlimit = 3\n[inner]\nhalf_life_days = inf\n[many]\na = -inf', "other.half_life_days=3")
    values = json.loads(json.dumps(as_dict(config), allow_nan=False))
    assert build(Outer, values, Place("manifest", Path("/elsewhere"))) == config


def test_as_dict_shows_no_password():
    config = read_pipeline_config(None, ["store.url=postgresql+psycopg://ann:secret@db/x"])
    assert as_dict(config)["store"]["url"] == "postgresql+psycopg://ann:***@db/x"


def test_a_missing_or_garbled_file_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml does not exist; name the configuration with --config"):
        read_config(Outer, tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(ConfigError, match="is not UTF-8 text: byte 8 is 0xff"):
        read_config(Outer, tmp_path / "bad.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(Outer, tmp_path)


def test_a_byte_order_mark_is_fine(tmp_path):
    (tmp_path / "bom.toml").write_bytes(b'\xef\xbb\xbfname = "x"')
    assert read_config(Outer, tmp_path / "bom.toml").name == "x"


def test_the_whole_pipeline_config_goes_through_json_and_back(tmp_path):
    (tmp_path / "t.toml").write_text("""
workspace = "w"
[source.events]
path = "ev.csv"
columns = {viewer_id = "user"}
constants = {event_type = "play"}
[store]
url = "sqlite:///db/x.db"
[tags.source_weights]
editor = 1
""")
    config = read_pipeline_config(tmp_path / "t.toml")
    assert config.workspace == tmp_path / "w"
    assert config.source.events.path == tmp_path / "ev.csv"
    assert config.store.url == f"sqlite:///{tmp_path}/db/x.db"
    again = build(PipelineConfig, json.loads(json.dumps(as_dict(config))), Place("manifest", Path("/")))
    assert as_dict(again) == as_dict(config)
    assert again.source == config.source


def test_without_a_file_the_defaults_or_the_file_here_are_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert as_dict(read_pipeline_config()) == as_dict(PipelineConfig(workspace=tmp_path / "var"))
    (tmp_path / "tagreel.toml").write_text('workspace = "here"')
    assert read_pipeline_config().workspace == tmp_path / "here"


@pytest.mark.parametrize("text, says", [
    ('[source.events]\npath = "x"\ncolumns = {viewer = "u"}', "events has no column 'viewer'; it has event_id"),
    ('[source.events]\npath = "x"\ncolumns = {value = "u"}\nconstants = {value = 1}', "stands in both"),
    ('[source.events]\npath = "x"\ndelimiter = ";;"', "delimiter is ';;'; it must be one character"),
    ('[source]\nkind = "store"\n[source.events]\npath = "x"', "drop source.events"),
    ("[source]\nmax_rejects = 0", "source.max_rejects is 0; it must be at least 1"),
])  # fmt: skip
def test_a_bad_source_is_refused_at_once(tmp_path, text, says):
    (tmp_path / "t.toml").write_text(text)
    with pytest.raises(ConfigError, match=says):
        read_pipeline_config(tmp_path / "t.toml")
