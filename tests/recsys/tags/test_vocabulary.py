from recsys.tags.node import Name, Node, names_of
from recsys.tags.shipped import default_taxonomy
from recsys.tags.vocabulary import Vocabulary


def node(tag_id, *names, **more):
    """Names are English, or Chinese where they begin so; the first of a language is no alias."""
    by = {"en": [one for one in names if one.isascii()], "zh": [one for one in names if not one.isascii()]}
    named = names_of((language, some[0], some[1:]) for language, some in by.items() if some)
    return Node(tag_id=tag_id, dimension=tag_id.split(":")[0], names=named, **more)


def vocabulary(*nodes):
    return Vocabulary.of(nodes)


def mentioned(one, text):
    return [(each.tag_id, each.words) for each in one.mentioned(text)]


def test_a_label_is_found_by_any_name_in_any_case_width_and_spacing():
    one = vocabulary(node("logo:lancome", "Lancome", "兰蔻", "法国兰蔻"), node("object:hot-dog", "Hot dog"))
    assert {one.find(label) for label in ("LANCOME", " lancome ", "兰蔻", "法国兰蔻", "Ｌａｎｃｏｍｅ")} == {
        "logo:lancome"
    }
    assert {one.find(label) for label in ("hot-dog", "Hot  Dog", "hot_dog", "hot dogs")} == {"object:hot-dog"}
    assert one.find("dog") is None
    assert one.find("") is None


def test_a_tag_of_the_labels_own_dimension_comes_first_then_names_then_aliases():
    one = vocabulary(
        node("audio:music", "Music"), node("category:music", "Music"), node("scene:disco", "Disco", "music")
    )
    assert one.find("music", "audio") == "audio:music"
    assert one.find("music", "scene") == "scene:disco"
    assert one.find("music") == "category:music"
    assert one.find("music", "keyword") == "category:music"


def test_the_language_of_a_label_breaks_a_tie():
    gift = Node(tag_id="object:a", dimension="object", names=(Name("en", "gift"),))
    poison = Node(tag_id="object:b", dimension="object", names=(Name("de", "Gift"),))
    one = vocabulary(gift, poison)
    assert (one.find("gift", language="en"), one.find("gift", language="de")) == ("object:a", "object:b")


def test_names_of_people_places_and_brands_mean_their_own_kind_or_nothing():
    one = vocabulary(node("place:paris", "Paris"), node("object:apple", "Apple"))
    assert one.find("Paris", "person") is None
    assert one.find("Apple", "logo") is None
    assert one.find("Paris", "keyword") == "place:paris"


def test_plurals_of_english_names_are_known_and_of_nothing_else():
    one = vocabulary(node("object:bus", "Bus"), node("keyword:new", "new"), node("object:cat", "cat", "猫"))
    assert (one.find("buses"), one.find("cats"), one.find("news"), one.find("猫s")) == (
        "object:bus", "object:cat", "keyword:new", None,
    )  # fmt: skip
    with_news = vocabulary(node("keyword:new", "new"), node("keyword:news", "news"))
    assert with_news.find("news") == "keyword:news"


def test_merged_and_banned_tags_are_found_and_mean_what_they_stand_for():
    one = vocabulary(
        node("logo:lancome", "兰蔻"), node("keyword:old", "法国兰蔻", status="merged", merged_into="logo:lancome"),
        node("custom:spam", "spam", status="banned"),
    )  # fmt: skip
    assert one.find("法国兰蔻") == "keyword:old"
    assert [one.meant(x) for x in ("keyword:old", "logo:lancome", "custom:spam", "nowhere")] == [
        "logo:lancome", "logo:lancome", None, None,
    ]  # fmt: skip


def test_a_text_mentions_the_longest_name_at_each_place():
    one = vocabulary(
        node("object:panda", "panda", "大熊猫", "熊猫"), node("object:cat", "cat", "猫", "猫咪"),
        node("object:hot-dog", "hot dog"), node("object:dog", "dog"),
    )  # fmt: skip
    assert mentioned(one, "大熊猫和猫咪") == [("object:panda", "大熊猫"), ("object:cat", "猫咪")]
    assert mentioned(one, "Two hot-dogs, one DOG; category") == [("object:hot-dog", "hot dogs"), ("object:dog", "dog")]
    assert mentioned(one, "猫") == []
    assert mentioned(one, "") == []


def test_an_empty_vocabulary_finds_nothing():
    one = vocabulary()
    assert (one.find("x"), one.meant("x"), one.mentioned("x")) == (None, None, [])


def test_classes_of_detectors_and_names_in_both_languages_are_in_the_shipped_one():
    one = Vocabulary.of(default_taxonomy().nodes)
    words = """person bicycle car motorcycle airplane bus train truck boat traffic-light fire-hydrant stop-sign
    parking-meter bench bird cat dog horse sheep cow elephant bear zebra giraffe backpack umbrella handbag tie suitcase
    frisbee skis snowboard sports-ball kite baseball-bat baseball-glove skateboard surfboard tennis-racket bottle
    wine-glass cup fork knife spoon bowl banana apple sandwich orange broccoli carrot hot-dog pizza donut cake chair
    couch potted-plant bed dining-table toilet tv laptop mouse remote keyboard cell-phone microwave oven toaster sink
    refrigerator book clock vase scissors teddy-bear hair-drier toothbrush"""
    names = [each.replace("-", " ") for each in words.split()]
    assert len(names) == 80
    assert [label for label in names if one.find(label, "object") is None] == []
    assert one.find("小汽车") == one.find("automobile") == "object:car"
