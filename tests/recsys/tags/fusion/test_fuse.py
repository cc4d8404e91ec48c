"""Evidence of several modalities and languages becomes ranked tags that say why."""

import json

import numpy as np
import pytest

from recsys.errors import ConfigError, DataError
from recsys.tags.fusion.config import FusionConfig
from recsys.tags.fusion.fuse import fuse
from recsys.tags.fusion.model import FusionModel
from recsys.tags.fusion.rows import fused_rows
from recsys.tags.fusion.salience import prominence
from recsys.tags.fusion.video import TaggedVideo
from recsys.tags.node import Name, Node

SHOTS = ((0, 1000), (1000, 3000), (3000, 4000))


def fused(mapper, *evidence, model=FusionModel(), **more):
    found = fuse(TaggedVideo(tuple(evidence), **{"shots": SHOTS, **more}), mapper, model)
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)
    return {one.tag_id: one for one in found}


def test_names_in_every_language_and_modality_speak_for_one_tag(mapper, seen):
    found = fused(
        mapper, seen("cat"), seen("猫咪", 0.8, "keyword", "keywords", language="zh"),
        seen("今天猫咪在家", 0.7, "text", "captions", language="zh"),
        seen("look at the kitty", 0.6, "speech", "speech"),
    )  # fmt: skip
    assert set(found) == {"object:cat", "object:animal"}
    assert {one.source for one in found["object:cat"].parts} == {"detector", "keywords", "captions", "speech"}


def test_every_tag_says_which_evidence_made_it_and_how_much(mapper, seen):
    found = fused(mapper, seen("cat", 0.9), seen("cat", 0.3, source="other"), seen("dog", 0.5))["object:cat"]
    assert [(one.evidence, one.source) for one in found.parts] == [(0, "detector"), (1, "other")]
    assert sum(one.share for one in found.parts) == pytest.approx(1.0)
    assert found.parts[0].share > found.parts[1].share


def test_more_voices_and_surer_ones_make_a_tag_surer(mapper, seen):
    def sure(*evidence):
        return fused(mapper, *evidence)["object:cat"].confidence

    alone = sure(seen("cat", 0.6))
    assert sure(seen("cat", 0.9)) > alone
    assert sure(seen("cat", 0.6), seen("cat", 0.6, source="other")) > alone
    assert sure(seen("cat", 0.6), seen("cat", 0.5)) == alone  # the same voice, less sure, in the same shot


def test_parents_are_implied_by_the_evidence_of_their_children_and_as_sure_as_the_surest(mapper, seen, mapper_of):
    found = fused(mapper, seen("cat", 0.9), seen("dog", 0.4, source="b"))
    animal = found["object:animal"]
    assert animal.is_implied
    assert {one.evidence for one in animal.parts} == {0, 1}
    assert animal.confidence > found["object:cat"].confidence > found["object:dog"].confidence
    named = fused(mapper, seen("cat", 0.9), seen("animal", 0.1, source="b"))
    assert not named["object:animal"].is_implied
    assert named["object:animal"].parts[0].share > 0.5
    half = fused(mapper_of(implied_share=0.5), seen("cat", 0.9))
    assert half["object:animal"].confidence < half["object:cat"].confidence
    assert "object:animal" not in fused(mapper_of(implied_share=0.0), seen("cat"))


def test_the_way_up_leads_over_merged_parents_to_their_targets_and_past_banned_ones(mapper_of, seen):
    def node(tag_id, parent_id=None, **more):
        return Node(tag_id=tag_id, parent_id=parent_id, names=(Name("en", tag_id),), **more)

    nodes = (
        node("kitten", "kitties"), node("kitties", "old", status="merged", merged_into="cat"), node("cat", "pet"),
        node("pet", "animal", status="banned"), node("animal", "thing"), node("thing"), node("old"),
    )  # fmt: skip
    mapper = mapper_of(None, nodes, blacklist=("thing",))
    assert mapper.parents("kitten") == ("cat", "animal")
    assert set(fused(mapper, seen("kitten"))) == {"kitten", "cat", "animal"}
    assert mapper.parents("nowhere") == ()


def test_a_boosted_child_lifts_its_parents(mapper_of, seen):
    found = fused(mapper_of(hot_words=("cat",), hot_boost=3.0), seen("cat", 0.5))
    assert found["object:animal"].confidence == found["object:cat"].confidence


