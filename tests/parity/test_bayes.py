"""Naive Bayes against scikit-learn's: parameters and probabilities, weights, sparse matrices, more rows later."""
import numpy as np
import pytest
import scipy.sparse
import shared_data as shared
from models import Model
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB

TABLES = ["iris", "wine", "digits", "breast_cancer", "penguins"]
RANDOM = [(60, 3, 2), (500, 20, 4), (2000, 7, 9)]


def near(got, wanted, tolerance=1e-9):
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance * np.abs(wanted).max())


def made(seed, n, p, k):
    """Skewed amounts and classes that hang together, and weights, some of them 0."""
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
    x = rng.gamma(1 + rng.uniform(0, 3, (k, p))[y]) * 10.0 ** rng.uniform(-1, 1, p)
    return x, y, rng.uniform(0, 2, n) * (rng.random(n) > 0.1)


def tables():
    for name in TABLES:
        yield pytest.param(lambda name=name: (*shared.classes(name), None), id=name)
    for shape in RANDOM:
        yield pytest.param(lambda shape=shape: made(1, *shape), id=str(shape))


@pytest.fixture(params=tables())
def table(request):
    return request.param()


def test_gaussian(table):
    x, y, w = table
    k = y.max() + 1
    for params in ({}, {"var_smoothing": 1e-3}, {"priors": (np.arange(k) + 1) / (k * (k + 1) / 2)}):
        theirs = GaussianNB(**params).fit(x, y, w)
        mine = Model("gaussian_bayes", **{key: v.tolist() if key == "priors" else v for key, v in params.items()})
        mine.fit(x, y, w)
        for name in ("class_count", "class_prior", "theta", "var"):
            near(mine.arrays[name], getattr(theirs, name + "_"))
        near(mine.predict(x), theirs.predict_proba(x))


COUNTS = [("multinomial_bayes", MultinomialNB, [{}, {"alpha": 0.01, "fit_prior": False}]),
          ("complement_bayes", ComplementNB, [{}, {"norm": True, "alpha": 0.5}]),
          ("bernoulli_bayes", BernoulliNB, [{"binarize": 3}, {"binarize": 0.5, "alpha": 2}])]


@pytest.mark.parametrize("kind,peer,cases", COUNTS, ids=[kind for kind, _, _ in COUNTS])
def test_counts(table, kind, peer, cases):
    x, y, w = table
    for params in cases:
        theirs = peer(**params).fit(x, y, w)
        for values in (x, scipy.sparse.csr_matrix(np.where(x < np.quantile(x, 0.7), 0, x))):
            if scipy.sparse.issparse(values):
                theirs = peer(**params).fit(values, y, w)
            mine = Model(kind, **params).fit(values, y, w)
            for name in ("class_count", "class_log_prior", "feature_count", "feature_log_prob"):
                near(mine.arrays[name], getattr(theirs, name + "_"))
            near(mine.predict(values), theirs.predict_proba(values))


CODES = [("mushrooms", "mushrooms.csv", "type"), ("german_credit", "credit.csv", "default"),
         ("titanic", None, None), ("adult", "adult_test.csv", "income")]


@pytest.mark.parametrize("name,file,target", CODES, ids=[name for name, _, _ in CODES])
def test_categorical(name, file, target):
    if file is None:
        rng = np.random.default_rng(3)
        x, y = rng.integers(0, [3, 7, 1, 40], (400, 4)), rng.integers(0, 5, 400)
    else:
        x, y = shared.codes(name, file, target)
        x = np.minimum(np.maximum(x, 0), 200)
    w = np.random.default_rng(1).uniform(0, 2, len(y))
    for params in ({}, {"alpha": 0.1, "fit_prior": False}, {"min_categories": 250}):
        for weight in (None, w):
            theirs = CategoricalNB(**params).fit(x, y, weight)
            mine = Model("categorical_bayes", **params).fit(x, y, weight)
            near(mine.arrays["class_log_prior"], theirs.class_log_prior_)
            near(mine.arrays["feature_log_prob"], np.hstack(theirs.feature_log_prob_).T)
            near(mine.predict(x), theirs.predict_proba(x))


@pytest.mark.parametrize("kind", ["gaussian_bayes", "multinomial_bayes", "complement_bayes", "bernoulli_bayes",
                                  "categorical_bayes"])
def test_update(kind):
    """Rows in three parts give what all at once give; a class or a category may come late."""
    x, y, w = made(5, 900, 6, 3)
    order = np.argsort(y == 2, kind="stable")
    x, y, w = x[order], y[order], w[order]
    if kind == "categorical_bayes":
        x = np.minimum(x, 20).astype(np.int64)
    whole = Model(kind).fit(x, y, w)
    parts = Model(kind)
    parts.classes = 3
    parts.fit(x[:300], y[:300], w[:300], task="multiclass")
    for part in (slice(300, 301), slice(301, None)):
        parts.update(x[part], y[part], w[part])
    near(parts.predict(x), whole.predict(x))


def test_refusals():
    x, y, _ = made(1, 50, 3, 2)
    with pytest.raises(RuntimeError, match="below 0"):
        Model("multinomial_bayes").fit(-x, y)
    with pytest.raises(RuntimeError, match="no category's code"):
        Model("categorical_bayes").fit(x, y)
    with pytest.raises(RuntimeError, match="sums to 0.7"):
        Model("gaussian_bayes", priors=[0.2, 0.5]).fit(x, y)
    with pytest.raises(RuntimeError, match="does not vary within"):
        Model("gaussian_bayes", var_smoothing=0).fit(np.zeros((50, 1)), y)
