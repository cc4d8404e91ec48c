import math

import numpy as np
import pandas as pd
import pytest

from recsys.errors import ConfigError
from recsys.ids import Ids
from recsys.schema import DAY_MS, NEVER, TABLES
from recsys.tables import frame
from recsys.tags.vectorizer import TagConfig, fit_vectorizer, inherited

VIDEOS = Ids.of(["v0", "v1", "v2", "v3"])
PLAIN = TagConfig(idf_power=0, parent_share=0, source_weights={"editor": 1.0, "model": 0.5, "model:good@1": 1.0})
SURE = 1 - 1e-6
"""What full trust counts as: never quite certain."""


def moments(times):
    return pd.Series(pd.to_datetime([None if t is None else t * 1_000_000 for t in times], utc=True)).astype(
        "datetime64[ms, UTC]"
    )


def taggings(*rows):
    """(video, tag, source, confidence, known at, withdrawn at) with times in days or None."""
    full = [(*row, *(None,) * (6 - len(row))) for row in rows]
    video, tag, source, confidence, known, withdrawn = zip(*full, strict=True) if full else [()] * 6
    return frame(TABLES["taggings"], {
        "video_id": list(video), "tag_id": list(tag), "source": [one or "editor" for one in source],
        "confidence": pd.array(confidence, "Float64"),
        "known_at": moments([None if t is None else int(t * DAY_MS) for t in known]),
        "withdrawn_at": moments([None if t is None else int(t * DAY_MS) for t in withdrawn]),
    })  # fmt: skip


def tags_table(*rows):
    full = [(*row, *(None,) * (4 - len(row))) for row in rows]
    tag, parent, status, merged = zip(*full, strict=True) if full else [()] * 4
    columns = {"tag_id": tag, "parent_id": parent, "status": [one or "active" for one in status], "merged_into": merged}
    return frame(TABLES["tags"], {name: list(values) for name, values in columns.items()})


def vectors(rows, tags=(), config=PLAIN, as_of=100 * DAY_MS):
    """By video, what each tag weighs."""
    table = taggings(*rows)
    fitted = fit_vectorizer(table, tags_table(*tags), VIDEOS, as_of, config)
    found = fitted.vectors(fitted.evidence(table, VIDEOS), len(VIDEOS), as_of)
    assert found.dtype == np.float32
    names = fitted.ids.take(np.arange(len(fitted.ids)))
    return {
        VIDEOS[row]: {names[at]: float(found[row, at]) for at in found[[row]].indices}
        for row in range(len(VIDEOS)) if found[[row]].nnz
    }  # fmt: skip


def unit(**weights):
    length = math.sqrt(sum(one**2 for one in weights.values()))
    return pytest.approx({tag: one / length for tag, one in weights.items()}, rel=1e-5)


def test_sources_that_agree_add_up_but_never_past_certainty():
    found = vectors([
        ("v0", "a", "editor", 0.6), ("v0", "a", "model:m@1", 0.8), ("v0", "b", "editor", 0.5),
        ("v1", "a", "editor", 1.0), ("v1", "a", "model:m@1", 1.0), ("v1", "b", "editor", 1.0),
    ])  # fmt: skip
    assert found["v0"] == unit(a=1 - 0.4 * (1 - 0.4), b=0.5)
    assert found["v1"] == unit(a=1.0, b=1.0)


def test_a_source_is_trusted_by_its_name_then_its_kind_then_by_half():
    found = vectors([
        ("v0", "a", "model:good@1", 0.8), ("v0", "b", "model:other@1", 0.8), ("v0", "c", "vendor:acme", 0.8)
    ])  # fmt: skip
    assert found["v0"] == unit(a=0.8, b=0.4, c=0.4)


def test_a_tagging_without_a_confidence_counts_as_the_config_says():
    assert vectors([("v0", "a", None, 1.0), ("v0", "b")])["v0"] == unit(a=SURE, b=0.8)


def test_rare_tags_weigh_more_by_their_idf():
    rows = [("v0", "rare"), ("v0", "common"), ("v1", "common"), ("v2", "common")]
    config = TagConfig(**{**vars(PLAIN), "idf_power": 1.0})
    found = vectors(rows, config=config)
    assert found["v0"] == unit(rare=0.8 * math.log(1 + 4 / 1), common=0.8 * math.log(1 + 4 / 3))
    squared = vectors(rows, config=TagConfig(**{**vars(PLAIN), "idf_power": 2.0}))
    assert squared["v0"] == unit(rare=0.8 * math.log(5) ** 2, common=0.8 * math.log(7 / 3) ** 2)


