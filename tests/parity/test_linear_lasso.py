"""Lasso and elastic net against scikit-learn's, whose tolerance is tightened to where the answer is unique."""
import warnings

import numpy as np
import pytest
import scipy.sparse
from models import Model
from sklearn.linear_model import ElasticNet, ElasticNetCV, Lasso, LassoCV, lasso_path
from shared_data import NUMBERS, numbers, standard

EXACT = {"tolerance": 1e-13}


def theirs(x, y, w=None, alpha=1.0, l1_ratio=1.0, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ElasticNet(alpha=alpha, l1_ratio=l1_ratio, tol=1e-13, max_iter=2_000, **more).fit(x, y, w)


def same(mine, reference, x, tolerance=1e-6):
    scale = max(np.abs(reference.coef_).max(), 1e-12)
    coef = mine.arrays["coef"][0]
    np.testing.assert_allclose(coef, reference.coef_, rtol=0, atol=tolerance * scale)
    assert np.all((coef != 0) >= (np.abs(reference.coef_) > tolerance * scale))
    dense = x.toarray() if hasattr(x, "toarray") else x
    np.testing.assert_allclose(mine.predict(x), reference.predict(dense), rtol=0,
                               atol=tolerance * (np.abs(reference.predict(dense)).max() + 1))


@pytest.mark.parametrize("name", NUMBERS)
def test_tables(name):
    x, y = standard(name)
    most = np.abs(x.T @ (y - y.mean())).max() / len(y)
    for share in (0.3, 0.03, 0.001):
        same(Model("lasso", alpha=share * most, **EXACT).fit(x, y), theirs(x, y, alpha=share * most), x)
    same(Model("elastic_net", alpha=0.1 * most, l1_ratio=0.3, **EXACT).fit(x, y),
         theirs(x, y, alpha=0.1 * most, l1_ratio=0.3), x)
    # As it comes, in units of its own, at the default tolerance: the same objective within that.
    x, y = numbers(name)
    mine, reference = Model("lasso", alpha=0.1 * y.std()).fit(x, y), Lasso(alpha=0.1 * y.std(), tol=1e-8,
                                                                          max_iter=20_000).fit(x, y)
    cost = lambda b, i: np.mean((y - x @ b - i) ** 2) / 2 + 0.1 * y.std() * np.abs(b).sum()
    assert cost(mine.arrays["coef"][0], mine.intercept) <= cost(reference.coef_, reference.intercept_) + \
        1e-4 * np.mean((y - y.mean()) ** 2)


def wide(n, p, used, seed, rho=0.7):
    rng = np.random.default_rng(seed)
    x = np.sqrt(1 - rho**2) * rng.normal(size=(n, p)) + rho * rng.normal(size=(n, 1))
    b = np.zeros(p)
    b[rng.choice(p, used, replace=False)] = rng.normal(size=used)
    return x * 10.0 ** rng.uniform(-1, 1, p) + 5, x @ b + rng.normal(size=n), rng.uniform(0, 2, n)


def cost(x, y, w, coef, intercept, alpha, l1_ratio):
    error = np.average((y - x @ coef - intercept) ** 2, weights=w) / 2
    return error + alpha * (l1_ratio * np.abs(coef).sum() + (1 - l1_ratio) / 2 * np.square(coef).sum())


@pytest.mark.parametrize("n,p", [(40, 3), (60, 700), (300, 250), (600, 120)])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.05])
def test_shapes(n, p, l1_ratio):
    x, y, w = wide(n, p, min(p, 20), n + p)
    for weight, intercept, positive in ((None, True, False), (w, True, False), (w, False, True)):
        mine = Model("elastic_net", alpha=0.2, l1_ratio=l1_ratio, intercept=intercept, positive=positive,
                     **EXACT).fit(x, y, weight)
        reference = theirs(x, y, weight, 0.2, l1_ratio, fit_intercept=intercept, positive=positive)
        if reference.n_iter_ < 2000:
            same(mine, reference, x)
            continue
        # Stopped short of the optimum, as columns are on very different scales.
        low, high = (cost(x, y, weight, m, i, 0.2, l1_ratio) for m, i in (
            (mine.arrays["coef"][0], mine.intercept), (reference.coef_, reference.intercept_)))
        assert low <= high * (1 + 1e-12) and mine.report["converged"]


