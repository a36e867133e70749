"""Clusterings against scikit-learn's: the same clusters up to their numbers where they are unique."""
import warnings

import numpy as np
import pytest
from models import Model
from shared_data import classes, numbers, scaled
from scipy.sparse.csgraph import laplacian
from sklearn.cluster import DBSCAN, HDBSCAN, AgglomerativeClustering, SpectralClustering
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

REAL = ["iris", "wine", "breast_cancer", "penguins", "diabetes", "boston", "concrete"]


def real(name):
    """Scaled, without repeated rows: those make ties."""
    x = (classes if name in ("iris", "wine", "breast_cancer", "penguins") else numbers)(name)[0]
    x = np.unique(scaled(x)[:, x.std(0) > 0], axis=0)
    order = np.random.default_rng(0).permutation(len(x))
    return x[order]


def blobs(seed, n=900, p=4, k=5, spread=1.0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-10, 10, (k, p))[rng.integers(0, k, n)] + spread * rng.normal(size=(n, p)) + 50


def same(mine, theirs):
    """Equal up to the clusters' numbers, -1 being -1."""
    mine, theirs = np.asarray(mine, int), np.asarray(theirs, int)
    assert np.array_equal(mine < 0, theirs < 0)
    pairs = set(zip(mine, theirs))
    assert len(pairs) == len(set(mine)) == len(set(theirs))


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev", "cosine"])
def test_dbscan(metric):
    rng = np.random.default_rng(1)
    for x in [real(name) for name in REAL] + [blobs(1), blobs(2, 3000, 2, 20, 0.3), rng.integers(1, 9, (500, 2)) * 1.0]:
        w = rng.uniform(0, 2, len(x))
        for share in (0.01, 0.1):
            some = x[:200]
            distance = NearestNeighbors(n_neighbors=len(some), metric=metric).fit(some).kneighbors(some)[0]
            eps = np.quantile(distance, share) + 1e-7
            for weight in (None, w):
                theirs = DBSCAN(eps=eps, metric=metric).fit(x, sample_weight=weight)
                mine = Model("dbscan", threads=2, eps=eps, metric=metric).fit(x, weight=weight)
                assert np.array_equal(mine.arrays["labels"], theirs.labels_)
                assert np.array_equal(mine.arrays["core_sample_indices"], theirs.core_sample_indices_)
                core = theirs.core_sample_indices_
                assert np.array_equal(mine.predict(x[core]), theirs.labels_[core])


def untied():
    """Real and random rows, no two pairs at the same distance."""
    for x in [real(name) for name in REAL] + [blobs(1), blobs(2, 3000, 2, 20, 0.3)]:
        yield x + 1e-4 * np.random.default_rng(5).normal(size=x.shape)


@pytest.mark.parametrize("params", [{}, {"cluster_selection_method": "leaf"}, {"min_cluster_size": 12},
                                    {"allow_single_cluster": True}, {"max_cluster_size": 60},
                                    {"min_cluster_size": 20, "cluster_selection_method": "leaf"}])
def test_hdbscan(params):
    """One sample: no two distances are equal, and the answer is unique. More: edges of a row weigh alike, and who
    comes first decides about a few rows (scikit-learn's own algorithms differ there)."""
    alike = []
    for x in untied():
        theirs = HDBSCAN(copy=True, min_samples=1, **params).fit(x)
        mine = Model("hdbscan", threads=2, min_samples=1, **params).fit(x)
        same(mine.arrays["labels"], theirs.labels_)
        np.testing.assert_allclose(mine.arrays["probabilities"], theirs.probabilities_, rtol=1e-9)
        inside = mine.arrays["labels"] >= 0
        assert np.array_equal(mine.predict(x)[inside], mine.arrays["labels"][inside])
        theirs = HDBSCAN(copy=True, **params).fit(x)
        mine = Model("hdbscan", threads=2, **params).fit(x)
        alike.append(adjusted_rand_score(mine.arrays["labels"], theirs.labels_))
    assert np.mean(alike) > 0.9


