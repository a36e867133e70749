"""Methods that look at neighbours against scikit-learn's: the same neighbours, so the same answers."""
import numpy as np
import pytest
from models import Model
from scipy.sparse import csr_matrix
from sklearn.neighbors import (KNeighborsClassifier, KNeighborsRegressor, LocalOutlierFactor, NearestCentroid,
                               NearestNeighbors, RadiusNeighborsClassifier, RadiusNeighborsRegressor)
from shared_data import classes, numbers, scaled

METRICS = ["euclidean", "manhattan", "chebyshev", "cosine", "hamming", "minkowski", "canberra", "braycurtis"]
CLASSES = ["iris", "wine", "breast_cancer", "digits"]
NUMBERS = ["diabetes", "concrete", "boston", "auto_mpg"]


def real(name):
    x, y = classes(name) if name in CLASSES else numbers(name)
    return scaled(x)[:, x.std(0) > 0], y


def parts(data):
    """Train, test, and test rows without ties at the edge of the neighbourhood to tell apart."""
    x, y = data
    order = np.random.default_rng(0).permutation(len(x))
    train, test = order[len(x) // 4:], order[:len(x) // 4]
    return x[train], y[train], x[test]


def untied(x, q, k, **params):
    """Rows of q whose k-th and next neighbours lie apart: elsewhere scikit-learn's choice is arbitrary."""
    d = NearestNeighbors(n_neighbors=k + 1, **params).fit(x).kneighbors(q)[0]
    return d[:, k] - d[:, k - 1] > 1e-9


def noise(seed, n=600, p=6):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) * rng.uniform(0.5, 2, p) + 1000
    return x, (x[:, 0] + rng.normal(size=n) > 1000).astype(int)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_knn_classes(metric, weights):
    p = 3 if metric == "minkowski" else 2
    for data in [real(name) for name in CLASSES] + [noise(1)]:
        x, y, q = parts(data)
        theirs = KNeighborsClassifier(7, weights=weights, metric=metric, p=p, algorithm="brute").fit(x, y)
        wanted = theirs.predict_proba(q)
        clear = untied(x, q, 7, metric=metric, p=p, algorithm="brute")
        for algorithm in ["auto", "brute", "kd_tree", "ball_tree"]:
            mine = Model("knn", n_neighbors=7, weights=weights, metric=metric, p=p, algorithm=algorithm).fit(x, y)
            np.testing.assert_allclose(mine.predict(q)[clear], wanted[clear], rtol=1e-6, atol=1e-7)
        assert clear.mean() > 0.3 or metric in ("hamming", "chebyshev")


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_knn_numbers(weights):
    for name in NUMBERS:
        x, y, q = parts(real(name))
        theirs = KNeighborsRegressor(6, weights=weights).fit(x, y)
        clear = untied(x, q, 6)
        mine = Model("knn", n_neighbors=6, weights=weights).fit(x, y, task="regression")
        np.testing.assert_allclose(mine.predict(q)[clear], theirs.predict(q)[clear], rtol=1e-9)


def test_knn_large_batches():
    """Products in single precision choose; the answers are those of measuring."""
    rng = np.random.default_rng(3)
    x, y, q = rng.normal(size=(4000, 60)) + 50, rng.normal(size=4000), rng.normal(size=(1500, 60)) + 50
    for metric in ["euclidean", "cosine"]:
        theirs = KNeighborsRegressor(10, metric=metric, algorithm="brute").fit(x, y).predict(q)
        mine = Model("knn", threads=2, n_neighbors=10, metric=metric).fit(x, y, task="regression").predict(q)
        np.testing.assert_allclose(mine, theirs, rtol=1e-9)