def test_old_taggings_fade_by_their_half_life_and_those_of_no_time_do_not():
    config = TagConfig(**{**vars(PLAIN), "half_life_days": 10})
    found = vectors([("v0", "a", None, 0.8, 80), ("v0", "b", None, 0.8, 90), ("v0", "c", None, 0.8)], config=config)
    assert found["v0"] == unit(a=0.2, b=0.4, c=0.8)


def test_only_what_was_known_strictly_before_and_stands_still_counts():
    rows = [
        ("v0", "before", None, 1.0, 99.9), ("v0", "at", None, 1.0, 100), ("v0", "after", None, 1.0, 101),
        ("v0", "withdrawn", None, 1.0, 1, 99), ("v0", "until now", None, 1.0, 1, 100),
        ("v0", "later", None, 1.0, 1, 200),
    ]  # fmt: skip
    assert set(vectors(rows)["v0"]) == {"before", "until now", "later"}


def test_parents_get_a_share_of_their_children_and_grandparents_its_square():
    config = TagConfig(**{**vars(PLAIN), "parent_share": 0.5})
    tags = [("kittens", "cats"), ("lions", "cats"), ("cats", "animals"), ("animals",)]
    found = vectors([("v0", "kittens", None, 0.8), ("v0", "lions", None, 0.4)], tags, config)
    cats = 1 - (1 - 0.4) * (1 - 0.2)
    animals = 1 - (1 - 0.2) * (1 - 0.1)
    assert found["v0"] == unit(kittens=0.8, lions=0.4, cats=cats, animals=animals)


def test_merged_tags_count_for_what_they_stand_for_and_banned_ones_for_nothing():
    tags = [("new",), ("old", None, "merged", "new"), ("bad", None, "banned")]
    found = vectors([("v0", "old", None, 0.5), ("v0", "new", None, 0.5), ("v0", "b"), ("v1", "bad")], tags)
    assert found["v0"] == unit(new=0.75, b=0.8)
    assert "v1" not in found


def test_a_banned_parent_gets_nothing_and_a_merged_one_what_is_its_due():
    config = TagConfig(**{**vars(PLAIN), "parent_share": 0.5})
    tags = [("a", "bad"), ("bad", "top", "banned"), ("top",), ("b", "was"), ("was", None, "merged", "is"), ("is",)]
    found = vectors([("v0", "a", None, 0.8), ("v1", "b", None, 0.8)], tags, config)
    assert found["v0"] == unit(a=0.8, top=0.2)
    assert found["v1"] == unit(b=0.8, **{"is": 0.4})


def test_tags_on_too_few_videos_do_not_enter():
    config = TagConfig(**{**vars(PLAIN), "min_videos": 2})
    found = vectors([("v0", "a"), ("v1", "a"), ("v0", "b"), ("v2", "b", None, 0.0)], config=config)
    assert set(found["v0"]) == {"a"}
    assert "v2" not in found


def test_taggings_of_unknown_videos_count_nowhere():
    config = TagConfig(**{**vars(PLAIN), "idf_power": 1.0})
    with_stranger = vectors([("v0", "a"), ("v0", "b"), ("stranger", "a")], config=config)
    assert with_stranger == vectors([("v0", "a"), ("v0", "b")], config=config)


def test_without_a_tagging_there_are_empty_vectors():
    assert vectors([]) == {}


def test_a_tag_not_seen_so_far_weighs_as_the_rarest():
    table = taggings(("v0", "a"), ("v0", "b"), ("v1", "b"))
    fitted = fit_vectorizer(table, tags_table(), VIDEOS, 100 * DAY_MS, TagConfig(**{**vars(PLAIN), "idf_power": 1.0}))
    more = fitted.with_tags(["z", "b", "c"])
    np.testing.assert_array_equal(more.idf[:2], fitted.idf)
    assert more.idf[2:].tolist() == [fitted.idf.max()] * 2
    assert fitted.with_tags(["a", "b"]) is fitted
    before = fitted.vectors(fitted.evidence(table, VIDEOS), 4, 100 * DAY_MS).toarray()
    after = more.vectors(more.evidence(table, VIDEOS), 4, 100 * DAY_MS).toarray()
    np.testing.assert_array_equal(after[:, :2], before)
    assert not after[:, 2:].any()