def test_hdbscan_of_the_package():
    package = pytest.importorskip("hdbscan")
    alike = []
    for x in untied():
        for samples in (1, 5):  # the package does not count the row itself
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs = package.HDBSCAN(min_cluster_size=10, min_samples=samples).fit(x)
            mine = Model("hdbscan", threads=2, min_cluster_size=10, min_samples=samples + 1).fit(x)
            alike.append(adjusted_rand_score(mine.arrays["labels"], theirs.labels_))
    assert np.mean(alike) > 0.9


def test_hdbscan_epsilon():
    """scikit-learn 1.9 fails here. A radius beyond all gaps leaves what DBSCAN would: one cluster at most."""
    x = blobs(2, 3000, 2, 20, 0.3)
    found = [Model("hdbscan", cluster_selection_epsilon=e).fit(x).report["n_clusters"] for e in (0, 0.3, 1, 3, 50)]
    assert found == sorted(found, reverse=True) and 15 <= found[1] <= 20 and found[-1] <= 2


@pytest.mark.parametrize("linkage", ["ward", "complete", "average", "single"])
def test_agglomerative(linkage):
    for x in untied():
        theirs = AgglomerativeClustering(n_clusters=4, linkage=linkage, compute_distances=True).fit(x)
        mine = Model("agglomerative", n_clusters=4, linkage=linkage).fit(x)
        np.testing.assert_allclose(mine.arrays["distances"], theirs.distances_, rtol=1e-9)
        assert np.array_equal(np.sort(mine.arrays["children"], 1), np.sort(theirs.children_, 1))
        same(mine.arrays["labels"], theirs.labels_)
        assert np.array_equal(mine.predict(x), mine.arrays["labels"])
        height = np.median(theirs.distances_) * (1 + 1e-6)
        theirs = AgglomerativeClustering(n_clusters=None, distance_threshold=height, linkage=linkage).fit(x)
        mine = Model("agglomerative", distance_threshold=height, linkage=linkage).fit(x)
        same(mine.arrays["labels"], theirs.labels_)
    theirs = AgglomerativeClustering(3, linkage="average", metric="manhattan").fit(x)
    same(Model("agglomerative", n_clusters=3, linkage="average", metric="manhattan").fit(x).arrays["labels"],
         theirs.labels_)


def test_distances_given():
    """Clusterings of distances that were measured before; new rows come as their distances to the old."""
    from scipy.spatial.distance import cdist
    for x in untied():
        x = x[:500]
        square = cdist(x, x, "cityblock")
        eps = np.quantile(square, 0.03)
        theirs = DBSCAN(eps=eps, metric="precomputed").fit(square)
        mine = Model("dbscan", threads=2, eps=eps, metric="precomputed").fit(square)
        assert np.array_equal(mine.arrays["labels"], theirs.labels_)
        core = theirs.core_sample_indices_
        assert np.array_equal(mine.predict(square[core]), theirs.labels_[core])
        for linkage in ("complete", "average", "single"):
            theirs = AgglomerativeClustering(4, metric="precomputed", linkage=linkage).fit(square)
            mine = Model("agglomerative", n_clusters=4, metric="precomputed", linkage=linkage).fit(square)
            same(mine.arrays["labels"], theirs.labels_)
            assert np.array_equal(mine.predict(square), mine.arrays["labels"])
        theirs = HDBSCAN(copy=True, min_samples=1, metric="precomputed").fit(square)
        same(Model("hdbscan", min_samples=1, metric="precomputed").fit(square).arrays["labels"], theirs.labels_)


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_mixture_is_a_fixed_point(kind):
    """Where one ends, the other stays; and all figures agree there."""
    for x in [real(name) for name in REAL] + [blobs(1)]:
        k = 3
        mine = Model("gaussian_mixture", n_components=k, covariance_type=kind, tolerance=1e-11, max_iter=3000,
                     reg_covar=1e-4).fit(x)
        a = mine.arrays
        precisions = {"full": lambda p: p @ p.transpose(0, 2, 1), "tied": lambda p: p @ p.T}.get(kind, np.square)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = GaussianMixture(k, covariance_type=kind, tol=0, max_iter=1, reg_covar=1e-4,
                                     weights_init=a["weights"] / a["weights"].sum(), means_init=a["means"],
                                     precisions_init=precisions(a["precisions_cholesky"])).fit(x)
        if not mine.report["converged"]:
            continue
        np.testing.assert_allclose(a["lower_bound"], theirs.lower_bound_, rtol=1e-8)
        np.testing.assert_allclose(a["means"], theirs.means_, rtol=1e-3, atol=1e-3)
        theirs.means_, theirs.weights_ = a["means"], a["weights"]
        theirs.covariances_, theirs.precisions_cholesky_ = a["covariances"], a["precisions_cholesky"]
        np.testing.assert_allclose(mine.transform(x), theirs.predict_proba(x), rtol=1e-6, atol=1e-9)
        assert np.array_equal(mine.predict(x), theirs.predict(x))
        np.testing.assert_allclose([a["bic"], a["aic"]], [theirs.bic(x), theirs.aic(x)], rtol=1e-9)