def test_hnsw_recall():
    """y numbers the rows, so the nearest row answers for itself."""
    x = np.random.default_rng(5).normal(size=(8000, 12))
    x, y, q = parts((x, np.arange(8000.0)))
    exact = KNeighborsRegressor(1).fit(x, y).predict(q)
    found = Model("knn", threads=2, n_neighbors=1, algorithm="hnsw").fit(x, y, task="regression").predict(q)
    assert np.mean(exact == found) >= 0.95


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_radius(weights):
    for name, radius in zip(CLASSES, [0.8, 3.5, 4, 7]):
        x, y, q = parts(real(name))
        theirs = RadiusNeighborsClassifier(radius, weights=weights, outlier_label="most_frequent").fit(x, y)
        for algorithm in ["brute", "kd_tree", "ball_tree"]:
            mine = Model("radius_neighbors", radius=radius, weights=weights, outlier_label="most_frequent",
                         algorithm=algorithm).fit(x, y)
            np.testing.assert_allclose(mine.predict(q), theirs.predict_proba(q), rtol=1e-9, atol=1e-12)
    for name, radius in zip(NUMBERS, [3, 3, 4, 2]):
        x, y, q = parts(real(name))
        theirs = RadiusNeighborsRegressor(radius, weights=weights).fit(x, y)
        near = [len(rows) > 0 for rows in theirs.radius_neighbors(q, return_distance=False)]
        mine = Model("radius_neighbors", radius=radius, weights=weights).fit(x, y, task="regression").predict(q)
        np.testing.assert_allclose(mine[near], theirs.predict(q[near]), rtol=1e-9)
        np.testing.assert_allclose(mine[~np.array(near)], y.mean(), rtol=1e-12)
    with pytest.raises(RuntimeError, match="radius"):
        Model("radius_neighbors", radius=0.1, outlier_label="error").fit(x, y, task="regression").predict(q + 100)


@pytest.mark.parametrize("params", [{}, {"metric": "manhattan"}, {"shrink_threshold": 0.7},
                                    {"priors": "empirical"}, {"shrink_threshold": 0.3, "priors": "empirical"}])
def test_nearest_centroid(params):
    for name in CLASSES:
        x, y, q = parts(real(name))
        theirs = NearestCentroid(**params).fit(x, y)
        mine = Model("nearest_centroid", **params).fit(x, y)
        np.testing.assert_allclose(mine.arrays["centroids"], theirs.centroids_, rtol=1e-9, atol=1e-12)
        assert np.array_equal(mine.predict(q).argmax(1), theirs.predict(q))


