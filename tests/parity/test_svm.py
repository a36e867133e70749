"""Kernel machines against scikit-learn's LIBSVM at a tight tolerance: decision values, which are unique."""
import warnings

import numpy as np
import pytest
import shared_data as shared
from models import ANOMALY, REGRESSION, Model
from sklearn.metrics import log_loss
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, NuSVR, OneClassSVM

KERNELS = [{"kernel": "rbf"}, {"kernel": "rbf", "gamma": 0.7}, {"kernel": "linear"},
           {"kernel": "poly", "degree": 2, "coef0": 1.5}, {"kernel": "sigmoid", "gamma": 0.001}]  # nearly linear: elsewhere its optimum is not unique
IDS = ["rbf", "rbf 0.7", "linear", "poly", "sigmoid"]
FEW = 400


def near(got, wanted, tolerance=1e-6):
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * np.abs(wanted).max())


def classes(name):
    x, y = shared.classes(name)
    keep = np.random.default_rng(0).permutation(len(y))[:FEW]
    y = y[keep]
    return shared.scaled(x[keep]), np.unique(y, return_inverse=True)[1]


def numbers(name):
    x, y = shared.numbers(name)
    keep = np.random.default_rng(0).permutation(len(y))[:FEW]
    return shared.scaled(x[keep]), shared.scaled(y[keep])


def weights(n):
    rng = np.random.default_rng(7)
    return rng.uniform(0.1, 2, n) * (rng.random(n) > 0.1)


def scores(model, x):
    d = model.decision_function(x)
    return np.column_stack([-d, d]) if d.ndim == 1 else d


@pytest.mark.parametrize("params", KERNELS, ids=IDS)
@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "penguins", "digits"])
def test_classes(name, params):
    x, y = classes(name)
    for C, weight in ((1, None), (30, weights(len(y)))):
        mine = Model("svm", C=C, tolerance=1e-9, **params).fit(x, y, weight)
        theirs = SVC(C=C, tol=1e-9, **params).fit(x, y, weight)
        near(mine.predict(x), scores(theirs, x))
    mine = Model("svm", class_weight="balanced", tolerance=1e-9, **params).fit(x, y)
    near(mine.predict(x), scores(SVC(class_weight="balanced", tol=1e-9, **params).fit(x, y), x))


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "penguins", "random"])
def test_float32(name):
    """Fitted on floats, a machine of two classes answers in single precision: near what doubles give, wherever the
    columns lie, and the same whatever a row is beside."""
    if name == "random":
        x, y = np.random.default_rng(3).normal(size=(700, 9)), np.arange(700) % 2
        y = np.where(x[:, 0] * x[:, 1] > 0, y, 1)
    else:
        x, y = classes(name)
    x, y = (x + 100).astype(np.float32), np.minimum(y, 1)
    mine = Model("svm", tolerance=1e-9, C=10).fit(x, y)
    exact = Model("svm", tolerance=1e-9, C=10).fit(x.astype(float), y).predict(x.astype(float))
    got = mine.predict(x)
    near(got, exact, 2e-5)
    assert mine.predict(x.astype(float)).tobytes() == got.tobytes()
    assert np.concatenate([mine.predict(x[i:i + 7]) for i in range(0, 35, 7)]).tobytes() == got[:35].tobytes()
    far = mine.predict(np.full((1, x.shape[1]), 1e25, np.float32))[0, 1]
    np.testing.assert_allclose(far, mine.arrays["intercept"][0], rtol=1e-6)


def test_support_vectors():
    x, y = classes("wine")
    for labels in (y, np.minimum(y, 1)):
        arrays = Model("svm", tolerance=1e-9).fit(x, labels).arrays
        theirs = SVC(tol=1e-9).fit(x, labels)
        assert np.array_equal(arrays["support"], theirs.support_)
        assert np.array_equal(arrays["n_support"], theirs.n_support_)
        near(arrays["support_vectors"], theirs.support_vectors_, 1e-15)
        near(arrays["dual_coef"], theirs.dual_coef_, 1e-5)
        near(arrays["intercept"], theirs.intercept_, 1e-5)


