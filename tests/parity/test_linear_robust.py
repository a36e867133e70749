"""Huber and quantile regression against scikit-learn's."""
import warnings

import numpy as np
import pytest
from models import Model
from scipy.optimize import minimize
from sklearn.linear_model import HuberRegressor, QuantileRegressor
from sklearn.linear_model._huber import _huber_loss_and_gradient
from shared_data import NUMBERS, standard


def huber_cost(x, y, coef, intercept, scale, epsilon, alpha):
    z = np.abs(y - x @ coef - intercept) / scale
    return np.sum(scale + scale * np.where(z <= epsilon, z**2, 2 * epsilon * z - epsilon**2)) + alpha * coef @ coef


@pytest.mark.parametrize("name", NUMBERS)
def test_huber(name):
    x, y = standard(name)
    y = y / y.std()
    for epsilon, alpha, intercept in ((1.35, 1e-4, True), (1.1, 10, True), (2, 0.1, False)):
        params = {"epsilon": epsilon, "alpha": alpha}
        mine = Model("huber", intercept=intercept, **params).fit(x, y)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = HuberRegressor(fit_intercept=intercept, tol=1e-10, max_iter=20_000, **params).fit(x, y)
        # It stops where the objective hardly falls, with half of its digits: on with its own function from there.
        start = np.r_[theirs.coef_, [theirs.intercept_] * intercept, theirs.scale_]
        found = minimize(_huber_loss_and_gradient, start, args=(x, y, epsilon, alpha, np.ones(len(y))), jac=True,
                         method="BFGS", options={"gtol": 1e-9, "maxiter": 10_000}).x
        theirs.coef_, theirs.scale_ = found[:x.shape[1]], found[-1]
        theirs.intercept_ = found[-2] if intercept else 0.0
        low = huber_cost(x, y, mine.coef, mine.intercept, mine.arrays["scale"], **params)
        high = huber_cost(x, y, theirs.coef_, theirs.intercept_, theirs.scale_, **params)
        assert low <= high * (1 + 1e-13)
        np.testing.assert_allclose(mine.predict(x), theirs.predict(x), atol=1e-6)
        np.testing.assert_allclose(mine.arrays["scale"], theirs.scale_, rtol=1e-6)
        assert abs(mine.report["outliers"] - theirs.outliers_.sum()) <= 1


def test_huber_weights():
    x, y = standard("diabetes")
    w = np.random.default_rng(1).integers(0, 3, len(y)).astype(float)
    weighted = Model("huber").fit(x, y, w)
    repeated = Model("huber").fit(np.repeat(x, w.astype(int), 0), np.repeat(y, w.astype(int)))
    np.testing.assert_allclose(weighted.coef, repeated.coef, rtol=1e-8)
    mean_one = w / w.mean()
    theirs = HuberRegressor(tol=1e-10, max_iter=20_000).fit(x, y, mean_one)
    np.testing.assert_allclose(Model("huber").fit(x, y, mean_one).coef, theirs.coef_, atol=1e-3 * np.abs(theirs.coef_).max())


def pinball(x, y, w, coef, intercept, quantile, alpha):
    r = y - x @ coef - intercept
    return np.average(np.maximum(quantile * r, (quantile - 1) * r), weights=w) + alpha * np.abs(coef).sum()


@pytest.mark.parametrize("name", ["diabetes", "boston", "concrete", "auto_mpg", "insurance"])
def test_quantile(name):
    x, y = standard(name)
    rng = np.random.default_rng(2)
    y = y / y.std() + 1e-4 * rng.normal(size=len(y))  # no ties: one solution
    x = x + 1e-4 * rng.normal(size=x.shape)
    w = rng.uniform(0, 2, len(y))
    for quantile, alpha, weight, intercept in ((0.5, 0, None, True), (0.9, 0.01, None, True), (0.2, 0.05, w, True),
                                               (0.7, 0.01, w, False)):
        params = {"quantile": quantile, "alpha": alpha}
        mine = Model("quantile_regression", intercept=intercept, **params).fit(x, y, weight)
        theirs = QuantileRegressor(fit_intercept=intercept, **params).fit(x, y, weight)
        low = pinball(x, y, weight, mine.coef, mine.intercept, **params)
        high = pinball(x, y, weight, theirs.coef_, theirs.intercept_, **params)
        assert low <= high * (1 + 1e-9)
        assert mine.report["objective"] == pytest.approx(low, rel=1e-9)
        np.testing.assert_allclose(mine.coef, theirs.coef_, atol=1e-6)
        np.testing.assert_allclose(mine.intercept, theirs.intercept_, atol=1e-6)


def test_ties_and_odd_data():
    """Many optima: as low an objective. Constant and repeated columns, an exact fit, one row."""
    x, y = standard("winequality_white")
    x, y = x[:400], y[:400]
    x = np.column_stack([x, np.ones(400), x[:, 0]])
    for alpha in (0, 0.02):
        params = {"quantile": 0.6, "alpha": alpha}
        mine, theirs = Model("quantile_regression", **params).fit(x, y), QuantileRegressor(**params).fit(x, y)
        low, high = (pinball(x, y, None, c, i, **params) for c, i in ((mine.coef, mine.intercept),
                                                                     (theirs.coef_, theirs.intercept_)))
        assert low == pytest.approx(high, rel=1e-7)
    line = x[:, :2] @ [1.0, 2.0] + 3
    for kind in ("huber", "quantile_regression"):
        exact = Model(kind, alpha=0).fit(x[:, :2], line)
        np.testing.assert_allclose(exact.predict(x[:, :2]), line, atol=1e-6)
        assert np.isfinite(Model(kind).fit(x, y).coef).all()
        assert Model(kind).fit(x[:1], y[:1]).predict(x[:1])[0] == pytest.approx(y[0], abs=1e-6)
        assert Model(kind).fit(x, np.full(400, 2.0)).predict(x) == pytest.approx(2, abs=1e-6)
