"""Rows drawn from models that say how rows come about."""
import hone
import numpy as np
import pytest

load_iris = pytest.importorskip("sklearn.datasets").load_iris


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_mixture_draws_what_it_describes(kind):
    """Shares, means and covariances of many rows drawn are the mixture's; and no seed, no thread count changes one."""
    x = load_iris().data @ np.array([[1, 0.5, 0, 0], [0, 1, 0, 2], [0, 0, 1, 0], [0, 0, 0.3, 1]])
    model = hone.GaussianMixture(n_components=3, covariance_type=kind, random_state=5).fit(x)
    n = 200_000
    rows, part = model.sample(n)
    assert rows.shape == (n, 4) and part.dtype == np.int64
    again = hone.GaussianMixture(n_components=3, covariance_type=kind, random_state=5, n_jobs=1).fit(x).sample(1000)
    assert np.array_equal(again[0], rows[:1000]) and np.array_equal(again[1], part[:1000])
    assert not np.array_equal(model.set_params(random_state=6).sample(1000)[0], rows[:1000])
    for c in range(3):
        own, share = rows[part == c], np.mean(part == c)
        assert abs(share - model.weights_[c]) < 5 * (share / n) ** 0.5
        wanted = {"full": lambda: model.covariances_[c], "tied": lambda: model.covariances_,
                  "diag": lambda: np.diag(model.covariances_[c]), "spherical": lambda: np.eye(4) * model.covariances_[c]}[kind]()
        sd = np.sqrt(np.diag(wanted))
        assert (np.abs(own.mean(0) - model.means_[c]) < 5 * sd / len(own) ** 0.5).all()
        assert (np.abs(np.cov(own.T) - wanted) < 8 * np.outer(sd, sd) / len(own) ** 0.5).all()
    with pytest.raises(hone.Error, match="1 to"):
        model.sample(0)