def test_many_used():
    """More columns in use than a Gram matrix is worth, so residuals are kept instead."""
    x, y, _ = wide(30, 3000, 3000, 5, rho=0)
    x = (x - x.mean(0)) / x.std(0)
    mine = Model("elastic_net", alpha=10, l1_ratio=1e-4, tolerance=1e-12).fit(x, y)
    assert np.count_nonzero(mine.coef) > 2000
    same(mine, theirs(x, y, None, 10, 1e-4), x)


@pytest.mark.parametrize("l1_ratio", [1.0, 0.4])
def test_sparse(l1_ratio):
    rng = np.random.default_rng(3)
    x = scipy.sparse.random(400, 900, 0.02, format="csr", random_state=1)
    y = x[:, :30] @ rng.normal(size=30) + 2 + 0.01 * rng.normal(size=400)
    for weight in (None, rng.uniform(0, 2, 400)):
        mine = Model("elastic_net", alpha=2e-3, l1_ratio=l1_ratio, **EXACT).fit(x, y, weight)
        same(mine, theirs(x.toarray(), y, weight, 2e-3, l1_ratio), x)
        np.testing.assert_allclose(mine.predict(x), mine.predict(x.toarray()), rtol=1e-12)


def test_path():
    x, y = standard("diabetes")
    alphas, coefs, gaps = lasso_path(x, y - y.mean(), n_alphas=30, tol=1e-14)
    mine = Model("lasso", n_alphas=30, folds="none", alpha=5, **EXACT).fit(x, y)
    np.testing.assert_allclose(mine.arrays["alphas"], alphas, rtol=1e-12)
    np.testing.assert_allclose(mine.arrays["coef_path"], coefs.T, atol=1e-6 * np.abs(coefs).max())
    same(mine, theirs(x, y, alpha=5), x)


@pytest.mark.parametrize("name", ["diabetes", "boston", "concrete", "auto_mpg"])
@pytest.mark.parametrize("weighted", [False, True])
def test_folds(name, weighted):
    x, y = standard(name)
    w = np.random.default_rng(0).uniform(0.5, 2, len(y)) if weighted else None
    same_path = {"shuffle": False, "folds": 4, "n_alphas": 20}
    for mine, reference in (
            (Model("lasso", **same_path, **EXACT), LassoCV(cv=4, alphas=20, tol=1e-12, max_iter=100_000)),
            (Model("elastic_net", l1_ratio=0.7, **same_path, **EXACT),
             ElasticNetCV(cv=4, alphas=20, l1_ratio=0.7, tol=1e-12, max_iter=100_000))):
        mine.fit(x, y, w)
        reference.fit(x, y, w)
        np.testing.assert_allclose(mine.arrays["mse_path"], reference.mse_path_, rtol=1e-6)
        np.testing.assert_allclose(mine.report["alpha"], reference.alpha_, rtol=1e-9)
        same(mine, reference, x)


def test_odd_data():
    """Constant columns, a constant target, columns twice, fewer rows than columns, one row."""
    x, y, _ = wide(20, 6, 3, 1)
    x[:, 2], x[:, 4] = 7, x[:, 1]
    mine = Model("lasso", alpha=0.01, tolerance=1e-10).fit(x, y)
    reference = theirs(x, y, alpha=0.01)
    np.testing.assert_allclose(mine.predict(x), reference.predict(x), atol=1e-6)
    assert mine.coef[2] == 0
    assert not Model("lasso", alpha=0.1).fit(x, np.full(20, 3.0)).coef.any()
    assert Model("lasso", n_alphas=5, folds=3).fit(x, np.full(20, 3.0)).intercept == 3
    assert Model("elastic_net").fit(x[:1], y[:1]).intercept == pytest.approx(y[0])
    with pytest.raises(RuntimeError, match="folds"):
        Model("lasso", n_alphas=5).fit(x[:3], y[:3])
