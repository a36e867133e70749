"""Generalised linear models against scikit-learn's, and standard errors against their definition."""
import warnings

import numpy as np
import pytest
import scipy.sparse
from models import Model
from scipy import stats
from sklearn.linear_model import GammaRegressor, LogisticRegression, PoissonRegressor, TweedieRegressor
from shared_data import NUMBERS, standard

FAMILIES = [("poisson", 1), ("gamma", 2), ("inverse_gaussian", 3), ("gaussian", 0), ("tweedie", 1.5), ("tweedie", 1.9)]


def theirs(power, alpha, link="auto", **more):
    common = {"alpha": alpha, "tol": 1e-11, "max_iter": 10_000, **more}
    if link != "auto":
        return TweedieRegressor(power=power, link=link, **common)
    return {1: PoissonRegressor, 2: GammaRegressor}.get(power, lambda **k: TweedieRegressor(power=power, **k))(**common)


def same(mine, reference, x, tolerance=1e-6):
    np.testing.assert_allclose(mine.coef, reference.coef_, rtol=0,
                               atol=tolerance * max(np.abs(reference.coef_).max(), abs(reference.intercept_)))
    dense = x.toarray() if hasattr(x, "toarray") else x
    np.testing.assert_allclose(mine.predict(x), reference.predict(dense), rtol=tolerance)


def fitted(kind, *data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kind.fit(*data)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("family,power", FAMILIES)
def test_tables(name, family, power):
    x, y = standard(name)
    y = y / y.mean()
    w = np.random.default_rng(1).uniform(0, 2, len(y))
    for weight, alpha in ((None, 0.1), (w, 1e-3)):
        mine = Model("glm", family=family, power=power, alpha=alpha, tolerance=1e-11).fit(x, y, weight)
        solver = "newton-cholesky" if 1 <= power <= 2 else "lbfgs"
        reference = fitted(theirs(power, alpha, solver=solver), x, y, weight)
        same(mine, reference, x, 1e-6 if solver != "lbfgs" else 2e-5)
        assert mine.report["deviance_explained"] == pytest.approx(reference.score(x, y, weight), abs=1e-7)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
@pytest.mark.parametrize("link", ["log", "identity"])
def test_links(solver, link):
    rng = np.random.default_rng(2)
    x = rng.uniform(0, 1, (500, 4))
    mean = 1 + x @ [1, 2, 0, 0.5]
    y = rng.poisson(mean).astype(float)
    for power in (0, 1):
        family = {0: "gaussian", 1: "poisson"}[power]
        mine = Model("glm", family=family, link=link, alpha=1e-3, solver=solver, tolerance=1e-9).fit(x, y)
        same(mine, fitted(theirs(power, 1e-3, link), x, y), x, 1e-5)


def test_sparse():
    rng = np.random.default_rng(3)
    x = scipy.sparse.random(900, 600, 0.02, format="csr", random_state=1)
    y = rng.poisson(np.exp(x @ rng.normal(size=600))).astype(float)
    for solver in ("newton", "lbfgs"):
        mine = Model("glm", alpha=0.01, solver=solver, tolerance=1e-9).fit(x, y)
        same(mine, fitted(theirs(1, 0.01, solver="newton-cholesky"), x.toarray(), y), x)


def information(x, w):
    """Standard errors from X'WX."""
    design = np.column_stack([x, np.ones(len(x))])
    return np.sqrt(np.diag(np.linalg.inv(design.T @ (design * w[:, None]))))


def check_errors(report, errors, df, key):
    rows = [*report["inference"].values(), report["intercept_inference"]]
    np.testing.assert_allclose([row["standard_error"] for row in rows], errors, rtol=1e-6)
    values = np.array([*report["coefficients"].values(), report["intercept"]]) / errors
    np.testing.assert_allclose([row[key] for row in rows], values, rtol=1e-6)
    p = 2 * (stats.t(df).sf(np.abs(values)) if df else stats.norm.sf(np.abs(values)))
    np.testing.assert_allclose([row["p"] for row in rows], p, rtol=1e-4, atol=1e-290)


def test_errors():
    x, y = standard("concrete")
    for family, power in (("poisson", 1), ("gamma", 2), ("tweedie", 1.5)):
        mine = Model("glm", family=family, power=power, alpha=0, tolerance=1e-10).fit(x, y)
        mean = mine.predict(x)
        df = len(y) - x.shape[1] - 1
        dispersion = 1 if power == 1 else np.sum((y - mean) ** 2 / mean**power) / df
        check_errors(mine.report, information(x, mean ** (2 - power)) * np.sqrt(dispersion), df if power > 1 else 0,
                     "z" if power == 1 else "t")


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_logistic_errors(solver):
    x, y = standard("breast_cancer")
    x = x[:, [0, 1, 4, 6]]
    mine = Model("logistic", penalty="none", solver=solver, tolerance=1e-10, max_iter=10_000).fit(x, y)
    p = mine.predict(x)[:, 1]
    check_errors(mine.report, information(x, p * (1 - p)), 0, "z")
    assert "inference" not in Model("logistic").fit(x, y).report


def test_many_classes_errors():
    """Errors of the differences from the mean class: the generalised inverse of the information."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=(400, 2))
    y = (x @ rng.normal(size=(2, 3)) + 2 * rng.gumbel(size=(400, 3))).argmax(1)
    mine = Model("logistic", penalty="none", tolerance=1e-12, max_iter=10_000).fit(x, y)
    p = mine.predict(x)
    design = np.column_stack([x, np.ones(len(x))])
    blocks = [[design.T @ (design * (p[:, a] * ((a == b) - p[:, b]))[:, None]) for b in range(3)] for a in range(3)]
    errors = np.sqrt(np.diag(np.linalg.pinv(np.block(blocks), rcond=1e-12))).reshape(3, 3)
    got = [[*(row["standard_error"] for row in rows.values()), constant["standard_error"]] for rows, constant in
           zip(mine.report["inference"], mine.report["intercept_inference"])]
    np.testing.assert_allclose(got, errors, rtol=1e-5)


def test_sparse_logistic():
    rng = np.random.default_rng(4)
    x = scipy.sparse.random(800, 500, 0.03, format="csr", random_state=1)
    score = x @ rng.normal(size=(500, 3)) * 3
    for classes in (2, 3):
        y = (score[:, :classes] + rng.gumbel(size=(800, classes))).argmax(1)
        for solver in ("newton", "lbfgs") if classes == 2 else ("lbfgs",):
            mine = Model("logistic", solver=solver, tolerance=1e-9, max_iter=10_000).fit(x, y)
            reference = LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(x.toarray(), y)
            np.testing.assert_allclose(mine.predict(x), reference.predict_proba(x.toarray()), atol=1e-6)


def test_refusals():
    x = np.arange(8.0).reshape(4, 2)
    for params, y, word in (({"family": "gamma"}, [1, 2, 0, 1], "above 0"), ({}, [1, -1, 2, 3], "not below 0"),
                            ({}, [0, 0, 0, 0], "no rate"), ({"family": "tweedie", "power": 0.5}, [1, 2, 3, 4], "power"),
                            ({"link": "identity", "intercept": False}, [1, 2, 3, 4], "intercept")):
        with pytest.raises(RuntimeError, match=word):
            Model("glm", **params).fit(x, np.array(y, float))
