"""Linear models against scikit-learn's, on random data with weights: many shapes, every penalty and solver."""
import warnings

import numpy as np
import pytest
import scipy.sparse
import shared_data
from models import Model
from scipy.optimize import nnls
from sklearn.linear_model import BayesianRidge, LinearRegression, LogisticRegression, Ridge, RidgeCV

SHAPES = [(40, 3), (300, 12), (2000, 30), (25, 60)]


def numbers(seed, n, p):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) * 10.0 ** rng.uniform(-2, 2, p) + rng.normal(size=p) * 10
    return x, (x - x.mean(0)) / x.std(0) @ rng.normal(size=p) + 3 + rng.normal(size=n), rng.uniform(0, 2, n)


def classes(seed, n, p, k):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p))
    y = np.argmax(x @ rng.normal(size=(p, k)) + 2 * rng.gumbel(size=(n, k)), 1)
    y[:k] = range(k)
    return x, y, rng.uniform(0.1, 2, n)


def near(got, wanted, tolerance):
    scale = np.max(np.abs(wanted))
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * scale)


@pytest.mark.parametrize("n,p", SHAPES[:3])
@pytest.mark.parametrize("intercept", [True, False])
def test_least_squares(n, p, intercept):
    x, y, w = numbers(n, n, p)
    for weight in (None, w):
        mine = Model("least_squares", intercept=intercept).fit(x, y, weight)
        theirs = LinearRegression(fit_intercept=intercept).fit(x, y, weight)
        sd = x.std(0)
        near(mine.coef * sd, theirs.coef_ * sd, 1e-10)
        near(mine.predict(x), theirs.predict(x), 1e-11)


@pytest.mark.parametrize("n,p", SHAPES)
@pytest.mark.parametrize("solver", ["auto", "eigen", "cg"])
def test_ridge(n, p, solver):
    x, y, w = numbers(n, n, p)
    x = (x - x.mean(0)) / x.std(0)
    for alpha in (1e-2, 1, 100):
        for weight in (None, w):
            mine = Model("ridge", alpha=alpha, solver=solver, tolerance=1e-13).fit(x, y, weight)
            theirs = Ridge(alpha=alpha, solver="svd").fit(x, y, weight)
            near(mine.coef, theirs.coef_, 1e-9 if solver == "cg" else 1e-10)
            near(mine.predict(x), theirs.predict(x), 1e-9 if solver == "cg" else 1e-11)


def positive_alike(x, y, weight):
    """Nothing below 0: the solution is the one there is, with and without a penalty, dense and sparse."""
    for intercept in (True, False):
        mine = Model("least_squares", intercept=intercept, positive=True).fit(x, y, weight)
        theirs = LinearRegression(fit_intercept=intercept, positive=True, tol=1e-12).fit(x, y, weight)
        near(mine.coef, theirs.coef_, 1e-6)
        near(mine.predict(x), theirs.predict(x), 1e-6)
        assert (mine.coef >= 0).all() and ((mine.coef == 0).any() or x.shape[1] < 4)
        for alpha in (0.1, 50.0):
            mine = Model("ridge", alpha=alpha, intercept=intercept, positive=True).fit(x, y, weight)
            wide = np.sqrt(alpha) * np.eye(x.shape[1])  # the penalty as rows: scikit-learn's own ridge stops early
            root = np.ones(len(y)) if weight is None else np.sqrt(weight)
            mean = np.average(x, axis=0, weights=weight) if intercept else 0
            center = np.average(y, weights=weight) if intercept else 0
            rows = np.vstack([(x - mean) * root[:, None], wide])
            near(mine.coef, nnls(rows, np.r_[(y - center) * root, np.zeros(x.shape[1])])[0], 1e-6)
            near(Model("ridge", alpha=alpha, intercept=intercept, positive=True).fit(
                scipy.sparse.csr_matrix(x), y, weight).coef, mine.coef, 1e-9)


@pytest.mark.parametrize("n,p", SHAPES[:3])
def test_positive(n, p):
    x, y, w = numbers(n, n, p)
    x = (x - x.mean(0)) / x.std(0)
    for weight in (None, w):
        positive_alike(x, y, weight)
    theirs = Ridge(alpha=1.0, positive=True, tol=1e-12).fit(x, y, w)
    near(Model("ridge", alpha=1.0, positive=True).fit(x, y, w).coef, theirs.coef_, 1e-5)