def test_merged_tags_count_for_what_they_stand_for_and_banned_ones_for_nothing(mapper, seen):
    found = fused(
        mapper, seen("海边", 0.9, "keyword", "k"), seen("beach", 0.5, "scene", "s"), seen("spam", 1.0, "keyword", "k")
    )
    assert set(found) == {"scene:beach"}
    assert {one.source for one in found["scene:beach"].parts} == {"k", "s"}


@pytest.mark.parametrize("word", ["object:cat", "Cat", "kitty", "猫咪"])
def test_blacklisted_tags_are_dropped_by_id_or_any_name_and_their_parents_are_not(word, seen, mapper_of):
    found = fused(mapper_of(blacklist=(word,)), seen("cat"), seen("dog"))
    assert set(found) == {"object:dog", "object:animal"}


def test_a_blacklisted_parent_is_not_implied_and_an_unknown_word_makes_no_tag(seen, mapper_of):
    assert set(fused(mapper_of(blacklist=("动物", "blah")), seen("cat"), seen("Blah", dimension="keyword"))) == {
        "object:cat"
    }


def test_hot_words_and_custom_tags_are_boosted(seen, mapper_of):
    given = seen("cat", 0.5), seen("our show", 0.5, "keyword"), seen("new thing", 0.5, "keyword")
    plain = fused(mapper_of(custom_boost=0.0), *given)
    boosted = fused(mapper_of(hot_words=("猫咪", "New Thing"), hot_boost=1.0, custom_boost=0.5), *given)
    odds = {tag: np.log(one.confidence / (1 - one.confidence)) for tag, one in plain.items()}
    gained = {tag: np.log(one.confidence / (1 - one.confidence)) - odds[tag] for tag, one in boosted.items()}
    assert gained["object:cat"] == pytest.approx(1.0, abs=1e-3)
    assert gained["custom:ours"] == pytest.approx(0.5, abs=1e-3)
    assert gained["keyword:new-thing"] == pytest.approx(1.0, abs=1e-3)


def test_a_label_without_a_tag_is_kept_as_a_new_one_or_left_out(seen, mapper_of):
    found = fused(mapper_of(), seen("zebra crossing", dimension="object"), seen("no name in this", dimension="speech"))
    assert set(found) == {"object:zebra-crossing"}
    assert (found["object:zebra-crossing"].is_known, found["object:zebra-crossing"].dimension) == (False, "object")
    assert fused(mapper_of(keep_unknown=False), seen("zebra crossing")) == {}


def test_what_fills_the_screen_and_is_in_the_title_ranks_above_what_passes_by(mapper, seen):
    large, small = (0.1, 0.1, 0.9, 0.9), (0.0, 0.0, 0.1, 0.1)
    assert prominence([large]) > 0.7 > 0.1 > prominence([small])
    found = fused(mapper, seen("cat", 0.8, start=0, end=4000, box=large), seen("dog", 0.8, start=0, end=900, box=small))
    cat, dog = found["object:cat"], found["object:dog"]
    assert cat.confidence > dog.confidence
    assert (cat.salience.screen_time, dog.salience.screen_time) == (1.0, 0.25)
    titled = fused(mapper, seen("dog", 0.8), title="我的小狗", description="cats")["object:dog"]
    described = fused(mapper, seen("dog", 0.8), description="my DOG")["object:dog"]
    assert (titled.salience.title, described.salience.title) == (1.0, 0.5)
    assert titled.confidence > described.confidence > fused(mapper, seen("dog", 0.8))["object:dog"].confidence
    assert fused(mapper, seen("animal", 0.8), title="cat")["object:animal"].salience.title == 1.0


def test_occurrences_are_the_stretches_of_the_evidence_joined_where_they_touch(mapper, seen):
    box = (0.2, 0.2, 0.8, 0.8)
    found = fused(
        mapper, seen("cat", 0.9, start=0, end=900, box=box), seen("cat", 0.5, source="other", start=1500, end=2000),
        seen("cat", 0.4, start=3600, end=3600),
    )["object:cat"]  # fmt: skip
    assert [(one.start_ms, one.end_ms, one.box) for one in found.spans] == [(0, 2000, box), (3600, 3600, None)]
    assert found.spans[0].confidence > found.spans[1].confidence


def test_without_evidence_there_are_no_tags_and_without_shots_the_video_is_one(mapper, seen):
    assert fused(mapper, shots=()) == {}
    found = fused(mapper, seen("cat", start=500, end=800), shots=())["object:cat"]
    assert found.salience.screen_time == pytest.approx(300 / 800, abs=1) == 1.0
    assert fused(mapper, seen("cat", start=0, end=0), shots=())["object:cat"].spans[0].end_ms == 0


