"""Rules: each does what it says, to a list that stays full, and the reasons still sum to the scores."""

import math
from dataclasses import replace

import numpy as np
import pytest

from recsys.errors import ConfigError
from recsys.ranking.audience import together
from recsys.ranking.catalogue import Catalogue, Tagging, VideoChange
from recsys.ranking.filter_language import parse
from recsys.ranking.recommender import Query, recommend
from recsys.ranking.rules import Boost, Pin, Quota, Rules, reach
from recsys.ranking.viewer import known_viewer
from recsys.schema import NEVER


def ids(answer) -> list[str]:
    return [one.video_id for one in answer.videos]


@pytest.fixture
def ask(contents, catalogue, viewer_of, now):
    def asked(n=20, viewer=3, exclude=(), **rules):
        query = Query(now=now, n=n, exclude=frozenset(exclude), rules=Rules(**rules))
        return recommend(contents, catalogue, viewer_of(viewer), query)

    return asked


@pytest.fixture
def tail(ask) -> list[str]:
    """What stands last in a whole list."""
    return ids(ask(n=200))[-5:]


def named(*video_ids: str):
    return parse("video_id in ({})".format(", ".join(f'"{one}"' for one in video_ids)))


def test_without_rules_nothing_changes(ask, contents, catalogue, viewer_of, now):
    assert ids(ask()) == ids(recommend(contents, catalogue, viewer_of(3), Query(now=now, n=20)))
    assert Rules().is_by_score


def test_the_strongest_boost_lifts_what_stands_last_to_the_top_and_says_so(ask, tail):
    answer = ask(boosts=(Boost(named(*tail), 1.0),))
    assert set(tail) <= set(ids(answer)[:6])
    boosted = next(one for one in answer.videos if one.video_id == tail[0])
    rule = [one for one in boosted.reasons if one.kind == "rule"]
    assert [one.id for one in rule] == [named(*tail).text]
    assert rule[0].value > 0


def test_a_buried_video_leaves_the_top(ask):
    best = ids(ask())[:3]
    answer = ask(boosts=(Boost(named(*best), -1.0),))
    assert not set(best) & set(ids(answer))
    assert len(answer.videos) == 20


def test_reasons_sum_to_the_score_under_every_rule_at_once(ask, tail):
    answer = ask(
        boosts=(Boost(named(tail[0]), 0.7), Boost(parse('tags has "nobody uses"'), 0.5)),
        pins=(Pin(tail[1], 3),),
        quotas=(Quota(named(*tail[2:]), at_least=2),),
        diversity=0.4,
        rotation=0.5,
        shown=((tail[2], 2), ("unknown", 4)),
        explore=0.2,
        seed=5,
    )
    assert len(answer.videos) == len(set(ids(answer))) == 20
    for one in answer.videos:
        assert math.isclose(sum(part.value for part in one.reasons), one.score, abs_tol=1e-5)


def test_a_pin_stands_at_its_place_even_if_it_was_seen(ask, contents, catalogue, viewer_of, now):
    seen = viewer_of(3).events.video_ids[0]
    answer = ask(pins=(Pin(seen, 2), Pin("unknown", 1)))
    assert answer.videos[1].video_id == seen
    assert answer.videos[1].source == "pin"
    assert len(answer.videos) == 20
    assert ids(answer)[0] == ids(ask())[0]


def test_an_excluded_or_unavailable_video_is_not_pinned(ask, contents, catalogue, viewer_of, now, tail):
    assert tail[0] not in ids(ask(pins=(Pin(tail[0], 1),), exclude=[tail[0]]))
    gone = catalogue.with_changes([VideoChange(tail[0], deleted=True)], now)
    query = Query(now=now, n=20, rules=Rules(pins=(Pin(tail[0], 1),)))
    assert tail[0] not in ids(recommend(contents, gone, viewer_of(3), query))


def test_a_pin_that_no_model_can_score_has_score_0(contents, catalogue, viewer_of, now):
    fresh = catalogue.with_changes([VideoChange("bare")], now)
    answer = recommend(contents, fresh, viewer_of(3), Query(now=now, n=3, rules=Rules(pins=(Pin("bare", 1),))))
    assert answer.videos[0].video_id == "bare"
    assert math.isfinite(answer.videos[0].score)


def test_quotas_hold_and_the_list_stays_full(ask):
    best = ids(ask())
    first = named(*best[:10])
    answer = ask(n=10, quotas=(Quota(first, at_most=3),))
    assert len(answer.videos) == 10
    assert len(set(ids(answer)) & set(best[:10])) == 3
    assert ids(answer)[:3] == best[:3]


def test_a_minimum_is_met_by_the_best_that_meet_it_wherever_they_stand(ask, tail):
    answer = ask(n=10, quotas=(Quota(named(*tail), at_least=2),))
    assert set(ids(answer)) & set(tail) == set(tail[:2])
    assert ids(answer)[:8] == ids(ask(n=8))


def test_a_minimum_that_cannot_be_met_does_not_shorten_the_list(ask):
    answer = ask(n=10, quotas=(Quota(parse('tags has "nobody uses"'), at_least=5),))
    assert ids(answer) == ids(ask(n=10))
    assert len(ask(n=10, quotas=(Quota(parse("video_id exists"), at_most=2),)).videos) == 10


