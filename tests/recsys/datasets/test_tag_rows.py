import numpy as np
import pandas as pd

from recsys.datasets.tag_rows import agreed, said, share, tag_tables
from recsys.schema import MAX_ID_LENGTH
from recsys.tags.spelling import readable_id as tag_id


def test_an_id_never_passes_the_length_allowed_and_long_words_stay_apart():
    one, other = tag_id("tag", "x" * 300), tag_id("tag", "x" * 299 + "y")
    assert len(one) == len(other) == MAX_ID_LENGTH
    assert one != other


def test_spellings_that_differ_in_case_are_one_tag_named_by_the_most_used():
    tables = tag_tables([said("tag", ["1", "2", "3"], ["Dark Comedy", "dark comedy", "dark comedy"])])
    assert tables["tags"]["tag_id"].tolist() == ["tag:dark-comedy"]
    names = tables["tag_names"].set_index("name")["is_alias"]
    assert names.to_dict() == {"dark comedy": False, "Dark Comedy": True}


def test_words_with_an_underscore_and_with_a_dash_stay_two_tags():
    assert len(tag_tables([said("tag", ["1", "1"], ["gene_set", "gene-set"])])["tags"]) == 2


def test_an_empty_word_says_nothing():
    assert tag_tables([said("genre", ["1", "2"], ["", "Drama"])])["taggings"]["video_id"].tolist() == ["2"]


def test_agreement_of_viewers_raises_confidence_and_the_first_of_them_gives_the_time():
    rows = said("tag", ["1"] * 4, ["a", "A", "a", "b"], source="viewer", known_at=np.array([30, 10, 20, 40]))
    tables = tag_tables([agreed(rows, ["u", "v", "v", "u"])])
    found = tables["taggings"].set_index("tag_id")
    assert found.loc["tag:a", "confidence"] == 2 / 3
    assert found.loc["tag:b", "confidence"] == 1 / 2
    assert found.loc["tag:a", "known_at"] == pd.Timestamp(10, unit="ms", tz="UTC")
    assert set(tables["tag_names"]["name"]) == {"a", "A", "b"}


def test_two_sets_that_say_the_same_become_one_tagging_known_since_the_earlier_said_it():
    early = said("tag", ["1"], ["a"], source="viewer", confidence=share(np.array([1.0])), known_at=np.array([5]))
    late = said("tag", ["1"], ["a"], source="viewer", confidence=share(np.array([3.0])), known_at=np.array([9]))
    (row,) = tag_tables([late, early])["taggings"].to_dict("records")
    assert row["confidence"] == 0.75
    assert row["known_at"] == pd.Timestamp(5, unit="ms", tz="UTC")


def test_what_was_always_known_stays_so_beside_a_dated_statement():
    dated = said("genre", ["1"], ["Drama"], known_at=np.array([5]))
    (row,) = tag_tables([dated, said("genre", ["1"], ["Drama"])])["taggings"].to_dict("records")
    assert pd.isna(row["known_at"])
    assert pd.isna(row["confidence"])


def test_two_sources_stay_two_taggings():
    parts = [said("tag", ["1"], ["a"]), said("tag", ["1"], ["a"], source="viewer")]
    assert tag_tables(parts)["taggings"]["source"].tolist() == ["editor", "viewer"]


def test_without_statements_there_are_no_tables():
    assert tag_tables([]) == {}
    assert tag_tables([said("tag", [], [])])["taggings"].empty