@pytest.mark.parametrize("params", KERNELS[:4], ids=IDS[:4])
@pytest.mark.parametrize("name", ["diabetes", "boston", "concrete", "auto_mpg"])
def test_numbers(name, params):
    x, y = numbers(name)
    for C, epsilon, weight in ((1, 0.1, None), (5, 0.3, weights(len(y)))):
        mine = Model("svm", C=C, epsilon=epsilon, tolerance=1e-8, **params).fit(x, y, weight, REGRESSION)
        theirs = SVR(C=C, epsilon=epsilon, tol=1e-8, **params).fit(x, y, weight)
        near(mine.predict(x), theirs.predict(x))


@pytest.mark.parametrize("nu", [0.1, 0.4])
def test_nu(nu):
    for name in ("iris", "breast_cancer"):
        x, y = classes(name)
        for weight in (None, weights(len(y))):
            mine = Model("svm", formulation="nu", nu=nu, tolerance=1e-10).fit(x, y, weight)
            near(mine.predict(x), scores(NuSVC(nu=nu, tol=1e-10).fit(x, y, weight), x), 1e-5)
    for name in ("diabetes", "concrete"):
        x, y = numbers(name)
        for weight in (None, weights(len(y))):
            mine = Model("svm", formulation="nu", nu=nu, C=2, tolerance=1e-9).fit(x, y, weight, REGRESSION)
            near(mine.predict(x), NuSVR(nu=nu, C=2, tol=1e-9).fit(x, y, weight).predict(x), 1e-5)


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_one_class(name):
    x = 3 + (classes if name in shared.CLASSES else numbers)(name)[0]  # around 0 linear has no answer
    for params in KERNELS[:4]:
        for nu, weight in ((0.5, None), (0.05, None), (0.2, weights(len(x)))):
            mine = Model("one_class_svm", nu=nu, tolerance=1e-9, **params).fit(x, weight=weight, task=ANOMALY)
            theirs = OneClassSVM(nu=nu, tol=1e-9, **params).fit(x, sample_weight=weight)
            scale = np.abs(theirs.score_samples(x)).max()
            np.testing.assert_allclose(mine.predict(x), theirs.decision_function(x), rtol=0, atol=1e-6 * scale)


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "digits"])
def test_probabilities(name):
    """Folds are drawn at random there and here: as good on rows not seen, within noise."""
    x, y = classes(name)
    half = len(y) // 2
    mine, theirs = [], []
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(y))
        a, b = order[:half], order[half:]
        mine.append(log_loss(y[b], Model("svm", seed=seed, probability=True).fit(x[a], y[a]).predict(x[b])))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = SVC(probability=True, random_state=seed).fit(x[a], y[a])
        theirs.append(log_loss(y[b], model.predict_proba(x[b])))
    difference = np.subtract(mine, theirs)
    assert difference.mean() < 0.02 + 2 * difference.std() / 5**0.5


def test_small_cache_gives_the_same():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3000, 5))
    y = (x[:, 0] * x[:, 1] + 0.5 * rng.normal(size=3000) > 0).astype(int)
    wide = Model("svm", tolerance=1e-8).fit(x, y).predict(x)
    near(Model("svm", tolerance=1e-8, cache_size=1).fit(x, y).predict(x), wide)
    near(wide, scores(SVC(tol=1e-8).fit(x, y), x))


def test_refusals():
    x, y = classes("breast_cancer")
    with pytest.raises(RuntimeError, match="'nu' can be at most"):
        Model("svm", formulation="nu", nu=0.95).fit(x, y)
    with pytest.raises(RuntimeError, match="one class"):
        Model("svm").fit(x, y, weight=y)


def sparse(x):
    import scipy.sparse
    return scipy.sparse.csr_matrix(np.where(np.abs(x) < 0.3, 0, x))


