"""SGD and the perceptron against scikit-learn's, row for row where rows are not shuffled."""
import warnings

import numpy as np
import pytest
import scipy.sparse
from models import Model
from sklearn.linear_model import Perceptron, SGDClassifier, SGDRegressor
from shared_data import numbers, standard

RATES = [("optimal", {}), ("constant", {"eta0": 0.01}), ("invscaling", {"eta0": 0.1}), ("adaptive", {"eta0": 0.05})]
CLASSES = ["breast_cancer", "wine", "iris", "german_credit"]
FOR_CLASSES = ["hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron"]
FOR_NUMBERS = ["squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"]
PENALTIES = {"none": None, "l2": "l2", "l1": "l1", "elastic_net": "elasticnet"}


def coefficients(mine):
    arrays = mine.arrays
    return np.column_stack([arrays["coef"], arrays["intercept"]])


def same(mine, theirs, x, y, w=None, tolerance=1e-6):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(x, y, sample_weight=w)
    mine.fit(x, y, w, task=None if isinstance(theirs, (SGDClassifier, Perceptron)) else "regression")
    wanted = np.column_stack([np.atleast_2d(theirs.coef_), theirs.intercept_])
    got = coefficients(mine)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * np.abs(wanted).max())
    if got.shape[0] == 1:
        assert mine.report["epochs"] == theirs.n_iter_


def both(kind, reference, penalty="l2", **params):
    # scikit-learn's objective takes l1 norms from before the truncation: passes would end elsewhere.
    tol = None if penalty in ("l1", "elastic_net") else params.get("tol", 1e-3)
    common = {key: value for key, value in params.items() if key != "tol"}
    return (Model(kind, shuffle=False, penalty=penalty, tolerance="none" if tol is None else tol, **common),
            reference(shuffle=False, penalty=PENALTIES[penalty], tol=tol, **common))


@pytest.mark.parametrize("loss", FOR_CLASSES)
@pytest.mark.parametrize("rate,more", RATES)
def test_classifier(loss, rate, more):
    if rate == "optimal" and loss in ("squared_hinge", "modified_huber"):
        return  # the first steps are so long that they multiply rounding errors, or lead beyond all bounds
    for name in CLASSES:
        x, y = standard(name)
        for penalty in PENALTIES:
            same(*both("sgd", SGDClassifier, penalty, loss=loss, learning_rate=rate, alpha=1e-3, max_iter=8, **more),
                 x, y)


@pytest.mark.parametrize("loss", FOR_NUMBERS)
@pytest.mark.parametrize("rate,more", RATES[2:])
def test_regressor(loss, rate, more):
    more = {"eta0": 1e-3}
    for name in ("diabetes", "boston", "concrete", "auto_mpg"):
        x, y = standard(name)
        w = np.random.default_rng(1).uniform(0, 2, len(y))
        for penalty in PENALTIES:
            same(*both("sgd", SGDRegressor, penalty, loss=loss, learning_rate=rate, epsilon=0.5, max_iter=6, **more),
                 x, y / y.std(), w)


@pytest.mark.parametrize("average", [1, 300])
def test_average(average):
    x, y = standard("breast_cancer")
    same(*both("sgd", SGDClassifier, loss="log_loss", average=average, max_iter=4, tol=None), x, y)
    x, y = standard("iris")
    same(*both("sgd", SGDClassifier, loss="hinge", average=average, max_iter=7, tol=None), x, y)
    x, y = standard("diabetes")
    same(*both("sgd", SGDRegressor, average=average, max_iter=50), x, y / y.std())


@pytest.mark.parametrize("name", CLASSES)
def test_perceptron(name):
    x, y = standard(name)
    same(*both("perceptron", Perceptron, "none"), x, y)
    same(*both("perceptron", Perceptron, "l2", alpha=1e-4, eta0=0.1), x, y)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_sparse(penalty):
    rng = np.random.default_rng(3)
    x = scipy.sparse.random(500, 300, 0.05, format="csr", random_state=1)
    y = (x @ rng.normal(size=300) > 0).astype(float)
    mine, theirs = both("sgd", SGDClassifier, penalty, loss="log_loss", alpha=1e-4, max_iter=3, tol=None)
    same(mine, theirs, x, y)
    scores = mine.predict(x)
    np.testing.assert_allclose(scores[:, 1], theirs.decision_function(x), atol=1e-6)
    np.testing.assert_array_equal(scores[:, 0], -scores[:, 1])


