"""Nearest neighbours, exact and approximate, as predictors and by themselves; outliers among them."""
from common import *

ERROR = Measure("rmse", "RMSE", exact=True)
RECALL = Measure("recall", "recall", exact=True)
SAME = Measure("same", "rank correlation", exact=True)
TIMES = [FIT, Measure("predict", "ask s", "less"), PEAK]


def noise(n, queries, columns):
    """Correlated columns and a smooth target; all distances differ."""
    import numpy as np
    r = np.random.default_rng(columns)
    x = (r.standard_normal((n + queries, columns)) @ r.standard_normal((columns, columns))).astype(np.float32)
    x /= x.std(0)
    y = np.tanh(x[:, 0]) + 0.1 * r.standard_normal(n + queries)
    return x[:n], y[:n], x[n:], y[n:]


def hone_(d):
    result, out = train_and_predict(d, "regression", {"knn": {"n_neighbors": 10}})
    prediction, = answers(out, "prediction")
    return dict(result, rmse=rmse(load(d, "yt")[0], prediction))


def fitted(d, neighbors, package):
    x, y, xt, yt = load(d, "X", "y", "Xt", "yt")
    model = neighbors.KNeighborsRegressor(10, n_jobs=THREADS)
    _, fit = timed(model.fit, x, y)
    p, predict = timed(model.predict, xt)
    return {"version": version(package), "fit": fit, "predict": predict, "peak": peak_mb(),
            "size": dumped_megabytes(model), "rmse": rmse(yt, p)}


def sklearn_(d):
    import sklearn.neighbors
    return fitted(d, sklearn.neighbors, "scikit-learn")


def intelex(d):
    import sklearnex.neighbors
    return fitted(d, sklearnex.neighbors, "scikit-learn-intelex")


def job(name, rows, queries, columns):
    return Job(name, f"10 nearest neighbours, {rows:,} x {columns}",
               f"Euclidean distance, uniform weights, float32. Predict is {queries:,} other rows, first call.",
               lambda: arrays(f"neighbors-{columns}", lambda: noise(scale(rows), scale(queries), columns)),
               {"hone": hone_, "scikit-learn": sklearn_, "scikit-learn-intelex": intelex},
               [FIT, PREDICT, WALL, PEAK, SIZE, ERROR], warm=True)


# ---- by themselves: arrays in, row numbers out --------------------------------------------------------

def recall(d, rows):
    """The share of the true 10 nearest that were found."""
    import numpy as np
    truth = np.load(d["truth"])
    return float(np.mean([len(set(a) & set(b)) for a, b in zip(rows, truth)]) / 10)


def searched(rows, queries, columns):
    """Clusters on a few directions, as vectors that models make are; and which 10 rows are nearest."""
    import numpy as np

    def write(folder):
        from sklearn.neighbors import NearestNeighbors
        r = np.random.default_rng(columns)
        n, m = scale(rows), scale(queries)
        low = r.standard_normal((200, 16))[r.integers(0, 200, n + m)] + 0.5 * r.standard_normal((n + m, 16))
        x = (low @ r.standard_normal((16, columns)) + 0.3 * r.standard_normal((n + m, columns))).astype(np.float32)
        np.save(folder / "X", x[:n])
        np.save(folder / "Xt", x[n:])
        np.save(folder / "truth", NearestNeighbors(n_neighbors=10).fit(x[:n]).kneighbors(x[n:], return_distance=False))
    folder = made(f"search-{rows}-{columns}", write)
    return {key: folder / f"{key}.npy" for key in ("X", "Xt", "truth")}


def asked(fit, ask, package, d):
    x, q = load(d, "X", "Xt")
    index, seconds = timed(fit, x)
    rows, predict = timed(ask, index, q)
    return {"version": hone_version() if package == "hone" else version(package), "fit": seconds, "predict": predict,
            "peak": peak_mb(), "recall": recall(d, rows)}


