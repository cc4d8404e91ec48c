import re
from collections import Counter

from recsys.schema import DIMENSIONS
from recsys.tags.shipped import default_taxonomy
from recsys.tags.spelling import folded

NODES = default_taxonomy().nodes


def test_it_has_tags_of_every_dimension():
    assert {one.dimension for one in NODES} == set(DIMENSIONS)
    assert 300 <= len(NODES) <= 600


def test_every_tag_is_named_in_english_and_chinese_and_is_active():
    for one in NODES:
        assert {name.language for name in one.names if not name.is_alias} == {"en", "zh"}, one.tag_id
        assert one.status == "active"
        assert one.tag_id.startswith(f"{one.dimension}:")
        assert one.parent_id is None or one.parent_id.startswith(f"{one.dimension}:")


def test_no_two_tags_of_a_dimension_share_a_name():
    uses = Counter({(one.dimension, folded(name.text), one.tag_id): 1 for one in NODES for name in one.names})
    twice = Counter((dimension, name) for dimension, name, _ in uses)
    assert [one for one, n in twice.items() if n > 1] == []


def test_iab_ids_are_of_their_form_and_each_is_of_one_tag():
    iab = [one.iab for one in NODES if one.iab]
    assert len(iab) == len(set(iab)) >= 100
    assert all(re.fullmatch(r"\d{1,3}|[A-Z0-9]{6}", one) for one in iab)


def test_iab_ids_that_the_standard_gives_as_examples_are_right():
    by_id = {one.tag_id: one.iab for one in NODES}
    assert by_id["category:style-and-fashion"] == "552"
    assert by_id["category:beauty"] == "553"
    assert by_id["category:technology"] == "596"
    assert by_id["category:automotive"] == "1"
    assert by_id["category:entertainment"] == "JLBCU7"
