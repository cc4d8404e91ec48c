"""Questions: each tells as much as can be told beyond those before it."""

import numpy as np
import pytest

from recsys.ranking.onboarding import Questions


@pytest.fixture(scope="module")
def questions(contents) -> Questions:
    return Questions.of(contents)


def test_what_questions_say_falls_and_never_exceeds_everything(questions):
    found = questions.best(30)
    said = [one.says for one in found]
    assert said == sorted(said, reverse=True)
    assert 0.3 < sum(said) <= 1 + 1e-9
    assert len({one.tag_id for one in found}) == len(found)


def test_the_first_question_explains_most_of_any(questions):
    covariance = questions.covariance
    explained = (covariance**2).sum(0) / np.maximum(np.diag(covariance), 1e-12) / np.trace(covariance)
    names = [questions.contents.vectorizer.ids[int(one)] for one in questions.tags]
    first = questions.best(1)[0]
    assert first.tag_id == names[int(explained.argmax())]
    assert first.says == pytest.approx(explained.max())


def test_answers_so_far_change_what_comes_next(questions):
    first, second, third = (one.tag_id for one in questions.best(3))
    assert [one.tag_id for one in questions.best(2, [first])] == [second, third]
    assert questions.best(1, ["nobody uses"])[0].tag_id == first


def test_only_tags_within_a_choice_are_asked_for(questions):
    names = [questions.contents.vectorizer.ids[int(one)] for one in questions.tags]
    assert {one.tag_id for one in questions.best(5, within=frozenset(names[3:6]))} == set(names[3:6])
    assert questions.best(5, within=frozenset()) == []


def test_examples_have_the_tag_and_are_watched_most(questions, contents):
    one = questions.best(1)[0]
    column = contents.vectorizer.ids.row(one.tag_id)
    has = np.flatnonzero(contents.videos.tags[:, [column]].toarray().ravel())
    assert contents.video_events[contents.ids.rows([one.videos[0]])[0]] == contents.video_events[has].max()
