"""Kernel machines and linear ones against LIBSVM and LIBLINEAR themselves, on real and random tables: decision values,
support vectors and their coefficients, numbers, one class, class weights; weights of rows as repeated rows."""
import numpy as np
import pytest
from models import ANOMALY, REGRESSION, Model
from svm_oracles import (C_SVC, EPSILON_SVR, L1_SQUARED_HINGE, L2_EPSILON, L2_HINGE, L2_SQUARED_EPSILON,
                         L2_SQUARED_HINGE, NU_SVC, NU_SVR, ONE_CLASS, Linear, Svm)
from sklearn.utils.multiclass import _ovr_decision_function
from test_svm import classes as real_classes
from test_svm import near
from test_svm import numbers as real_numbers

MOST = 150
KERNELS = [{"kernel": "rbf", "gamma": 0.1}, {"kernel": "linear"},
           {"kernel": "poly", "degree": 2, "gamma": 0.2, "coef0": 1.5}, {"kernel": "sigmoid", "gamma": 0.001}]
IDS = [p["kernel"] for p in KERNELS]
CLASSES = ["iris", "wine", "breast_cancer", "penguins", "random"]
NUMBERS = ["diabetes", "boston", "concrete", "auto_mpg", "random"]


def classes(name):
    """Rows in the order of their classes, as LIBSVM numbers classes as they come."""
    if name == "random":
        rng = np.random.default_rng(3)
        x, y = rng.normal(size=(MOST, 7)), rng.integers(0, 4, MOST)
        x[:, 0] += y
    else:
        x, y = real_classes(name)
    order = np.argsort(y[:MOST], kind="stable")
    return x[order], y[order]


def numbers(name):
    if name == "random":
        rng = np.random.default_rng(4)
        x = rng.normal(size=(MOST, 6))
        return x, x[:, 0] * x[:, 1] + 0.3 * rng.normal(size=MOST)
    x, y = real_numbers(name)
    return x[:MOST], y[:MOST]


def scores(theirs):
    """As hone writes scores of classes: of two -d and d for the second, of more the votes with confidence."""
    if theirs.values.ndim == 1:
        return np.column_stack([theirs.values, -theirs.values])
    return _ovr_decision_function(theirs.values < 0, -theirs.values, len(theirs.labels))


def same_machine(mine, theirs, x, flipped=False):
    arrays = mine.arrays
    if len(np.unique(x, axis=0)) < len(x):  # rows that are alike may share a coefficient in any way
        return
    assert np.array_equal(arrays["support"], theirs.support)
    sign = -1 if flipped else 1  # of two classes the sign is the second's
    near(sign * np.atleast_2d(arrays["dual_coef"]), theirs.coef, 1e-5)
    near(sign * arrays["intercept"], -theirs.rho, 1e-5)


@pytest.mark.parametrize("params", KERNELS, ids=IDS)
@pytest.mark.parametrize("name", CLASSES)
def test_classes(name, params):
    x, y = classes(name)
    for C in (0.5, 20):
        mine = Model("svm", C=C, tolerance=1e-9, **params).fit(x, y)
        theirs = Svm(x, y, C_SVC, C=C, **params)
        near(mine.predict(x), scores(theirs))
        if params["kernel"] == "rbf":  # elsewhere the coefficients of rows that depend on others are not unique
            same_machine(mine, theirs, x, flipped=y.max() == 1)
    counts = np.bincount(y)
    balanced = {k: len(y) / len(counts) / n for k, n in enumerate(counts)}
    mine = Model("svm", class_weight="balanced", C=20, tolerance=1e-9, **params).fit(x, y)
    near(mine.predict(x), scores(Svm(x, y, C_SVC, C=20, weight=balanced, **params)))


@pytest.mark.parametrize("params", KERNELS[:3], ids=IDS[:3])
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name, params):
    x, y = numbers(name)
    for C, epsilon in ((1, 0.1), (5, 0.4)):
        mine = Model("svm", C=C, epsilon=epsilon, tolerance=1e-9, **params).fit(x, y, task=REGRESSION)
        theirs = Svm(x, y, EPSILON_SVR, C=C, epsilon=epsilon, **params)
        near(mine.predict(x), theirs.values)
        if params["kernel"] == "rbf":
            same_machine(mine, theirs, x)


@pytest.mark.parametrize("nu", [0.1, 0.4])
def test_nu(nu):
    params = KERNELS[0]
    for name in CLASSES:
        x, y = classes(name)
        mine = Model("svm", formulation="nu", nu=nu, tolerance=1e-10, **params).fit(x, y)
        near(mine.predict(x), scores(Svm(x, y, NU_SVC, nu=nu, eps=1e-10, **params)), 1e-5)
    for name in NUMBERS:
        x, y = numbers(name)
        mine = Model("svm", formulation="nu", nu=nu, C=2, tolerance=1e-10, **params).fit(x, y, task=REGRESSION)
        near(mine.predict(x), Svm(x, y, NU_SVR, nu=nu, C=2, eps=1e-10, **params).values, 1e-5)