@pytest.mark.parametrize("contamination", ["auto", 0.05])
def test_local_outlier_factor(contamination):
    for data in [real("wine"), real("diabetes"), real("boston"), real("concrete"), noise(2)]:
        x = data[0][:len(data[0]) * 3 // 4]
        q = data[0][len(x):]
        x = x + 1e-6 * np.random.default_rng(0).normal(size=x.shape)  # no ties
        for k in (5, 20):
            theirs = LocalOutlierFactor(k, contamination=contamination).fit(x)
            mine = Model("local_outlier_factor", n_neighbors=k, contamination=contamination).fit(x)
            np.testing.assert_allclose(mine.arrays["negative_outlier_factor"], theirs.negative_outlier_factor_,
                                       rtol=1e-7)
            assert np.array_equal(mine.arrays["labels"] < 0, theirs.fit_predict(x) < 0)
            novelty = LocalOutlierFactor(k, contamination=contamination, novelty=True).fit(x)
            np.testing.assert_allclose(mine.predict(q), novelty.decision_function(q), rtol=1e-6, atol=1e-9)


def sparse_tables():
    """Counts, mostly 0: made-up texts, and real tables with the smaller half of each column's values taken away."""
    rng = np.random.default_rng(7)
    yield rng.poisson(0.05, (400, 200)) * rng.uniform(0.5, 2, (400, 200)), rng.integers(0, 3, 400)
    for name in CLASSES:
        x, y = real(name)
        yield np.where(x > np.median(x, 0), x, 0) + (x > np.quantile(x, 0.9)) * 1e-6 * rng.normal(size=x.shape), y


@pytest.mark.parametrize("metric", METRICS)
def test_sparse_is_dense(metric):
    """The bits of the same rows written out, for any mixture of the two; and scikit-learn's neighbours."""
    for x, y in sparse_tables():
        x, y, q = parts((x, y))
        s, t = csr_matrix(x), csr_matrix(q)
        dense = Model("knn", n_neighbors=6, metric=metric, p=3, algorithm="brute").fit(x, y)
        sparse = Model("knn", threads=2, n_neighbors=6, metric=metric, p=3).fit(s, y)
        for a, b in [(sparse, t), (sparse, q), (dense, t)]:
            for mine, wanted in zip(a.neighbors(b, 6), dense.neighbors(q, 6)):
                assert np.array_equal(mine, wanted)
            assert np.array_equal(a.predict(b), dense.predict(q))
        if metric in ("euclidean", "cosine", "manhattan"):
            theirs = NearestNeighbors(n_neighbors=6, metric=metric, algorithm="brute").fit(s).kneighbors(t)[0]
            some = np.abs(q).sum(1) > 0  # rows of zeros: see docs/parity.md
            np.testing.assert_allclose(sparse.neighbors(t, 6)[0][some], theirs[some], rtol=1e-6, atol=1e-6)
        radius = np.median(dense.neighbors(q, 6)[0]) + 1e-7
        one, other = (Model("radius_neighbors", radius=radius, metric=metric, p=3, algorithm="brute").fit(a, y)
                      for a in (x, s))
        assert np.array_equal(one.predict(q), other.predict(t))
        one, other = (Model("local_outlier_factor", metric=metric, p=3, algorithm="brute").fit(a) for a in (x, s))
        assert np.array_equal(one.arrays["labels"], other.arrays["labels"])
        assert np.array_equal(one.predict(q), other.predict(t))


def test_float32_is_float64():
    """Rows of floats are kept as such; the answers have the bits of doubles."""
    x, y, q = parts(real("digits"))
    x, q = x.astype(np.float32), q.astype(np.float32)
    for algorithm in ["brute", "hnsw", "kd_tree"]:
        one, other = (Model("knn", algorithm=algorithm).fit(a, y) for a in (x, x.astype(float)))
        for mine, wanted in zip(one.neighbors(q, 9), other.neighbors(q, 9)):
            assert np.array_equal(mine, wanted)


def test_neighbors():
    """kneighbors of scikit-learn; of the row itself too."""
    for name in NUMBERS:
        x, y, q = parts(real(name))
        distance, row = Model("knn").fit(x, y, task="regression").neighbors(q, 4)
        wanted, number = NearestNeighbors(n_neighbors=4).fit(x).kneighbors(q)
        np.testing.assert_allclose(distance, wanted, rtol=1e-9, atol=1e-9)
        model = Model("knn").fit(x, y, task="regression")
        np.testing.assert_allclose(model.neighbors(None, 4)[0], NearestNeighbors(n_neighbors=4).fit(x).kneighbors()[0],
                                   rtol=1e-9, atol=1e-9)
        clear = untied(x, q, 4)
        assert np.array_equal(np.sort(row[clear]), np.sort(number[clear]))
    with pytest.raises(RuntimeError, match="neighbours"):
        Model("knn").fit(x, y, task="regression").neighbors(q, len(x) + 1)
    with pytest.raises(RuntimeError, match="keeps no rows"):
        Model("nearest_centroid").fit(x, (y > y.mean()).astype(int)).neighbors(q, 1)


@pytest.mark.parametrize("params", [{}, {"metric": "manhattan"}, {"shrink_threshold": 0.7},
                                    {"shrink_threshold": 0.3, "priors": "empirical"}])
def test_sparse_centroids(params):
    for x, y in sparse_tables():
        x = x[:, x.std(0) > 0]
        theirs = NearestCentroid(**params).fit(x, y)
        mine = Model("nearest_centroid", **params).fit(csr_matrix(x), y)
        np.testing.assert_allclose(mine.arrays["centroids"], theirs.centroids_, rtol=1e-9, atol=1e-12)
        dense = Model("nearest_centroid", **params).fit(x, y).predict(x)
        np.testing.assert_allclose(mine.predict(csr_matrix(x)), dense, rtol=1e-9, atol=1e-9)


def test_places_on_a_sphere():
    rng = np.random.default_rng(6)
    x = np.radians(np.column_stack([rng.uniform(-90, 90, 500), rng.uniform(-180, 180, 500)]))
    q = np.radians([[90, 0], [-90, 7], [0, 180], [0, -180], [52.5, 13.4], [52.5, 13.4]])
    theirs = NearestNeighbors(n_neighbors=8, metric="haversine", algorithm="ball_tree").fit(x)
    for algorithm in ("auto", "ball_tree"):
        mine = Model("knn", n_neighbors=8, metric="haversine", algorithm=algorithm).fit(x, rng.integers(0, 2, 500))
        for rows in (q, x):
            np.testing.assert_allclose(mine.neighbors(rows, 8)[0], theirs.kneighbors(rows)[0], rtol=1e-9, atol=1e-12)
    with pytest.raises(RuntimeError, match="two columns"):
        Model("knn", metric="haversine").fit(rng.normal(size=(50, 3)), rng.integers(0, 2, 50))


def test_distances_given():
    """The bits of measuring, from distances that were measured before."""
    for name in ("wine", "diabetes", "concrete", "breast_cancer"):
        x, y, q = parts(real(name))
        x = x + 1e-6 * np.random.default_rng(0).normal(size=x.shape)  # no ties
        regression = name in NUMBERS
        task = "regression" if regression else None
        near = NearestNeighbors(metric="manhattan").fit(x)
        own, far = (near.kneighbors(rows, len(x)) for rows in (x, q))
        square, asked = np.empty((len(x), len(x))), np.empty((len(q), len(x)))
        np.put_along_axis(square, own[1], own[0], 1)
        np.put_along_axis(asked, far[1], far[0], 1)
        np.fill_diagonal(square, 0)
        square = (square + square.T) / 2
        measured, given = (Model("knn", threads=2, n_neighbors=6, metric=metric, algorithm="brute") for metric in
                           ("manhattan", "precomputed"))
        kind = KNeighborsRegressor if regression else KNeighborsClassifier
        theirs = kind(6, metric="precomputed").fit(square, y)
        given.fit(square, y, task=task)
        wanted = theirs.predict(asked) if regression else theirs.predict_proba(asked)
        clear = untied(x, q, 6, metric="manhattan")
        np.testing.assert_allclose(given.predict(asked)[clear], wanted[clear], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(given.neighbors(None, 6)[0], theirs.kneighbors(None, 6)[0], rtol=1e-12)
        measured.fit(x, y, task=task)
        np.testing.assert_allclose(given.predict(asked)[clear], measured.predict(q)[clear], rtol=1e-9, atol=1e-12)
        outliers = LocalOutlierFactor(9, metric="precomputed").fit(square)
        mine = Model("local_outlier_factor", n_neighbors=9, metric="precomputed").fit(square)
        np.testing.assert_allclose(mine.arrays["negative_outlier_factor"], outliers.negative_outlier_factor_, rtol=1e-7)
    for x, text in ((square[:, :-1], "a column for each row"), (square - 1, "0 and more")):
        with pytest.raises(RuntimeError, match=text):
            Model("knn", metric="precomputed").fit(x, y, task=task)


def test_refusals():
    x, y = noise(1, 4, 2)
    for params, text in [({"n_neighbors": 5}, "n_neighbors|5 neighbours"), ({"p": 0.5}, "'p'"),
                         ({"metric": "near"}, "metric")]:
        with pytest.raises(RuntimeError, match=text):
            Model("knn", **params).fit(x, y)