def searching(algorithm, **params):
    def run(d):
        mine = library("knn", n_neighbors=10, algorithm=algorithm, **params)
        return asked(lambda x: mine.fit(x, x[:, 0], task="regression"),
                     lambda model, q: model.neighbors(q, 10)[1], "hone", d)
    return run


def faiss_index(make):
    def run(d):
        import faiss
        faiss.omp_set_num_threads(THREADS)

        def fit(x):
            index = make(faiss, x.shape[1])
            index.add(x)
            return index
        return asked(fit, lambda index, q: index.search(q, 10)[1], "faiss-cpu", d)
    return run


def nearest(module, package):
    def run(d):
        import importlib
        kind = importlib.import_module(module).NearestNeighbors
        return asked(lambda x: kind(n_neighbors=10, n_jobs=THREADS).fit(x),
                     lambda model, q: model.kneighbors(q, return_distance=False), package, d)
    return run


def faiss_hnsw(faiss, d):
    index = faiss.IndexHNSWFlat(d, 16)
    index.hnsw.efConstruction, index.hnsw.efSearch = 200, 100
    return index


# ---- predictors on rows that are there, and sparse ones -----------------------------------------------

def tried(name, kind, params, peers, task=None):
    """A kind beside the classes of the same meaning: the answers' rank correlation says that they are."""
    def same(d, answer):
        import numpy as np
        first = np.load(d["first"])
        return float(np.corrcoef(np.argsort(np.argsort(first)), np.argsort(np.argsort(answer)))[0, 1])

    def hone_(d):
        x, y, q = inputs(d)
        mine, fit = timed(library(kind, **params).fit, x, y, None, task)
        p, predict = timed(mine.predict, q)
        p = p if p.ndim == 1 else p[:, 1]
        return {"version": hone_version(), "fit": fit, "predict": predict, "peak": peak_mb(), "same": same(d, p)}

    def peer(module, cls, package, options, method):
        def run(d):
            import importlib
            x, y, q = inputs(d)
            theirs = getattr(importlib.import_module(module), cls)(**options)
            _, fit = timed(theirs.fit, x, y)
            p, predict = timed(getattr(theirs, method), q)
            p = p if p.ndim == 1 else p[:, 1]
            return {"version": version(package), "fit": fit, "predict": predict, "peak": peak_mb(), "same": same(d, p)}
        return run
    return {"hone": hone_, **{title: peer(*what) for title, what in peers.items()}}


def inputs(d):
    import numpy as np
    import scipy.sparse
    read = lambda key: np.load(d[key]) if d[key].suffix == ".npy" else scipy.sparse.load_npz(d[key])
    return read("X"), np.load(d["y"]), read("Xt")


