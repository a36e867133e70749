"""Decompositions and layouts on numbers, association rules on baskets: the time to fit, in one process each."""
from common import *

EXPLAINED = Measure("explained", "share explained", exact=True)
ERROR = Measure("apart", "error", exact=True)
TRUST = Measure("trust", "trustworthiness", exact=True)
LOSS = Measure("loss", "divergence", exact=True)
STRESS = Measure("loss", "stress", exact=True)
RULES = Measure("rules", "rules")


def tall(n, p, rank, seed, positive=False):
    """Columns of falling importance with noise."""
    import numpy as np

    def write(folder):
        r = np.random.default_rng(seed)
        parts, weights = r.standard_normal((n, rank)), r.standard_normal((rank, p)) * np.linspace(3, 0.5, rank)[:, None]
        if positive:
            parts, weights = abs(parts), abs(weights)
        x = parts @ weights + 0.5 * abs(r.standard_normal((n, p)))
        np.save(folder / "X", x.astype(np.float32))
    return {"X": made(f"tall-{n}-{p}-{rank}", write) / "X.npy"}


def decomposition(kind, package, peers, params, quality):
    def hone_(d):
        x, = load(d, "X")
        mine, fit = timed(library(kind, **params).fit, x)
        z, transform = timed(mine.transform, x)
        return {"version": hone_version(), "fit": fit, "predict": transform, "peak": peak_mb(),
                **quality(x, z, mine.arrays)}

    def peer(module, name, options):
        def run(d):
            import importlib
            x, = load(d, "X")
            theirs = getattr(importlib.import_module(module), name)(**options)
            _, fit = timed(theirs.fit, x)
            z, transform = timed(theirs.transform, x)
            return {"version": version(package(module)), "fit": fit, "predict": transform, "peak": peak_mb(),
                    **quality(x, z, {"components": theirs.components_})}
        return run

    return {"hone": hone_, **{title: peer(*what) for title, what in peers.items()}}


def package(module):
    return "scikit-learn-intelex" if module.startswith("sklearnex") else "scikit-learn"


def explained(x, z, arrays):
    return {"explained": float(z.astype(float).var(0).sum() / x.astype(float).var(0).sum())}


def rebuilt(x, z, arrays):
    import numpy as np
    return {"apart": float(np.linalg.norm(x - z @ arrays["components"]) / np.linalg.norm(x))}


SKLEARN = "sklearn.decomposition"
TIMES = [FIT, Measure("predict", "transform s", "less"), PEAK]


def digits():
    import numpy as np

    def write(folder):
        path = ROOT.parent / "shared" / "data" / "tabular" / "digits" / "digits.csv"
        x = np.genfromtxt(path, delimiter=",", skip_header=1)[:, :64]
        np.save(folder / "X", x[:scale(len(x) * 2) if QUICK else len(x)])
    return {"X": made("digits", write) / "X.npy"}


