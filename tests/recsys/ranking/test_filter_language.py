"""The filter language: what it reads, and that errors point at what is wrong."""

import string
from contextlib import suppress

import numpy as np
import pytest

from recsys.errors import DataError
from recsys.ranking.filter_language import Both, Compare, Either, Exists, Filter, Has, Not, parse
from recsys.ranking.filter_tokens import MAX_LENGTH, FilterError


@pytest.mark.parametrize("text, root", [
    ('tags has any ("a", "b")', Has("tags", ("a", "b"))),
    ('tags has all ("a", "b")', Has("tags", ("a", "b"), is_all=True)),
    ('tags has "a"', Has("tags", ("a",))),
    ("duration_s < 300", Compare("duration_s", "<", 300.0)),
    ("attributes.year >= -1.5e2", Compare("attributes.year", ">=", -150.0)),
    ('studio != "x"', Compare("attributes.studio", "!=", "x")),
    ("kids = true", Compare("attributes.kids", "=", True)),
    ('language in ("en", "de")', Has("language", ("en", "de"))),
    ('attributes.on.air exists', Exists("attributes.on.air")),
    ('published_at > "1970-01-02"', Compare("published_at", ">", 86_400_000)),
    ('published_at > "1970-01-01T01:00:00+01:00"', Compare("published_at", ">", 0)),
    ('a = 1 or b = 2 and not c = 3', Either((
        Compare("attributes.a", "=", 1.0),
        Both((Compare("attributes.b", "=", 2.0), Not(Compare("attributes.c", "=", 3.0)))),
    ))),
    ('(a = 1 or b = 2) AND c = 3', Both((
        Either((Compare("attributes.a", "=", 1.0), Compare("attributes.b", "=", 2.0))),
        Compare("attributes.c", "=", 3.0),
    ))),
    ('a = "say \\"hi\\" \\\\ \\n"', Compare("attributes.a", "=", 'say "hi" \\ \n')),
])  # fmt: skip
def test_a_filter_is_read_as_it_is_meant(text, root):
    assert parse(text) == Filter(root)


@pytest.mark.parametrize("text, at, expected", [
    ("", 1, "expected a field"),
    ("duration_s", 11, "expected =, !="),
    ("duration_s <", 13, "expected a number, got the end"),
    ('duration_s < "5"', 14, 'expected a number, got "5"'),
    ('tags = "a"', 6, "expected `has` or `exists`"),
    ("tags has any (1)", 15, "expected text"),
    ('tags has any ("a"', 18, "expected `,` or `)`"),
    ('tags has any ()', 15, "expected text"),
    ('language < "en"', 10, "language is text"),
    ('studio < "x"', 10, "expected a number"),
    ('published_at > "soon"', 16, "expected a time"),
    ("a = 1 and", 10, "expected a field"),
    ("a = 1 b = 2", 7, "expected `and`, `or` or the end"),
    ("(a = 1", 7, "expected `and`, `or` or `)`"),
    ("a = 'x'", 5, "double quotes"),
    ('a = "x', 5, "closing"),
    ('a = "\\x"', 6, "expected \\"),
    ("a && b", 3, "and, or, not"),
    ("a = 12ab", 5, "begins no"),
    ("a = 1\nand b ~ 2", 13, "begins no"),
])  # fmt: skip
def test_an_error_names_what_was_expected_and_points_at_it(text, at, expected):
    with pytest.raises(FilterError) as caught:
        parse(text)
    message, line, caret = str(caught.value).split("\n")
    assert expected in message
    assert f"at character {at}" in message
    begin = text.rfind("\n", 0, at - 1) + 1
    assert line == text[begin:].split("\n")[0]
    assert caret.index("^") == at - 1 - begin


def test_an_error_far_into_a_long_filter_is_shown_in_a_short_line():
    with pytest.raises(FilterError) as caught:
        parse(" and ".join(f"a{i} = {i}" for i in range(100)) + " oops")
    _, line, caret = str(caught.value).split("\n")
    assert len(line) <= 120
    assert caret.index("^") <= len(line)


def test_filters_have_limits():
    assert parse("not " * 31 + "a = 1")
    for text in ("not " * 40 + "a = 1", "(" * 40 + "a = 1" + ")" * 40):
        with pytest.raises(FilterError, match="parts deep"):
            parse(text)
    with pytest.raises(FilterError, match="at most 500 values"):
        parse(f"a in ({', '.join('1' * 501)})")
    with pytest.raises(DataError, match=f"at most {MAX_LENGTH} characters"):
        parse("a" * (MAX_LENGTH + 1))


def test_clauses_are_told_as_they_were_written():
    found = parse('kids = true and (a = 1 or b = 2) and not source = "vendor:x"')
    assert [found.wording(one) for one in found.clauses] == [
        "kids = true", "(a = 1 or b = 2)", 'not source = "vendor:x"',
    ]  # fmt: skip


def test_no_text_is_anything_but_read_or_refused():
    random = np.random.default_rng(0)
    words = ["tags", "has", "any", "(", ")", '"a"', "and", "or", "not", "a", "=", "<", "1", ",", "exists", "in", "true"]
    for _ in range(3000):
        text = " ".join(random.choice(words, random.integers(1, 9)))
        noise = "".join(random.choice(list(string.printable), random.integers(1, 12)))
        for one in (text, noise):
            with suppress(DataError):
                assert parse(one).wording(parse(one).root) == one.strip()