def table(name, rows, queries, columns, answer, sparse=False):
    """X, y of two classes, Xt, and scikit-learn's answers."""
    import numpy as np

    def write(folder):
        import scipy.sparse
        r = np.random.default_rng(columns)
        n, m = scale(rows), scale(queries)
        if sparse:
            x = scipy.sparse.random(n + m, columns, 0.005, "csr", rng=r)
            y = np.asarray(x[:, :columns // 2].sum(1) > x[:, columns // 2:].sum(1)).ravel().astype(int)
            scipy.sparse.save_npz(folder / "X", x[:n]), scipy.sparse.save_npz(folder / "Xt", x[n:])
        else:
            x = r.standard_normal((n + m, columns)).astype(np.float32)
            y = (x[:, 0] + x[:, 1] > 0).astype(int)
            np.save(folder / "X", x[:n]), np.save(folder / "Xt", x[n:])
        np.save(folder / "y", y[:n])
        np.save(folder / "first", answer(x[:n], y[:n], x[n:]))
    folder, end = made(name, write), "npz" if sparse else "npy"
    return {"X": folder / f"X.{end}", "Xt": folder / f"Xt.{end}", "y": folder / "y.npy", "first": folder / "first.npy"}


def answered(cls, method, **options):
    def run(x, y, q):
        import sklearn.neighbors
        p = getattr(getattr(sklearn.neighbors, cls)(**options).fit(x, y), method)(q)
        return p if p.ndim == 1 else p[:, 1]
    return run


N, SK = "sklearn.neighbors", "scikit-learn"
LOF = {"n_neighbors": 20, "novelty": True, "n_jobs": THREADS}
RADIUS = {"radius": 0.35, "n_jobs": THREADS, "outlier_label": "most_frequent"}
SPARSE = {"n_neighbors": 10, "n_jobs": THREADS, "algorithm": "brute", "weights": "distance"}
JOBS = [
    job("neighbors-wide", 50_000, 10_000, 64), job("neighbors-narrow", 200_000, 50_000, 6),
    Job("neighbors-search", "10 nearest neighbours by number, 50,000 x 64, exact",
        "float32 in clusters, 10,000 other rows; all distances.", lambda: searched(50_000, 10_000, 64),
        {"hone": searching("brute"), "scikit-learn": nearest(N, SK),
         "scikit-learn-intelex": nearest("sklearnex.neighbors", "scikit-learn-intelex"),
         "FAISS flat": faiss_index(lambda faiss, d: faiss.IndexFlatL2(d))}, [*TIMES, RECALL]),
    Job("neighbors-hnsw", "10 nearest neighbours by number, 50,000 x 64, HNSW",
        "The same rows; 16 links, 200 candidates when building, 100 when asking.", lambda: searched(50_000, 10_000, 64),
        {"hone": searching("hnsw", links=16, ef_construction=200, ef=100), "FAISS HNSW": faiss_index(faiss_hnsw)},
        [*TIMES, RECALL]),
    Job("neighbors-sparse", "10 nearest neighbours, 20,000 x 2,000, sparse",
        "CSR with 0.5 % filled, weights by distance; predict is 2,000 other rows.",
        lambda: table("sparse-near", 20_000, 2_000, 2_000, answered("KNeighborsClassifier", "predict_proba", **SPARSE), True),
        tried("near", "knn", {"n_neighbors": 10, "weights": "distance"},
              {SK: (N, "KNeighborsClassifier", SK, SPARSE, "predict_proba")}), [*TIMES, SAME]),
    Job("radius-neighbors", "Neighbours within 0.35, 50,000 x 4", "float32; predict is 10,000 other rows.",
        lambda: table("radius", 50_000, 10_000, 4, answered("RadiusNeighborsClassifier", "predict_proba", **RADIUS)),
        tried("radius", "radius_neighbors", {"radius": 0.35, "outlier_label": "most_frequent"},
              {SK: (N, "RadiusNeighborsClassifier", SK, RADIUS, "predict_proba")}), [*TIMES, SAME]),
    Job("nearest-centroid", "Nearest centroid, 200,000 x 50", "float32, two classes; predict is 100,000 other rows.",
        lambda: table("centroid", 200_000, 100_000, 50, answered("NearestCentroid", "decision_function")),
        tried("centroid", "nearest_centroid", {}, {SK: (N, "NearestCentroid", SK, {}, "decision_function")}),
        [*TIMES, SAME]),
    Job("local-outlier-factor", "Local outlier factor, 20,000 x 10", "float32, 20 neighbours; predict is 5,000 other rows.",
        lambda: table("lof", 20_000, 5_000, 10, answered("LocalOutlierFactor", "decision_function", **LOF)),
        tried("lof", "local_outlier_factor", {}, {
            SK: (N, "LocalOutlierFactor", SK, LOF, "decision_function"),
            "scikit-learn-intelex": ("sklearnex.neighbors", "LocalOutlierFactor", "scikit-learn-intelex", LOF,
                                     "decision_function")}, "anomaly"), [*TIMES, SAME]),
]