@pytest.mark.parametrize("name", CLASSES)
def test_update(name):
    """Batch by batch, and with averages (of which scikit-learn loses the plain intercept) as in one pass."""
    x, y = standard(name)
    order = np.argsort(np.argsort(y, kind="stable") % 40, kind="stable")
    mine, theirs = both("sgd", SGDClassifier, loss="hinge", max_iter=1, tol=None)
    batches = np.array_split(order, 5)
    for k, batch in enumerate(batches):
        (mine.update if k else mine.fit)(x[batch], y[batch])
        theirs.partial_fit(x[batch], y[batch], classes=np.unique(y))
        np.testing.assert_allclose(coefficients(mine), np.column_stack([theirs.coef_, theirs.intercept_]), atol=1e-9)
    params = {"average": 20, "max_iter": 1, "shuffle": False}
    whole, parts = (Model("sgd", **params).fit(x[rows], y[rows]) for rows in (order, batches[0]))
    for batch in batches[1:]:
        parts.update(x[batch], y[batch])
    np.testing.assert_allclose(coefficients(parts), coefficients(whole), rtol=1e-9)


def test_shuffled_quality():
    """As good as scikit-learn over ten seeds, with and without early stopping, and the same for any threads."""
    x, y = standard("wine")
    mine, theirs = [], []
    for seed in range(10):
        model = Model("sgd", seed=seed, threads=seed % 3 + 1, early_stopping=seed % 2 == 1).fit(x, y)
        mine.append((model.predict(x).argmax(1) == y).mean())
        theirs.append(SGDClassifier(random_state=seed, early_stopping=seed % 2 == 1).fit(x, y).score(x, y))
    assert np.mean(mine) > np.mean(theirs) - 0.01
    assert np.array_equal(*(Model("sgd", threads=t).fit(x, y).arrays["coef"] for t in (1, 3)))


def test_refusals():
    x, y = numbers("diabetes")
    with pytest.raises(RuntimeError, match="standard_scale"):
        Model("sgd").fit(x * 1e3, y, task="regression")
    with pytest.raises(RuntimeError, match="for classes"):
        Model("sgd", loss="hinge").fit(x, y, task="regression")
    with pytest.raises(RuntimeError, match="alpha"):
        Model("sgd", alpha=0).fit(x, (y > 100).astype(float))


@pytest.mark.parametrize("name", ["diabetes", "boston", "concrete", "winequality_white"])
def test_gradient_descent(name):
    """The written rule, in numpy; and least squares at the end of it."""
    x, y = standard(name)
    w = np.random.default_rng(1).uniform(0, 2, len(y))
    for size, steps in (("all", 40), (1, 90), (32, 70)):
        mine = Model("gradient_descent", learning_rate=0.02, iterations=steps, batch_size=size, shuffle=False).fit(x, y,
                                                                                                                  w)
        b, c, history, at = np.zeros(x.shape[1]), 0.0, [], 0
        for _ in range(steps):
            rows = slice(at, at + (len(y) if size == "all" else size))
            error, share = x[rows] @ b + c - y[rows], w[rows] / w[rows].sum()
            history.append(share @ error**2)
            b, c = b - 0.02 * (share * error) @ x[rows], c - 0.02 * share @ error
            at = rows.stop if rows.stop < len(y) else 0
        np.testing.assert_allclose(mine.arrays["loss_history"], history, rtol=1e-9)
        np.testing.assert_allclose(coefficients(mine)[0], [*b, c], rtol=1e-8, atol=1e-10)
    end = Model("gradient_descent", learning_rate=0.15, iterations=200_000, tolerance=1e-9 * y.std()).fit(x, y)
    assert end.report["iterations"] < 200_000
    exact = Model("least_squares").fit(x, y)
    np.testing.assert_allclose(end.predict(x), exact.predict(x), atol=1e-5 * y.std())
    with pytest.raises(RuntimeError, match="learning_rate"):
        Model("gradient_descent", learning_rate=30).fit(x, y)
