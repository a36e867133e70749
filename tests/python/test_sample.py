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


@pytest.mark.parametrize("steps", [
    [{"standard_scale": {"columns": ["b", "d"]}}, "min_max_scale"], [{"pca": {"columns": ["b", "c"]}}, "standard_scale"],
    ["power_transform"], []])
def test_rows_come_in_the_units_of_the_table(steps):
    """Whatever was done to them before: columns, means and spreads are those of the rows learned from."""
    pandas = pytest.importorskip("pandas")
    x = load_iris().data * [1, 10, 0.1, 100] + [0, 50, 3, -900]
    frame = pandas.DataFrame(x, columns=list("abcd"))
    recipe = {"roles": {"task": "cluster"}, "steps": steps, "model": {"gaussian_mixture": {"n_components": 2}}}
    model = hone.train(frame, recipe=recipe, seed=1)
    drawn = model._core.sample(20_000, 3)
    assert list(drawn.columns) == [*"abcd", "component"]
    rows = np.column_stack([drawn.to_dict()[name] for name in "abcd"])
    assert (np.abs(rows.mean(0) - x.mean(0)) < 0.2 * x.std(0)).all()
    assert (np.abs(rows.std(0) / x.std(0) - 1) < 0.2).all()


def test_rows_stay_where_there_is_no_way_back():
    pandas = pytest.importorskip("pandas")
    x = load_iris().data.copy()
    frame = pandas.DataFrame(x, columns=list("abcd"))
    made = {"polynomial_features": {"columns": ["a"], "include_bias": False}}
    recipe = {"roles": {"task": "cluster"}, "steps": [made, "standard_scale"], "model": "gaussian_mixture"}
    drawn = hone.train(frame, recipe=recipe, seed=1)._core.sample(5000, 3)
    assert len(drawn.columns) == 6 and abs(np.mean(drawn.to_dict()["b"]) - x[:, 1].mean()) < 0.1