def test_mixture_finds_what_is_there():
    x = blobs(7, 1500, 3, 4, 0.5)
    for kind in ["full", "tied", "diag", "spherical"]:
        theirs = GaussianMixture(4, covariance_type=kind, n_init=5, random_state=0).fit(x)
        mine = Model("gaussian_mixture", n_components=4, covariance_type=kind, n_init=5).fit(x)
        np.testing.assert_allclose(mine.arrays["lower_bound"], theirs.lower_bound_, atol=1e-3)
        assert adjusted_rand_score(mine.predict(x), theirs.predict(x)) > 0.999


def test_refusals():
    x = blobs(1, 50)
    for kind, params, text in [("gaussian_mixture", {"n_components": 60}, "n_components|60 components"),
                               ("agglomerative", {"metric": "cosine"}, "ward"),
                               ("hdbscan", {"min_samples": 51}, "min_samples"),
                               ("dbscan", {"eps": 0}, "eps")]:
        with pytest.raises(RuntimeError, match=text):
            Model(kind, **params).fit(x)
    same_row = np.ones((20, 3))
    assert (Model("dbscan").fit(same_row).arrays["labels"] == 0).all()
    assert len(Model("agglomerative").fit(same_row).arrays["labels"]) == 20


@pytest.mark.parametrize("affinity", ["rbf", "nearest_neighbors"])
def test_spectral(affinity):
    """Clusters that are there: rings, and blobs; and the graph's eigenvalues."""
    rng = np.random.default_rng(3)
    angle, ring = rng.uniform(0, 2 * np.pi, 900), rng.integers(0, 3, 900)
    rings = (ring + 1)[:, None] * np.c_[np.cos(angle), np.sin(angle)] + 0.04 * rng.normal(size=(900, 2))
    for x, k, gamma in [(rings, 3, 60), (blobs(4, 1200, 3, 5, 0.5), 5, 0.5), (blobs(5, 300, 2, 3, 0.5), 3, 0.5)]:
        theirs = SpectralClustering(k, affinity=affinity, gamma=gamma, random_state=0).fit(x)
        mine = Model("spectral", threads=2, n_clusters=k, affinity=affinity, gamma=gamma).fit(x)
        assert adjusted_rand_score(mine.arrays["labels"], theirs.labels_) > 0.99
        wanted = 1 - np.sort(np.linalg.eigvalsh(np.asarray(laplacian(
            theirs.affinity_matrix_.toarray() if affinity != "rbf" else theirs.affinity_matrix_, normed=True))))[:k]
        np.testing.assert_allclose(mine.arrays["eigenvalues"], wanted, atol=1e-7)
