"""The facts of a folder of tables: as of the cut-off, of the catalogue's videos only."""

import pandas as pd
import pytest

from pipelines.facts import facts_of
from recsys.facts import text
from recsys.ids import Ids
from recsys.schema import TABLES
from recsys.tables import Tables, frame

DAY = 86_400_000


@pytest.fixture
def tables(tmp_path):
    times = pd.to_datetime([0, 5 * DAY, None], unit="ms", utc=True)
    videos = {
        "video_id": ["a", "b", "stranger"], "language": ["en", None, "en"], "duration_s": [10.0, None, 3.0],
        "published_at": times, "attributes": ['{"studio": "north"}', None, "{}"],
    }  # fmt: skip
    taggings = {
        "video_id": ["a", "a", "b", "b"], "tag_id": ["cats", "late", "cats", "gone"],
        "source": ["editor", "editor", "vendor:x", "editor"],
        "known_at": pd.to_datetime([0, 9 * DAY, None, 0], unit="ms", utc=True),
        "withdrawn_at": pd.to_datetime([None, None, None, 2 * DAY], unit="ms", utc=True),
    }  # fmt: skip
    Tables(videos=frame(TABLES["videos"], videos), taggings=frame(TABLES["taggings"], taggings)).write(tmp_path)
    return tmp_path


def test_facts_are_those_that_stood_at_the_cut_off(tables):
    found = facts_of(tables, Ids.of(["a", "b"]), 7 * DAY)
    assert found.having(text("tags", "cats")).tolist() == [0, 1]
    assert found.having(text("tags", "late")).tolist() == []
    assert found.having(text("tags", "gone")).tolist() == []
    assert found.having(text("source", "vendor:x")).tolist() == [1]
    assert found.having(text("language", "en")).tolist() == [0]
    assert found.having(text("attributes.studio", "north")).tolist() == [0]
    assert found.number("duration_s")[1].tolist() == [10.0]
    assert found.number("published_at")[1].tolist() == [0.0, 5.0 * DAY]


def test_without_tables_there_are_no_facts(tmp_path):
    found = facts_of(tmp_path, Ids.of(["a"]), 0)
    assert len(found.words) == len(found.fields) - 2 == 0