def test_diversity_makes_a_list_less_alike(ask, contents):
    def likeness(answer) -> float:
        tags = contents.videos.tags[contents.ids.rows(ids(answer))]
        alike = (tags @ tags.T).toarray()
        return float((alike.sum() - np.trace(alike)) / (len(alike) * (len(alike) - 1)))

    plain, varied = ask(n=10), ask(n=10, diversity=0.7)
    assert likeness(varied) < likeness(plain)
    assert ids(varied)[0] == ids(plain)[0]


def test_what_was_shown_and_not_taken_falls(ask):
    best = ids(ask())
    answer = ask(rotation=1.0, shown=((best[0], 3),))
    assert best[0] not in ids(answer)[:5]
    assert ids(ask(rotation=0.0, shown=((best[0], 3),))) == best


def test_exploration_gives_cold_videos_their_share_and_says_how_likely_each_was(contents, catalogue, viewer_of, now):
    cold = [VideoChange(f"cold-{i}", (Tagging("nobody uses", "editor", 1.0),), NEVER) for i in range(30)]
    fresh = catalogue.with_changes(cold, now)

    def asked(seed):
        query = Query(now=now, n=10, rules=Rules(explore=0.3, seed=seed))
        return recommend(contents, fresh, viewer_of(3), query)

    share = np.mean([np.mean([one.state == "cold" for one in asked(seed).videos]) for seed in range(40)])
    assert 0.29 < share < 0.45
    answer = asked(1)
    assert ids(answer) == ids(asked(1)) != ids(asked(2))
    assert {one.source for one in answer.videos} >= {"exploration"}
    assert all(0 < one.propensity <= 1 for one in answer.videos)
    assert any(one.propensity < 1 for one in answer.videos)


def test_a_rule_reaches_beyond_the_shortlist(ask, monkeypatch, tail):
    monkeypatch.setattr("recsys.ranking.recommender.KEPT", 20)
    assert set(ids(ask(n=10, quotas=(Quota(named(*tail), at_least=2),)))) & set(tail)
    best = ids(ask(n=20))
    answer = ask(n=10, quotas=(Quota(named(*best), at_most=1),))
    assert len(answer.videos) == 10
    assert ids(answer)[0] == best[0]
    assert not set(ids(answer)[1:]) & set(best)


def test_what_a_rule_needs_is_sought_within_the_requests_own_filter():
    base = parse("duration_s < 10")
    rules = Rules(boosts=(Boost(parse("age_days < 1"), 0.5), Boost(parse("age_days < 1"), 0.1)))
    assert [one.root for one in reach(rules, base)] == [parse("duration_s < 10 and age_days < 1").root]
    assert reach(rules, None) == [parse("age_days < 1")]
    assert reach(Rules(), base) == []


def test_a_strength_out_of_range_is_named():
    with pytest.raises(ConfigError, match="strength is 2"):
        Boost(parse("age_days < 1"), 2)


def test_muted_tags_are_left_out_with_all_below_them(contents, catalogue: Catalogue, viewer_of, now):
    tag = contents.vectorizer.ids[int(np.bincount(contents.videos.tags.indices).argmax())]
    plain = Query(now=now, n=1000)
    muted = ids(recommend(contents, catalogue, viewer_of(3), replace(plain, muted=(tag,))))
    tagged = ids(recommend(contents, catalogue, viewer_of(3), replace(plain, filter=parse(f'tags has "{tag}"'))))
    assert tagged
    assert set(muted) == set(ids(recommend(contents, catalogue, viewer_of(3), plain))) - set(tagged)


def test_a_forgotten_tag_is_no_part_of_the_taste_any_more(contents, catalogue, viewer_of, now):
    viewer, content = viewer_of(3), contents.model.content

    def taste(one):
        return content.profile(known_viewer(one, catalogue, now).profile).toarray()[0]

    tag = contents.vectorizer.ids[int(taste(viewer).argmax())]
    below = contents.vectorizer.ids.rows(contents.vectorizer.taxonomy.below(tag))
    assert not taste(replace(viewer, forgotten=(tag,)))[below].any()
    stated = replace(viewer, forgotten=(tag,), tags={tag: 1.0})
    assert taste(stated)[contents.vectorizer.ids.row(tag)] > 0


def test_forgetting_is_kept_where_several_viewers_are_scored_together(catalogue, viewer_of, now):
    tag = catalogue.vectorizer.ids[0]
    known = [known_viewer(replace(viewer_of(i), forgotten=one), catalogue, now) for i, one in ((3, (tag,)), (5, ()))]
    every = together(known, catalogue).forgotten
    assert every[[0]].toarray().any()
    assert not every[[1]].toarray().any()
    assert together(known[1:], catalogue).forgotten is None


def test_a_pin_stands_alone_where_nothing_else_may(ask, contents, catalogue, viewer_of, now, tail):
    query = Query(now=now, n=3, filter=parse("duration_s < 0"), rules=Rules(pins=(Pin(tail[0], 1),)))
    assert ids(recommend(contents, catalogue, viewer_of(3), query)) == tail[:1]