def test_evidence_behind_the_last_shot_counts_too(mapper, seen):
    found = fused(mapper, seen("cat", start=5000, end=6000))["object:cat"]
    assert found.salience.screen_time == pytest.approx(2000 / 6000, abs=1e-6)


def test_tags_below_the_threshold_or_beyond_the_most_are_left_out(seen, mapper_of):
    given = [seen(f"thing {n}", 0.5 + n / 100) for n in range(9)]
    assert len(fused(mapper_of(most_tags=3), *given)) == 3
    assert fused(mapper_of(threshold=0.99), *given) == {}
    assert fused(mapper_of(threshold=None), seen("cat", 0.05), model=FusionModel(threshold=0.9)) == {}


def near(texts):
    """A text encoder in which zh and en words for seats are the same direction, and everything else is its own."""
    axes = {"couch": 0, "沙发": 0, "cat": 1}
    vectors = np.zeros((len(texts), 4))
    for row, text in enumerate(texts):
        vectors[row, axes.get(text.lower(), 3)] = 2.0
    return vectors


def test_a_text_encoder_maps_what_names_do_not(seen, mapper_of):
    nodes = (Node(tag_id="object:sofa", dimension="object", names=(Name("zh", "沙发"),)),)
    found = fused(mapper_of(near, nodes), seen("Couch"), seen("cat"))
    assert set(found) == {"object:sofa", "object:cat"}
    assert found["object:cat"].is_known is False
    assert set(fused(mapper_of(None, nodes), seen("Couch"))) == {"object:couch"}
    assert set(fused(mapper_of(near, ()), seen("Couch"))) == {"object:couch"}


def test_shots_among_the_evidence_are_shots_and_no_tags(mapper, seen):
    given = [seen("cat"), *(seen("shot", 1.0, "shot", "shots", start, end) for start, end in ((4, 9), (0, 5), (4, 6)))]
    video = TaggedVideo.of(given, title="cats")
    assert (video.evidence, video.shots, video.title) == ((given[0],), ((0, 5), (5, 6), (6, 9)), "cats")
    assert {one.tag_id for one in fuse(video, mapper)} == {"object:cat", "object:animal"}


def test_a_dimension_that_is_none_of_ours_makes_custom_tags(mapper, seen):
    given = TaggedVideo((seen("Lemon", dimension="smell"),))
    (node,) = fused_rows("v", given, fuse(given, mapper)).new_nodes
    assert (node.tag_id, node.dimension) == ("custom:lemon", "custom")


@pytest.mark.parametrize(
    "shots, says",
    [
        (((0, 0),), r"shot \[0, 0\)"),
        (((0, 10), (5, 20)), r"shot \[5, 20\) follows \[.., 10\)"),
        (((10, 20), (0, 5)), "in order"),
    ],
)
def test_shots_out_of_order_are_refused(shots, says):
    with pytest.raises(DataError, match=says):
        TaggedVideo((), shots)


@pytest.mark.parametrize(
    "given", [{"threshold": 2}, {"min_similarity": -1}, {"most_tags": 0}, {"hot_boost": -1}, {"custom_boost": 11}]
)
def test_a_config_out_of_range_is_refused_by_its_name(given):
    with pytest.raises(ConfigError, match=rf"fusion.{next(iter(given))} is"):
        FusionConfig(**given)


def test_fused_tags_become_rows_and_new_ones_get_the_name_that_was_seen(mapper, seen):
    box = (0.25, 0.0, 0.5, 1.0)
    given = TaggedVideo((seen("Zebra Crossing", 0.9, box=box), seen("cat", 0.8, source="b", start=5, end=9)), SHOTS)
    rows = fused_rows("v", given, fuse(given, mapper))
    assert {one["tag_id"] for one in rows.taggings} == {"object:zebra-crossing", "object:cat", "object:animal"}
    assert {one["source"] for one in (*rows.taggings, *rows.occurrences)} == {"model:fusion@1"}
    (crossing,) = [one for one in rows.occurrences if one["tag_id"] == "object:zebra-crossing"]
    assert (crossing["start_ms"], crossing["end_ms"], json.loads(crossing["box"])["left"]) == (0, 1000, 0.25)
    (node,) = rows.new_nodes
    assert (node.tag_id, node.dimension, node.display_name()) == ("object:zebra-crossing", "object", "Zebra Crossing")