def layout(kind, peers, params={}, loss=None):
    """peers: {title: (module, class, package, options)}; loss: the fitted figure to show."""
    def quality(x, y, figure):
        from sklearn.manifold import trustworthiness
        step = max(1, len(x) // 3000)
        found = {"trust": float(trustworthiness(x[::step], y[::step]))}
        return {**found, "loss": float(figure)} if loss else found

    def hone_(d):
        x, = load(d, "X")
        mine, fit = timed(library(kind, **params).fit, x)
        return {"version": hone_version(), "fit": fit, "peak": peak_mb(),
                **quality(x, mine.arrays["embedding"], mine.arrays[loss] if loss else None)}

    def peer(module, name, package, options):
        def run(d):
            import importlib
            import numpy as np
            x, = load(d, "X")
            theirs = getattr(importlib.import_module(module), name)(**options)
            y, fit = timed(theirs.fit_transform if hasattr(theirs, "fit_transform") else theirs.fit, x)
            figure = loss and (getattr(theirs, loss + "_") if hasattr(theirs, loss + "_") else getattr(y, loss))
            return {"version": version(package), "fit": fit, "peak": peak_mb(), **quality(x, np.asarray(y), figure)}
        return run

    return {"hone": hone_, **{title: peer(*what) for title, what in peers.items()}}


def baskets():
    import numpy as np

    def write(folder):
        path = ROOT.parent / "shared" / "data" / "tabular" / "groceries" / "groceries.csv"
        lines = [set(line.strip().split(",")) for line in open(path)]
        items = sorted(set().union(*lines))
        np.save(folder / "X", np.array([[item in line for item in items] for line in lines * (1 if QUICK else 5)]))
    return {"X": made("groceries-5", write) / "X.npy"}


def rules():
    share, sure = 0.002, 0.3

    def mine(kind):
        def run(d):
            x, = load(d, "X")
            found, fit = timed(library(kind, min_support=share, min_confidence=sure).fit, x)
            return {"version": hone_version(), "fit": fit, "peak": peak_mb(), "rules": int(found.arrays["n_rules"])}
        return run

    def mlxtend(d):
        import pandas
        from mlxtend.frequent_patterns import association_rules, fpgrowth
        x, = load(d, "X")
        table = pandas.DataFrame(x)
        found, fit = timed(lambda: association_rules(fpgrowth(table, min_support=share), metric="confidence",
                                                     min_threshold=sure))
        return {"version": version("mlxtend"), "fit": fit, "peak": peak_mb(), "rules": len(found)}

    return {"hone fp_growth": mine("fp_growth"), "hone eclat": mine("eclat"), "mlxtend fpgrowth": mlxtend}


PCA = {"scikit-learn": (SKLEARN, "PCA", {"n_components": 10}),
       "scikit-learn-intelex": ("sklearnex.decomposition", "PCA", {"n_components": 10})}
JOBS = [
    Job("pca", "Principal components, 200,000 x 100, 10 of them", "float32, exact.",
        lambda: tall(scale(200_000), 100, 20, 1), decomposition("pca", package, PCA, {"n_components": 10}, explained),
        [*TIMES, EXPLAINED]),
    Job("nmf", "Non-negative factorisation, 20,000 x 100, 10 parts", "Coordinate descent, 100 rounds.",
        lambda: tall(scale(20_000), 100, 10, 2, True),
        decomposition("nmf", package,
                      {"scikit-learn": (SKLEARN, "NMF", {"n_components": 10, "max_iter": 100, "tol": 0})},
                      {"n_components": 10, "max_iter": 100, "tolerance": 0}, rebuilt), [*TIMES, ERROR]),
    Job("ica", "Independent components, 50,000 x 20, all", "logcosh, tolerance 1e-4.",
        lambda: tall(scale(50_000), 20, 20, 3),
        decomposition("fast_ica", package, {"scikit-learn": (SKLEARN, "FastICA", {"random_state": 0})}, {}, explained),
        TIMES),
    Job("incremental_pca", "Principal components batch by batch, 50,000 x 100, 10 of them", "Batches of 500 rows.",
        lambda: tall(scale(50_000), 100, 20, 4),
        decomposition("incremental_pca", package,
                      {"scikit-learn": (SKLEARN, "IncrementalPCA", {"n_components": 10, "batch_size": 500})},
                      {"n_components": 10, "batch_size": 500}, explained), [*TIMES, EXPLAINED]),
    Job("truncated_svd", "Truncated singular values, 100,000 x 100, 10 of them", "Randomised, 5 rounds.",
        lambda: tall(scale(100_000), 100, 20, 5),
        decomposition("truncated_svd", package,
                      {"scikit-learn": (SKLEARN, "TruncatedSVD", {"n_components": 10, "random_state": 0})},
                      {"n_components": 10}, rebuilt), [*TIMES, ERROR]),
    Job("factor_analysis", "Factor analysis, 50,000 x 50, 5 factors", "Defaults.",
        lambda: tall(scale(50_000), 50, 10, 6),
        decomposition("factor_analysis", package, {"scikit-learn": (SKLEARN, "FactorAnalysis", {"n_components": 5})},
                      {"n_components": 5}, rebuilt), [*TIMES, ERROR]),
    Job("random_projection", "Gaussian random projection, 20,000 x 1,000 to 100", "float32.",
        lambda: tall(scale(20_000), 1_000, 20, 7),
        decomposition("gaussian_random_projection", package,
                      {"scikit-learn": ("sklearn.random_projection", "GaussianRandomProjection",
                                        {"n_components": 100, "random_state": 0})},
                      {"n_components": 100}, lambda x, z, arrays: {}), TIMES),
    Job("tsne", "t-SNE of digits, 1,797 x 64", "Barnes and Hut, defaults.", digits,
        layout("tsne", {"scikit-learn": ("sklearn.manifold", "TSNE", "scikit-learn", {"n_jobs": THREADS}),
                        "openTSNE": ("openTSNE", "TSNE", "openTSNE", {"n_jobs": THREADS})},
               loss="kl_divergence"), [FIT, PEAK, TRUST, LOSS]),
    Job("tsne_many", "t-SNE of many rows, 20,000 x 50", "By interpolation on a grid; scikit-learn has Barnes and Hut only.",
        lambda: tall(scale(20_000), 50, 20, 8),
        layout("tsne", {"openTSNE": ("openTSNE", "TSNE", "openTSNE",
                                     {"n_jobs": THREADS, "negative_gradient_method": "fft"}),
                        "scikit-learn": ("sklearn.manifold", "TSNE", "scikit-learn", {"n_jobs": THREADS})},
               {"method": "interpolation"}, "kl_divergence"), [FIT, PEAK, TRUST, LOSS]),
    Job("mds", "Multidimensional scaling of digits, 1,797 x 64", "From the classical start, 100 steps.", digits,
        layout("mds", {"scikit-learn": ("sklearn.manifold", "MDS", "scikit-learn",
                                        {"n_init": 1, "init": "classical_mds", "max_iter": 100, "eps": 0})},
               {"max_iter": 100, "eps": 0}, "stress"), [FIT, PEAK, STRESS]),
    Job("mds_order", "Non-metric multidimensional scaling of digits, 1,797 x 64", "From the classical start, 20 steps.",
        digits,
        layout("mds", {"scikit-learn": ("sklearn.manifold", "MDS", "scikit-learn",
                                        {"n_init": 1, "init": "classical_mds", "max_iter": 20, "eps": 0,
                                         "metric_mds": False})},
               {"metric_mds": False, "max_iter": 20, "eps": 0}, "stress"), [FIT, PEAK, STRESS]),
    Job("umap", "UMAP of digits, 1,797 x 64", "Defaults; umap-learn is given 2 threads and no seed, and compiles itself "
        "in the time shown.", digits,
        layout("umap", {"umap-learn": ("umap", "UMAP", "umap-learn", {"n_jobs": THREADS})}), [FIT, PEAK, TRUST]),
    Job("rules", "Association rules of the groceries, five times over", "Support 0.002, confidence 0.3; baskets as a "
        "matrix of truths.", baskets, rules(), [FIT, PEAK, RULES]),
]
