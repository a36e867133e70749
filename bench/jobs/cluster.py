"""Clusterings: arrays in, labels out. How alike the answers are to what made the data stands beside the time."""
from common import *

INERTIA = Measure("inertia", "inertia", exact=True)
LIKE = Measure("like", "adjusted Rand", exact=True)
BOUND = Measure("bound", "mean log likelihood", exact=True)
SK, IX = "scikit-learn", "scikit-learn-intelex"


def blobs(rows, columns, clusters, spread):
    import numpy as np

    def write(folder):
        r = np.random.default_rng(rows + columns)
        n = scale(rows)
        truth = r.integers(0, clusters, n)
        x = r.uniform(-10, 10, (clusters, columns))[truth] + spread * r.standard_normal((n, columns))
        np.save(folder / "X", x.astype(np.float32))
        np.save(folder / "truth", truth)
    folder = made(f"blobs-{rows}-{columns}-{clusters}-{spread}", write)
    return {"X": folder / "X.npy", "truth": folder / "truth.npy"}


def like(d, x, labels, centers):
    from sklearn.metrics import adjusted_rand_score
    return {"like": float(adjusted_rand_score(load(d, "truth")[0], labels))}


def inertia(d, x, labels, centers):
    """Of the centres found, all measured alike."""
    import numpy as np
    x, total = x.astype(float), 0.0
    for i in range(0, len(x), 4096):
        part = x[i:i + 4096]
        far = (part ** 2).sum(1)[:, None] - 2 * part @ centers.T + (centers ** 2).sum(1)
        total += far.min(1).sum()
    return {"inertia": total / len(x)}


def of_hone(kind, quality, params):
    def run(d):
        import numpy as np
        x, = load(d, "X")
        mine, fit = timed(library(kind, **params).fit, x)
        peak, found = peak_mb(), mine.arrays
        labels = found["labels"] if "labels" in found else mine.predict(x)
        result = {"version": hone_version(), "fit": fit, "peak": peak}
        centers = np.asarray(found.get("cluster_centers", 0), float)
        return {**result, **(quality(d, x, labels, centers) if quality else {"bound": float(found["lower_bound"])})}
    return run


def of(module, name, package, quality, options):
    def run(d):
        import importlib
        import numpy as np
        x, = load(d, "X")
        theirs = getattr(importlib.import_module(module), name)(**options)
        _, fit = timed(theirs.fit, x)
        result = {"version": version(package), "fit": fit, "peak": peak_mb()}
        if not quality:
            return dict(result, bound=float(theirs.score(x)))
        centers = np.asarray(getattr(theirs, "cluster_centers_", 0), float)
        return {**result, **quality(d, x, theirs.labels_, centers)}
    return run


def faiss_kmeans(clusters, iterations):
    def run(d):
        import faiss
        x, = load(d, "X")
        faiss.omp_set_num_threads(THREADS)
        theirs = faiss.Kmeans(x.shape[1], clusters, niter=iterations, seed=1, max_points_per_centroid=len(x))
        _, fit = timed(theirs.train, x)
        return {"version": version("faiss-cpu"), "fit": fit, "peak": peak_mb(),
                **inertia(d, x, None, theirs.centroids.astype(float))}
    return run


def job(name, title, what, data, kind, quality, params, theirs, measure, intelex=False, **more):
    cls, options = theirs
    module = "sklearn.mixture" if cls == "GaussianMixture" else "sklearn.cluster"
    peers = {"hone": of_hone(kind, quality, params), SK: of(module, cls, SK, quality, options)}
    if intelex:
        peers[IX] = of("sklearnex.cluster", cls, IX, quality, options)
    return Job(name, title, what, lambda: blobs(*data), {**peers, **more}, [FIT, PEAK, measure])


def kmeans(name, rows, columns, k):
    return job(name, f"k-means, {rows:,} x {columns}, {k} clusters",
               "float32, one start by k-means++, 20 iterations; FAISS starts from rows drawn at random.",
               (rows, columns, k, 4.0), "kmeans", inertia, {"n_clusters": k, "max_iter": 20, "tolerance": 0},
               ("KMeans", {"n_clusters": k, "n_init": 1, "max_iter": 20, "tol": 0, "random_state": 1}), INERTIA, True,
               **{"FAISS": faiss_kmeans(k, 20)})


THIN, THICK = (20_000, 3, 30, 0.3), (5_000, 8, 10, 1.0)
JOBS = [
    kmeans("kmeans", 200_000, 32, 10), kmeans("kmeans-many", 100_000, 64, 200),
    job("mini-batch-kmeans", "Mini-batch k-means, 500,000 x 16, 20 clusters", "float32, batches of 1,024, 3 starts.",
        (500_000, 16, 20, 3.0), "mini_batch_kmeans", inertia, {"n_clusters": 20},
        ("MiniBatchKMeans", {"n_clusters": 20, "n_init": 3, "random_state": 1}), INERTIA),
    job("dbscan", "DBSCAN, 100,000 x 3", "float32, eps 0.2, 5 rows.", (100_000, 3, 30, 0.3), "dbscan", like,
        {"eps": 0.2}, ("DBSCAN", {"eps": 0.2, "n_jobs": THREADS}), LIKE, True),
    job("dbscan-wide", "DBSCAN, 20,000 x 20", "float32, eps 5, 5 rows.", (20_000, 20, 30, 1.0), "dbscan", like,
        {"eps": 5}, ("DBSCAN", {"eps": 5, "n_jobs": THREADS}), LIKE, True),
    job("hdbscan", "HDBSCAN, 20,000 x 3", "float32, clusters of 50 rows, 5 samples.", THIN, "hdbscan", like,
        {"min_cluster_size": 50, "min_samples": 5},
        ("HDBSCAN", {"min_cluster_size": 50, "min_samples": 5, "n_jobs": THREADS, "copy": True}), LIKE,
        **{"hdbscan": of("hdbscan", "HDBSCAN", "hdbscan", like,
                         {"min_cluster_size": 50, "min_samples": 5, "core_dist_n_jobs": THREADS})}),
    job("agglomerative", "Agglomerative clustering, ward, 5,000 x 8", "float32, 10 clusters.", THICK, "agglomerative",
        like, {"n_clusters": 10}, ("AgglomerativeClustering", {"n_clusters": 10}), LIKE),
    job("agglomerative-average", "Agglomerative clustering, average, 5,000 x 8", "float32, 10 clusters.", THICK,
        "agglomerative", like, {"n_clusters": 10, "linkage": "average"},
        ("AgglomerativeClustering", {"n_clusters": 10, "linkage": "average"}), LIKE),
    job("spectral", "Spectral clustering, 5,000 x 8", "float32, 10 clusters, 10 nearest neighbours.", THICK, "spectral", like,
        {"n_clusters": 10, "affinity": "nearest_neighbors"},
        ("SpectralClustering", {"n_clusters": 10, "affinity": "nearest_neighbors", "n_jobs": THREADS,
                                "random_state": 1}), LIKE),
    job("gaussian-mixture", "Gaussian mixture, 100,000 x 16, 10 components",
        "float32, full covariances, 20 rounds, one start.", (100_000, 16, 10, 4.0), "gaussian_mixture", None,
        {"n_components": 10, "max_iter": 20, "tolerance": 1e-12, "n_init": 1},
        ("GaussianMixture", {"n_components": 10, "max_iter": 20, "tol": 1e-12, "random_state": 1}), BOUND),
]
