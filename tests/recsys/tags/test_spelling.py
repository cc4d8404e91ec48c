from recsys.tags.spelling import folded, readable_id, tokens


def test_spellings_that_mean_the_same_fold_to_the_same():
    assert len({folded(one) for one in ("Sci-Fi", "sci fi", " SCI_FI ", "sci/fi", "Ｓｃｉ－Ｆｉ")}) == 1
    assert folded("CC霜") == folded("ｃｃ霜")
    assert folded("new") != folded("news")
    assert folded("  ") == ""


def test_chinese_is_taken_character_by_character_and_latin_word_by_word():
    assert tokens("今天 has 2 cats，对吗？") == ["今", "天", "has", "2", "cats", "对", "吗"]
    assert tokens("l'été_é") == ["l", "été", "é"]
    assert tokens("") == []


def test_ids_stay_short_and_apart():
    long = [readable_id("object", "x" * 300 + end) for end in ("a", "b")]
    assert len(set(long)) == 2
    assert all(len(one) == 200 for one in long)