@pytest.mark.parametrize("name", ["diabetes", "boston", "concrete", "auto_mpg"])
def test_positive_real(name):
    x, y = shared_data.numbers(name)
    positive_alike((x - x.mean(0)) / x.std(0), y, None)


def test_positive_refuses():
    x, y, _ = numbers(1, 40, 3)
    with pytest.raises(RuntimeError, match="alphas"):
        Model("ridge", positive=True, alphas=[1.0]).fit(x, y)
    with pytest.raises(RuntimeError, match="solver"):
        Model("ridge", positive=True, solver="cg").fit(x, y)
    same = np.repeat(x[:, :1], 3, axis=1)  # columns that are one
    assert (Model("least_squares", positive=True).fit(same, x[:, 0]).coef >= 0).all()
    assert (Model("least_squares", positive=True).fit(x, np.zeros(40)).coef == 0).all()


@pytest.mark.parametrize("n,p", SHAPES)
def test_ridge_leave_one_out(n, p):
    x, y, w = numbers(n, n, p)
    x = (x - x.mean(0)) / x.std(0)
    alphas = [0.01, 0.1, 1, 10, 100]
    for weight in (None, w):
        mine = Model("ridge", alphas=alphas).fit(x, y, weight)
        theirs = RidgeCV(alphas=alphas, store_cv_results=weight is None).fit(x, y, weight)
        assert mine.report["alpha"] == theirs.alpha_
        if weight is None:
            errors = [row["loo_mse"] for row in mine.report["alphas"]]
            np.testing.assert_allclose(errors, theirs.cv_results_.mean(0), rtol=1e-8)


@pytest.mark.parametrize("name", ["random", "wide", "diabetes", "concrete", "breast_cancer", "iris"])
@pytest.mark.parametrize("intercept", [True, False])
def test_bayesian_ridge(name, intercept):
    """Both precisions, coefficients and their covariance, and how sure it is of rows it has not seen."""
    if name in ("random", "wide"):
        x, y, w = numbers(5, *((300, 12) if name == "random" else (25, 60)))
    else:
        x, y = shared_data.mixed(name)[:2]
        w = np.random.default_rng(0).uniform(0, 2, len(y))
    x = (x - x.mean(0)) / x.std(0) + 0.3
    for weight in (None, w):
        for more in ({}, {"alpha_init": 2.0, "lambda_init": 0.1, "alpha_1": 0.5, "lambda_2": 0.3, "max_iter": 4}):
            mine = Model("bayesian_ridge", tolerance=1e-7, intercept=intercept, **more).fit(x[:-9], y[:-9],
                                                                                         None if weight is None else weight[:-9])
            theirs = BayesianRidge(tol=1e-7, fit_intercept=intercept, **more).fit(x[:-9], y[:-9],
                                                                                 None if weight is None else weight[:-9])
            assert mine.arrays["n_iter"] == theirs.n_iter_
            np.testing.assert_allclose([mine.report["alpha"], mine.report["lambda"]], [theirs.alpha_, theirs.lambda_], rtol=1e-6)
            near(mine.coef, theirs.coef_, 1e-7)
            near(mine.arrays["sigma"], theirs.sigma_, 1e-6)
            near(mine.transform(x), np.column_stack(theirs.predict(x, return_std=True)), 1e-7)
            near(mine.predict(x), theirs.predict(x), 1e-7)


def test_bayesian_ridge_of_what_has_no_noise():
    x = np.random.default_rng(0).normal(size=(30, 2))
    for y in (np.full(30, 5.0), 1 + x @ [2.0, -1.0]):
        mine = Model("bayesian_ridge", alpha_2=0, lambda_2=0).fit(x, y)
        near(mine.predict(x).ravel(), y, 1e-9)
        assert np.isfinite(mine.transform(x)).all()


def objective(x, y, w, coef, intercept, c, share):
    """What scikit-learn minimises, from the definition."""
    eta = x @ np.atleast_2d(coef).T + np.atleast_1d(intercept)
    if eta.shape[1] == 1:
        eta = np.hstack([np.zeros_like(eta), eta])
    loss = np.logaddexp.reduce(eta, 1) - eta[np.arange(len(y)), y]
    return c * np.sum(loss if w is None else w * loss) + np.sum(
        share * np.abs(coef) + (1 - share) / 2 * np.square(coef))


