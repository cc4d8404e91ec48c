"""Filters over a catalogue: the bundle's videos and changed ones alike."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recsys.bundle import Contents
from recsys.errors import DataError
from recsys.facts import Facts, Numbers, Words, attributes, words_of
from recsys.ids import Ids
from recsys.interactions import Videos
from recsys.ranking.catalogue import Catalogue, Tagging, VideoChange
from recsys.ranking.filter_language import parse
from recsys.ranking.filters import emptied, matching, turned_down
from recsys.schema import DAY_MS, NEVER
from recsys.tags.taxonomy import Taxonomy
from recsys.tags.vectorizer import TagConfig, TagVectorizer

NOW = 100 * DAY_MS
TAXONOMY = Taxonomy.from_rows(
    ["animal", "cat", "dog", "kitten", "puss", "spam"], ["", "animal", "animal", "cat", "", "animal"],
    ["active", "active", "active", "active", "merged", "banned"], ["", "", "", "", "cat", ""],
)  # fmt: skip
ROWS = [
    # id, tags, source, language, seconds, published day, attributes
    ("a", ["cat"], "editor", "en", 60, 99, {"studio": "north", "year": 2020, "kids": True}),
    ("b", ["kitten", "dog"], "vendor:x", "de", 300, 10, {"studio": "south"}),
    ("c", ["puss"], "editor", None, None, None, None),
    ("d", [], "editor", "en", 600, 50, {"year": 1999, "kids": False}),
]  # fmt: skip


def bundled():
    """All four in the bundle."""
    n = len(ROWS)
    told, counted = attributes((at, json.dumps(row[6])) for at, row in enumerate(ROWS) if row[6])
    tagged = [(at, tag) for at, row in enumerate(ROWS) for tag in row[1]]
    rows, each = np.array([at for at, _ in tagged], np.int32), np.arange(len(tagged), dtype=np.int32)
    words = [
        words_of("language", [row[3] for row in ROWS]), Words("tags", [tag for _, tag in tagged], each, rows),
        Words("source", [ROWS[at][2] for at, _ in tagged], each, rows),
    ]  # fmt: skip
    there = np.array([0, 1, 3], np.int32)
    numbers = [
        Numbers("duration_s", there, np.array([60.0, 300.0, 600.0])),
        Numbers("published_at", there, np.array([99.0, 10.0, 50.0]) * DAY_MS),
    ]
    always = np.full(n, NEVER)
    vectorizer = TagVectorizer(TAXONOMY, np.ones(len(TAXONOMY), np.float32), TagConfig())
    tags = Videos.trained(sparse.csr_array((n, len(TAXONOMY)), dtype=np.float32))
    facts = Facts.of(n, [*words, *told], [*numbers, *counted])
    return Catalogue.of(
        Contents(
            Ids.of([row[0] for row in ROWS]), vectorizer, tags, always, always, always, np.ones(n, np.float32),
            None, None, facts,
        )
    )  # fmt: skip


def change(row):
    video_id, tags, source, language, seconds, day, more = row
    return VideoChange(
        video_id, tuple(Tagging(tag, source, 1.0) for tag in tags), NEVER if day is None else day * DAY_MS,
        language=language, duration_s=seconds, attributes=None if more is None else json.dumps(more),
    )  # fmt: skip


def changed():
    """The bundle knows the same ids by other facts; all four have changed since."""
    blank = bundled()
    blank = replace(blank, facts=Facts.of(len(ROWS), [words_of("language", ["xx"] * 4)], []))
    return blank.with_changes([change(row) for row in ROWS], NOW)


@pytest.fixture(params=[bundled, changed])
def catalogue(request):
    return request.param()


def found(catalogue, text, now=NOW):
    shown = matching(catalogue, parse(text), now) & catalogue.available(now)
    return "".join(sorted(catalogue.id_of(int(at)) for at in np.flatnonzero(shown)))


@pytest.mark.parametrize("text, expected", [
    ('tags has "cat"', "abc"), ('tags has "animal"', "abc"), ('tags has "puss"', "abc"), ('tags has "dog"', "b"),
    ('tags has any ("dog", "nobody")', "b"), ('tags has all ("cat", "dog")', "b"), ('not tags has "animal"', "d"),
    ('tags exists', "abc"), ('tags has "spam"', ""), ('tags has "nobody"', ""),
    ('source = "vendor:x"', "b"), ('not source = "vendor:x"', "acd"), ('source != "vendor:x"', "acd"),
    ('language = "en"', "ad"), ('language != "en"', "bc"), ('language in ("en", "de")', "abd"),
    ("language exists", "abd"),
    ("duration_s < 300", "a"), ("duration_s <= 300", "ab"), ("duration_s > 60", "bd"), ("duration_s >= 600", "d"),
    ("duration_s = 60", "a"), ("duration_s != 60", "bcd"), ("not duration_s exists", "c"),
    ('published_at > "1970-02-20"', "a"), ("age_days < 7", "a"), ("age_days > 60", "b"), ("age_days exists", "abd"),
    ('studio = "north"', "a"), ('attributes.studio in ("north", "south")', "ab"), ("studio exists", "ab"),
    ("kids = true", "a"), ("kids = false", "d"), ("kids exists", "ad"), ("year = 2020", "a"), ("year < 2000", "d"),
    ('video_id in ("a", "d", "zz")', "ad"), ('video_id = "b"', "b"), ('video_id != "b"', "acd"),
    ("video_id exists", "abcd"),
    ('year = "2020"', ""), ('studio = 5', ""), ("nothing exists", ""),
    ('language = "en" and duration_s < 100 or tags has "dog"', "ab"), ('not (language = "en" or tags has "dog")', "c"),
])  # fmt: skip
def test_a_filter_matches_the_bundles_and_changed_videos_alike(catalogue, text, expected):
    assert found(catalogue, text) == expected


def test_a_changed_video_is_judged_by_what_it_is_now():
    after = bundled().with_changes([VideoChange("a", (Tagging("dog", "editor", 1.0),), language="fi")], NOW)
    assert found(after, 'tags has "cat"') == "bc"
    assert found(after, 'tags has "dog"') == "ab"
    assert found(after, 'language = "fi"') == "a"


def test_taggings_count_while_they_stand():
    late, gone = Tagging("cat", "editor", 1.0, known_at=NOW + 1), Tagging("cat", "editor", 1.0, withdrawn_at=NOW - 1)
    after = bundled().with_changes([VideoChange("x", (late,)), VideoChange("y", (gone,))], NOW)
    assert found(after, 'tags has "cat"') == "abc"


def test_a_filter_repeated_is_looked_up_and_by_age_worked_out_anew(catalogue):
    first = matching(catalogue, parse('tags has "cat"'), NOW)
    assert matching(catalogue, parse('tags  has  any ("cat")'), NOW + DAY_MS) is first
    by_age = matching(catalogue, parse("age_days < 7"), NOW)
    assert matching(catalogue, parse("age_days < 7"), NOW + 1) is by_age
    assert found(catalogue, "age_days < 7", NOW + 30 * DAY_MS) == ""
    with pytest.raises(ValueError, match="read-only"):
        first[0] = True


def test_little_is_kept_and_what_matched_of_the_bundle_is_not_worked_out_again_for_a_change(catalogue):
    for at in range(100):
        matching(catalogue, parse(f"year = {at}"), NOW)
    assert len(catalogue.known_matches) == 64
    before = dict(catalogue.known_matches)
    after = catalogue.with_changes([VideoChange("x", attributes='{"year": 99}')], NOW)
    found = matching(after, parse("year = 99"), NOW)
    assert (len(found), found.sum(), bool(found[-1])) == (len(after), 1, True)
    assert {key: id(one) for key, one in after.known_matches.items()} == {key: id(one) for key, one in before.items()}


def test_the_clause_that_emptied_a_list_is_named(catalogue):
    told = emptied(catalogue, parse('language = "en" and tags has "dog" and kids = true'), NOW)
    assert (told.clause, told.n_before) == ('tags has "dog"', 2)
    assert emptied(catalogue, parse('language = "en"'), NOW) is None
    assert emptied(catalogue, parse("not video_id exists"), NOW).n_before == 4


def test_the_clause_that_turned_a_video_down_is_named(catalogue):
    wanted = parse('language = "en" and kids = true')
    assert turned_down(catalogue, wanted, catalogue.position("d"), NOW) == "kids = true"
    assert turned_down(catalogue, wanted, catalogue.position("a"), NOW) is None


def test_tags_below_a_tag_are_its_children_and_what_was_merged_into_them():
    assert TAXONOMY.below("animal") == ["animal", "cat", "dog", "kitten", "puss"]
    assert TAXONOMY.below("kitten") == ["kitten"]
    assert TAXONOMY.below("spam") == []
    assert TAXONOMY.below("unknown") == ["unknown"]


def test_an_empty_catalogue_matches_nothing():
    nothing = replace(bundled(), ids=Ids.of([]), facts=Facts.of(0, [], []))
    assert matching(nothing, parse('not tags has "cat"'), NOW).tolist() == []


def test_errors_are_data_errors():
    with pytest.raises(DataError):
        parse("no")


def test_the_state_of_videos_can_be_asked_for_changed_ones_too(contents, catalogue, now):
    changed = catalogue.with_changes([VideoChange("new"), VideoChange(contents.ids[0])], now)
    for state in ("cold", "warming", "warm"):
        wanted = [changed.state(one) == state for one in range(len(changed))]
        assert matching(changed, parse(f'state = "{state}"'), now).tolist() == wanted
        assert matching(changed, parse(f'state != "{state}"'), now).tolist() == [not one for one in wanted]
    assert matching(changed, parse('state in ("cold", "warm")'), now).sum() > 0
    assert not matching(changed, parse('state = "hot"'), now).any()
    assert matching(changed, parse("state exists"), now).all()
