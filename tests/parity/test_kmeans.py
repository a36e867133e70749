"""k-means against scikit-learn's, from the same starting centroids: the same steps, so the same result."""
import numpy as np
import pytest
from models import Model
from scipy.sparse import csr_matrix
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.dummy import DummyClassifier, DummyRegressor


def blobs(seed, n, p, k, spread):
    rng = np.random.default_rng(seed)
    centres = rng.uniform(-10, 10, (k, p))
    return centres[rng.integers(0, k, n)] + spread * rng.normal(size=(n, p)) + 100, rng.uniform(0, 2, n)


@pytest.mark.parametrize("n,p,k,spread", [(500, 2, 3, 1), (3000, 8, 10, 3), (5000, 16, 40, 4), (2000, 1, 5, 0.5)])
@pytest.mark.parametrize("algorithm", ["lloyd", "yinyang"])
def test_same_start(n, p, k, spread, algorithm):
    x, w = blobs(n, n, p, k, spread)
    for weight in (None, w):
        for iterations in (1, 5, 300):
            mine = Model("kmeans", n_clusters=k, init="first", max_iter=iterations, tolerance=0,
                         algorithm=algorithm).fit(x, weight=weight)
            theirs = KMeans(k, init=x[:k], n_init=1, max_iter=iterations, tol=0).fit(x, sample_weight=weight)
            np.testing.assert_allclose(mine.report["inertia"], theirs.inertia_, rtol=1e-9)
            centroids = [list(row.values()) for row in mine.report["centroids"]]
            np.testing.assert_allclose(centroids, theirs.cluster_centers_, rtol=1e-9)
            assert np.array_equal(mine.predict(x), theirs.predict(x))
            np.testing.assert_allclose(mine.transform(x), theirs.transform(x), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("n,p,k", [(400, 50, 3), (2000, 300, 12)])
def test_sparse(n, p, k):
    """Step for step as scikit-learn, and as dense rows; new rows may be either."""
    rng = np.random.default_rng(n)
    topics = rng.gamma(0.3, size=(k, p))
    x = rng.poisson(topics[rng.integers(0, k, n)] * 0.3) * rng.uniform(0.9, 1.1, (n, p))
    s, w = csr_matrix(x), rng.uniform(0, 2, n)
    for weight in (None, w):
        for iterations in (1, 300):
            params = dict(n_clusters=k, init="first", max_iter=iterations, tolerance=0)
            mine = Model("kmeans", threads=2, **params).fit(s, weight=weight)
            theirs = KMeans(k, init=x[:k], n_init=1, max_iter=iterations, tol=0).fit(s, sample_weight=weight)
            np.testing.assert_allclose(mine.report["inertia"], theirs.inertia_, rtol=1e-9)
            np.testing.assert_allclose(mine.arrays["cluster_centers"], theirs.cluster_centers_, rtol=1e-9, atol=1e-12)
            for a in (s, x):
                assert np.array_equal(mine.predict(a), theirs.predict(s))
                np.testing.assert_allclose(mine.transform(a), theirs.transform(s), rtol=1e-6, atol=1e-6)
    assert Model("kmeans", n_clusters="auto", max_clusters=4).fit(s).report["tried"]
    whole = [Model("mini_batch_kmeans", seed=1, n_clusters=k).fit(a).report["inertia"] for a in (s, x)]
    assert abs(np.log(whole[0] / whole[1])) < 0.1


@pytest.mark.parametrize("k,spread", [(5, 0.3), (12, 0.2)])
def test_good_starts(k, spread):
    """Well-separated clusters: ten starts find them, as scikit-learn's do."""
    x, _ = blobs(k, 2000, 4, k, spread)
    mine = Model("kmeans", n_clusters=k, n_init=10, tolerance=0).fit(x)
    theirs = KMeans(k, n_init=10, tol=0, random_state=0).fit(x)
    np.testing.assert_allclose(mine.report["inertia"], theirs.inertia_, rtol=1e-6)


def test_starts_as_good_on_average():
    x, _ = blobs(3, 600, 5, 10, 3)
    mine = [Model("kmeans", seed=s, n_clusters=10, n_init=1).fit(x).report["inertia"] for s in range(60)]
    theirs = [KMeans(10, n_init=1, random_state=s).fit(x).inertia_ for s in range(60)]
    assert np.mean(mine) < np.mean(theirs) * 1.05


@pytest.mark.parametrize("weighted", [False, True])
def test_baseline(weighted):
    rng = np.random.default_rng(1)
    x, y, w = rng.normal(size=(101, 2)), rng.normal(size=101), rng.uniform(0, 2, 101)
    w = w if weighted else None
    np.testing.assert_allclose(Model("baseline").fit(x, y, w, task="regression").predict(x),
                               DummyRegressor().fit(x, y, w).predict(x), rtol=1e-13)
    c = (y > 0.3).astype(int)
    np.testing.assert_allclose(Model("baseline").fit(x, c, w).predict(x),
                               DummyClassifier(strategy="prior").fit(x, c, w).predict_proba(x), rtol=1e-13)
    if not weighted:
        for q in (0.1, 0.5, 0.93):
            np.testing.assert_allclose(
                Model("baseline", strategy="quantile", quantile=q).fit(x, y, task="regression").predict(x),
                DummyRegressor(strategy="quantile", quantile=q).fit(x, y).predict(x), rtol=1e-13)


@pytest.mark.parametrize("k,spread", [(5, 0.5), (12, 0.3)])
def test_mini_batch(k, spread):
    """As good as scikit-learn's on average; more rows later move the centres on."""
    x, w = blobs(k, 6000, 4, k, spread)
    inertia = lambda centres: ((x[:, None] - centres[None]) ** 2).sum(2).min(1).sum()
    mine = [inertia(Model("mini_batch_kmeans", seed=s, n_clusters=k).fit(x).arrays["cluster_centers"])
            for s in range(8)]
    theirs = [MiniBatchKMeans(k, random_state=s, n_init=3).fit(x).inertia_ for s in range(8)]
    assert np.mean(mine) < np.mean(theirs) * 1.1
    model = Model("mini_batch_kmeans", n_clusters=k).fit(x[:2000], weight=w[:2000])
    before = inertia(model.arrays["cluster_centers"])
    for begin in range(2000, 6000, 1000):
        model.update(x[begin:begin + 1000])
    assert inertia(model.arrays["cluster_centers"]) <= before * 1.01


@pytest.mark.parametrize("k", [2, 3, 5, 8])
def test_how_many(k):
    """Well-separated clusters are counted right, and the curve is that of single fits."""
    rng = np.random.default_rng(k)
    x = np.eye(8)[rng.integers(0, k, 1200)] * 20 + rng.normal(size=(1200, 8))
    report = Model("kmeans", n_clusters="auto", n_init=5).fit(x).report
    assert report["n_clusters"] == k and len(report["tried"]) == 9
    one = Model("kmeans", n_clusters=4, n_init=5).fit(x).report["inertia"]
    np.testing.assert_allclose(report["tried"][2]["inertia"], one, rtol=1e-12)
    if k > 2:
        assert report["elbow"] == k