@pytest.mark.parametrize("params", KERNELS[:3], ids=IDS[:3])
@pytest.mark.parametrize("name", ["iris", "wine", "diabetes", "concrete", "random"])
def test_one_class(name, params):
    x = 3 + (classes(name) if name in CLASSES else numbers(name))[0]  # around 0 linear has no answer
    for nu in (0.5, 0.05):
        mine = Model("one_class_svm", nu=nu, tolerance=1e-9, **params).fit(x, task=ANOMALY)
        theirs = Svm(x, np.ones(len(x)), ONE_CLASS, nu=nu, **params)
        scale = np.abs(theirs.values + theirs.rho).max()
        np.testing.assert_allclose(mine.predict(x), theirs.values, rtol=0, atol=1e-6 * scale)


def test_weights_are_repeated_rows():
    """LIBSVM knows no weights of rows; one of weight k is one that is there k times."""
    params, rng = KERNELS[0], np.random.default_rng(5)
    for name in CLASSES:
        x, y = classes(name)
        times = rng.integers(0, 4, len(y))
        many = np.repeat(np.arange(len(y)), times)
        mine = Model("svm", C=2, tolerance=1e-9, **params).fit(x, y, times.astype(float))
        near(mine.predict(x[many]), scores(Svm(x[many], y[many], C_SVC, C=2, **params)))
    for name in NUMBERS:
        x, y = numbers(name)
        times = rng.integers(0, 4, len(y))
        many = np.repeat(np.arange(len(y)), times)
        mine = Model("svm", C=2, tolerance=1e-9, **params).fit(x, y, times.astype(float), REGRESSION)
        near(mine.predict(x[many]), Svm(x[many], y[many], EPSILON_SVR, C=2, **params).values)


def answers(theirs, x):
    d = x @ theirs.coef.T + theirs.intercept
    return np.column_stack([-d, d]) if d.shape[1] == 1 else d


def objective(answers_, coef, intercept, y, loss, penalty, C, bias, epsilon, weight):
    """What linear machines minimise, of all outputs together; the constant is a feature of value bias."""
    w = np.column_stack([coef, intercept / bias])
    total = np.abs(w).sum() if penalty == "l1" else 0.5 * (w**2).sum()
    for output in range(len(coef)):
        if "epsilon" in loss:
            miss, cost = np.maximum(np.abs(y - answers_) - epsilon, 0), C
        else:
            sign = np.where(y == (1 if len(coef) == 1 else output), 1, -1)
            miss = np.maximum(1 - sign * answers_[:, -1 if len(coef) == 1 else output], 0)
            # of several classes LIBLINEAR weights the one, not those that it is told from
            factor = np.ones(len(y)) if not weight else np.array([weight[k] for k in y]) if len(coef) == 1 else np.where(
                sign > 0, weight[output], 1)
            cost = C * factor
        total += (cost * (miss**2 if "squared" in loss else miss)).sum()
    return total


def same_linear(mine, theirs, x, y, loss, penalty="l2", C=1, bias=1, epsilon=0, weight=None):
    """The same answers and coefficients; where LIBLINEAR gave up before it was done, no worse than that."""
    told, arrays = mine.predict(x), mine.arrays
    wanted = answers(theirs, x)[:, 1] if "epsilon" in loss else answers(theirs, x)
    if theirs.finished:
        near(told, wanted, 1e-6 if penalty == "l2" else 1e-5)
        near(np.atleast_2d(arrays["coef"]), theirs.coef, 1e-5)
        return
    rules = (y, loss, penalty, C, bias, epsilon, weight)
    ours = objective(told, np.atleast_2d(arrays["coef"]), np.atleast_1d(arrays["intercept"]), *rules)
    assert ours <= objective(wanted, theirs.coef, theirs.intercept, *rules) * (1 + 1e-9)


LINEAR = [("squared_hinge", "l2", L2_SQUARED_HINGE), ("hinge", "l2", L2_HINGE), ("squared_hinge", "l1", L1_SQUARED_HINGE)]


@pytest.mark.parametrize("loss, penalty, solver", LINEAR, ids=["squared hinge", "hinge", "l1"])
@pytest.mark.parametrize("name", CLASSES)
def test_linear_classes(name, loss, penalty, solver):
    x, y = classes(name)
    for C, bias in ((0.05, 1), (0.01, 2)):
        mine = Model("linear_svm", C=C, loss=loss, penalty=penalty, intercept_scaling=bias, tolerance=1e-9,
                     max_iter=200_000).fit(x, y)
        same_linear(mine, Linear(x, y, solver, C=C, bias=bias), x, y, loss, penalty, C, bias)
    counts = np.bincount(y)
    balanced = {k: len(y) / len(counts) / n for k, n in enumerate(counts)}
    mine = Model("linear_svm", C=0.05, loss=loss, penalty=penalty, class_weight="balanced", tolerance=1e-9,
                 max_iter=200_000).fit(x, y)
    same_linear(mine, Linear(x, y, solver, C=0.05, weight=balanced), x, y, loss, penalty, 0.05, weight=balanced)


@pytest.mark.parametrize("loss, solver", [("epsilon_insensitive", L2_EPSILON),
                                          ("squared_epsilon_insensitive", L2_SQUARED_EPSILON)])
@pytest.mark.parametrize("name", NUMBERS)
def test_linear_numbers(name, loss, solver):
    x, y = numbers(name)
    for epsilon in (0, 0.2):
        mine = Model("linear_svm", C=0.05, epsilon=epsilon, loss=loss, tolerance=1e-9, max_iter=200_000)
        mine.fit(x, y, task=REGRESSION)
        same_linear(mine, Linear(x, y, solver, C=0.05, epsilon=epsilon), x, y, loss, C=0.05, epsilon=epsilon)
