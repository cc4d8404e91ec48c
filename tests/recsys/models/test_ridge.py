import numpy as np
import pytest
from scipy import sparse

from recsys.models.ridge import ridge


@pytest.mark.parametrize("n, n_features, k, penalty", [(40, 8, 3, 0.5), (6, 20, 2, 0.1), (30, 30, 5, 20.0)])
def test_it_is_the_dense_solution(n, n_features, k, penalty):
    rng = np.random.default_rng(n)
    features = sparse.random_array((n, n_features), density=0.4, format="csr", dtype=np.float32, rng=rng)
    targets = rng.normal(size=(n, k)).astype(np.float32)
    a = features.toarray().astype(float)
    expected = np.linalg.solve(a.T @ a + penalty * np.eye(n_features), a.T @ targets)
    np.testing.assert_allclose(ridge(features, targets, penalty), expected, rtol=1e-3, atol=2e-4)


def test_each_column_is_solved_for_itself():
    rng = np.random.default_rng(0)
    features = sparse.random_array((20, 6), density=0.5, format="csr", dtype=np.float32, rng=rng)
    targets = np.concatenate([rng.normal(size=(20, 1)) * 1e4, np.zeros((20, 1)), rng.normal(size=(20, 1))], axis=1)
    together = ridge(features, targets.astype(np.float32), 1.0)
    alone = [ridge(features, targets[:, [at]].astype(np.float32), 1.0)[:, 0] for at in range(3)]
    np.testing.assert_allclose(together, np.stack(alone, axis=1), rtol=1e-3, atol=1e-5)
    assert not together[:, 1].any()


def test_a_feature_that_nothing_has_and_a_table_without_rows_weigh_nothing():
    features = sparse.csr_array(np.array([[1, 0], [2, 0]], np.float32))
    assert ridge(features, np.ones((2, 1), np.float32), 1.0)[1, 0] == 0
    assert ridge(features[:0], np.ones((0, 3), np.float32), 1.0).tolist() == [[0] * 3] * 2


def test_rare_and_common_features_together_come_within_a_thousandth_of_the_exact_solution():
    rng = np.random.default_rng(7)
    often = 1 / np.arange(1, 301)
    features = sparse.csr_array((rng.random((4000, 300)) < often) * rng.random((4000, 300)), dtype=np.float32)
    targets = (features @ rng.normal(size=(300, 40)) + rng.normal(size=(4000, 40))).astype(np.float32)
    a = features.toarray().astype(float)
    exact = np.linalg.solve(a.T @ a + 0.5 * np.eye(300), a.T @ targets)
    found = ridge(features, targets, 0.5)
    assert (np.linalg.norm(found - exact, axis=0) < 1e-3 * np.linalg.norm(exact, axis=0)).all()
    np.testing.assert_array_equal(ridge(features, targets, 0.5, threads=1), found)