def slow_vectors(rows, tags, config, as_of):
    """Every rule written out with dictionaries, in float64."""
    full = [(*row, *(None,) * (4 - len(row))) for row in tags]
    parent = {tag: up for tag, up, _, _ in full if up}
    status = {tag: (state or "active", into) for tag, _, state, into in full}

    def final(tag):
        while tag is not None and status.get(tag, ("active", None))[0] != "active":
            tag = status[tag][1] if status[tag][0] == "merged" else None
        return tag

    doubt = {}
    for video, tag, source, confidence, known, withdrawn in rows:
        known_ms = None if known is None else int(known * DAY_MS)
        if (known_ms is not None and known_ms >= as_of) or (withdrawn is not None and int(withdrawn * DAY_MS) < as_of):
            continue
        trust = config.source_weight(source) * (config.unknown_confidence if confidence is None else confidence)
        trust *= 1 if known_ms is None else 0.5 ** ((as_of - known_ms) / DAY_MS / config.half_life_days)
        own = final(tag)
        line, share = [(own, 1.0)] if own else [], config.parent_share
        up = parent.get(own) if own else None
        while up is not None and config.parent_share:
            if final(up):
                line.append((final(up), share))
            up, share = parent.get(up), share * config.parent_share
        for one, part in line:
            key = (video, one)
            doubt[key] = doubt.get(key, 1.0) * (1 - min(trust * part, SURE))
    belief = {key: 1 - one for key, one in doubt.items() if one < 1}
    spread = {}
    for video, tag in belief:
        spread.setdefault(tag, set()).add(video)
    n = len({video for video, *_ in rows} | {"v0", "v1", "v2", "v3"})
    idf = {
        tag: math.log(1 + n / len(on)) ** config.idf_power if len(on) >= config.min_videos else 0
        for tag, on in spread.items()
    }
    found = {}
    for (video, tag), one in belief.items():
        if idf[tag]:
            found.setdefault(video, {})[tag] = one * idf[tag]
    return {video: unit(**weights) for video, weights in found.items()}


@pytest.mark.parametrize("seed", range(12))
def test_random_taggings_weigh_what_a_slow_second_implementation_says(seed):
    rng = np.random.default_rng(seed)
    tags = [
        ("root",), ("mid", "root"), ("leaf", "mid"), ("old", "root", "merged", "leaf"),
        ("older", None, "merged", "old"), ("bad", "root", "banned"), ("below", "bad"), ("side", "old"), ("lone",),
    ]  # fmt: skip
    names, sources = [row[0] for row in tags] + ["used"], ["editor", "viewer", "vendor:a", "model:m@1", "odd"]
    keys = {(f"v{rng.integers(4)}", str(rng.choice(names)), str(rng.choice(sources))) for _ in range(40)}
    rows = [
        (
            *key,
            None if rng.random() < 0.3 else round(float(rng.random()), 2),
            None if rng.random() < 0.4 else float(rng.integers(0, 110)),
            None if rng.random() < 0.7 else float(rng.integers(0, 200)),
        )
        for key in sorted(keys)
    ]
    rows = [row for row in rows if row[4] is None or row[5] is None or row[4] <= row[5]]
    config = TagConfig(
        idf_power=float(rng.choice([0, 0.5, 1])), parent_share=float(rng.choice([0, 0.5, 1])),
        half_life_days=float(rng.choice([np.inf, 30])), min_videos=int(rng.integers(1, 3)),
    )  # fmt: skip
    as_of = 100 * DAY_MS
    assert vectors(rows, tags, config, as_of) == slow_vectors(rows, tags, config, as_of)


def test_evidence_going_up_keeps_its_times():
    table = taggings(("v0", "kid", None, 0.8, 5, 9))
    config = TagConfig(**{**vars(PLAIN), "parent_share": 0.5})
    fitted = fit_vectorizer(table, tags_table(("kid", "parent"), ("parent",)), VIDEOS, 100 * DAY_MS, config)
    full = inherited(fitted.evidence(table, VIDEOS), fitted.taxonomy, 0.5)
    assert full.trust.tolist() == pytest.approx([0.8, 0.4])
    assert full.known_at.tolist() == [5 * DAY_MS] * 2
    assert full.withdrawn_at.tolist() == [9 * DAY_MS] * 2
    assert len(full.at(8 * DAY_MS).tag) == 2
    assert len(full.at(10 * DAY_MS).tag) == 0


def test_what_was_always_known_is_known_at_any_moment():
    table = taggings(("v0", "a"))
    fitted = fit_vectorizer(table, tags_table(), VIDEOS, 0, PLAIN)
    given = fitted.evidence(table, VIDEOS)
    assert given.known_at.tolist() == [NEVER]
    assert fitted.vectors(given, 4, -5 * DAY_MS).nnz == 1


@pytest.mark.parametrize(
    "bad",
    [{"idf_power": -1}, {"unknown_confidence": 1.5}, {"parent_share": -0.1}, {"half_life_days": 0}, {"min_videos": 0}],
)
def test_a_bad_setting_is_named(bad):
    ((name, value),) = bad.items()
    with pytest.raises(ConfigError, match=rf"tags\.{name} is {value}"):
        TagConfig(**bad)


def test_a_bad_trust_in_a_source_is_named():
    with pytest.raises(ConfigError, match=r"tags\.source_weights\.vendor is 1\.5; it must be within 0 and 1"):
        TagConfig(source_weights={"vendor": 1.5})