@pytest.mark.parametrize("params", KERNELS, ids=IDS)
def test_sparse(params):
    """Fitted on either sort and asked with either; probabilities, as folds and all are the same, too."""
    for name, C, weight in (("digits", 1, False), ("breast_cancer", 5, True)):
        x, y = classes(name)
        x, weight = sparse(x), weights(len(y)) if weight else None
        mine = Model("svm", C=C, tolerance=1e-9, **params).fit(x, y, weight)
        wanted = scores(SVC(C=C, tol=1e-9, **params).fit(x, y, weight), x)
        near(mine.predict(x), wanted)
        assert np.array_equal(mine.predict(x.toarray()), mine.predict(x))
        dense = Model("svm", C=C, tolerance=1e-9, **params).fit(x.toarray(), y, weight)
        assert np.array_equal(dense.predict(x), dense.predict(x.toarray()))
    x, y = numbers("concrete")
    x = sparse(x)
    mine = Model("svm", tolerance=1e-8, **params).fit(x, y, task=REGRESSION)
    near(mine.predict(x), SVR(tol=1e-8, **params).fit(x, y).predict(x))
    if params["kernel"] == "sigmoid":
        return
    x = abs(x)  # around 0 linear has no answer
    mine = Model("one_class_svm", nu=0.2, tolerance=1e-9, **params).fit(x, task=ANOMALY)
    theirs = OneClassSVM(nu=0.2, tol=1e-9, **params).fit(x)
    scale = np.abs(theirs.score_samples(x)).max()
    np.testing.assert_allclose(mine.predict(x), theirs.decision_function(x), rtol=0, atol=1e-6 * scale)


def test_sparse_vectors_and_probabilities():
    x, y = classes("wine")
    x = sparse(x)
    arrays = Model("svm", tolerance=1e-9).fit(x, y).arrays
    theirs = SVC(tol=1e-9).fit(x, y)
    assert np.array_equal(arrays["support"], theirs.support_)
    for part in ("indptr", "indices", "data"):
        assert np.array_equal(arrays["support_vectors." + part], getattr(theirs.support_vectors_, part))
    near(arrays["dual_coef"], theirs.dual_coef_.toarray(), 1e-5)
    params = {"probability": True, "tolerance": 1e-9}
    near(Model("svm", **params).fit(x, y).predict(x), Model("svm", **params).fit(x.toarray(), y).predict(x), 1e-5)


LINEAR = [{}, {"loss": "hinge"}, {"penalty": "l1"}]


@pytest.mark.parametrize("params", LINEAR, ids=["squared hinge", "hinge", "l1"])
@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "penguins", "digits"])
def test_linear_classes(name, params):
    x, y = classes(name)
    # dense with few features goes another way than sparse
    for values, C, weight in ((x, 0.1, None), (x, 0.02, weights(len(y))), (sparse(x), 0.05, None)):
        mine = Model("linear_svm", C=C, tolerance=1e-8, max_iter=200_000, **params).fit(values, y, weight)
        assert not mine.log
        theirs = LinearSVC(C=C, tol=1e-9, max_iter=1_000_000, dual="penalty" not in params, **params)
        theirs.fit(values, y, weight)
        if "penalty" not in params:  # columns that are alike can share a coefficient in any way
            near(mine.arrays["coef"], theirs.coef_, 1e-5)
        near(mine.predict(values), scores(theirs, values), 1e-5)
    mine = Model("linear_svm", class_weight="balanced", C=0.05, tolerance=1e-8, max_iter=200_000, **params).fit(x, y)
    theirs = LinearSVC(class_weight="balanced", C=0.05, tol=1e-9, max_iter=1_000_000, dual="penalty" not in params,
                       **params).fit(x, y)
    near(mine.predict(x), scores(theirs, x), 1e-5)


@pytest.mark.parametrize("loss", ["epsilon_insensitive", "squared_epsilon_insensitive"])
@pytest.mark.parametrize("name", ["diabetes", "boston", "concrete", "auto_mpg"])
def test_linear_numbers(name, loss):
    x, y = numbers(name)
    for values, epsilon, weight in ((x, 0, None), (x, 0.2, weights(len(y))), (sparse(x), 0.1, None)):
        mine = Model("linear_svm", C=0.1, epsilon=epsilon, loss=loss, intercept_scaling=2, tolerance=1e-8,
                     max_iter=200_000).fit(values, y, weight, REGRESSION)
        theirs = LinearSVR(C=0.1, epsilon=epsilon, loss=loss, intercept_scaling=2, tol=1e-10, max_iter=1_000_000)
        theirs.fit(values, y, weight)
        near(mine.arrays["coef"][0], theirs.coef_, 1e-5)
        near(mine.predict(values), theirs.predict(values), 1e-5)