PENALTIES = [("l2", 0), ("l1", 1), ("elastic_net", 0.4)]


@pytest.mark.parametrize("n,p,k", [(200, 4, 2), (400, 15, 2), (300, 5, 3), (500, 8, 6)])
@pytest.mark.parametrize("penalty,share", PENALTIES)
@pytest.mark.parametrize("solver", ["newton", "lbfgs", "saga"])
def test_logistic(n, p, k, penalty, share, solver):
    x, y, w = classes(n + p, n, p, k)
    for c in (0.05, 1, 30) if solver == "newton" or not share else (0.05, 1):  # the others are slower for 30
        for weight in (None, w):
            mine = Model("logistic", penalty=penalty, l1_ratio=share or 0.5, C=c, solver=solver, tolerance=1e-8,
                         max_iter=5000).fit(x, y, weight)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs = LogisticRegression(
                    C=c, l1_ratio=share, solver="saga" if share else "newton-cholesky", tol=1e-10,
                    max_iter=20000, random_state=0).fit(x, y, weight)
            wanted = theirs.coef_[0] if k == 2 else theirs.coef_
            if penalty == "l2":
                near(mine.coef, wanted, 1e-6)
                near(mine.predict(x), theirs.predict_proba(x), 1e-6)
                continue
            # saga stops short of the optimum now and then, and is the only reference for l1: so what is asked
            # is an objective at least as low, and not lower than what saga's stopping explains.
            low, high = (objective(x, y, weight, b, i, c, share) for b, i in
                         ((mine.coef, mine.intercept), (wanted, theirs.intercept_)))
            assert low <= high * (1 + (1e-10 if solver == "newton" else 1e-6))
            assert high <= low * (1 + 1e-3)


@pytest.mark.parametrize("k", [2, 4])
def test_logistic_balanced(k):
    x, y, _ = classes(k, 400, 5, k)
    mine = Model("logistic", class_weight="balanced", tolerance=1e-10).fit(x, y)
    theirs = LogisticRegression(class_weight="balanced", solver="newton-cholesky", tol=1e-12).fit(x, y)
    near(mine.predict(x), theirs.predict_proba(x), 1e-8)


def test_many_rows():
    """More rows than Newton takes all at once."""
    x, y, w = classes(5, 100_000, 10, 2)
    mine = Model("logistic", threads=2, tolerance=1e-11).fit(x, y, w)
    theirs = LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(x, y, w)
    near(mine.coef, theirs.coef_[0], 1e-9)
    single = Model("logistic", threads=2, tolerance=1e-11).fit(x.astype(np.float32), y, w)
    near(single.coef, mine.coef, 1e-6)


@pytest.mark.parametrize("k", [2, 5])
def test_layouts(k):
    """However rows lie in memory, and however many are asked for at once, an answer's bits are the same."""
    x, y, _ = classes(3, 150, 19, k)
    x = x.astype(np.float32)
    mine = Model("logistic", threads=2).fit(x, y)
    wanted = mine.predict(x)
    wide = np.zeros((150, 40))
    wide[:, 3:22] = x
    for same in (np.asfortranarray(x), x.astype(float), np.asfortranarray(x.astype(float)), wide[:, 3:22]):
        assert np.array_equal(mine.predict(same), wanted)
    assert np.array_equal(np.vstack([mine.predict(x[i:i + 1]) for i in range(150)]), wanted)
    sparse = scipy.sparse.csr_matrix(x)
    near(mine.predict(sparse), wanted, 1e-13)
    assert np.array_equal(np.vstack([mine.predict(sparse[i:i + 1]) for i in range(150)]), mine.predict(sparse))
    for far in (np.inf, -np.inf, np.nan):  # found wherever it stands
        for order in "CF":
            bad = np.array(x, order=order)
            bad[149, 18] = far
            with pytest.raises(RuntimeError, match="x18"):
                mine.predict(bad)
        bad = scipy.sparse.csr_matrix(x)
        bad.data[-1] = far
        with pytest.raises(RuntimeError, match="x18"):
            mine.predict(bad)
