"""hone's Python classes beside scikit-learn's, asked by the same lines: methods whose jobs need no more than that."""
from common import *

SHARE = Measure("share", "share found", exact=True)
R2 = Measure("r2", "R2", exact=True)


def asked(make, packaged, ask, quality):
    """make(part) gives the estimator; part("ensemble") is a module of the package. Fits, asks, judges the answers."""
    def run(d):
        from importlib import import_module
        x, y, xt, yt = load(d, "X", "y", "Xt", "yt")
        own = make(lambda part="": python_package() if packaged == "hone" else import_module(f"{packaged}.{part}"))
        _, fit = timed(own.fit, x, y)
        answers, predict = timed(getattr(own, ask), xt)
        names = {"sklearn": "scikit-learn", "sklearnex": "scikit-learn-intelex"}
        return {"version": version(names[packaged]) if packaged in names else hone_version(), "fit": fit,
                "predict": predict, "peak": peak_mb(), **quality(yt, answers)}
    return run


def job(name, title, what, data, ask, measure, quality, hone, sklearn, sklearnex=None):
    peers = {"hone": asked(hone, "hone", ask, quality), "scikit-learn": asked(sklearn, "sklearn", ask, quality)}
    if sklearnex:
        peers["scikit-learn-intelex"] = asked(sklearnex, "sklearnex", ask, quality)
    seconds = PREDICT if ask.startswith(("predict", "decision")) else Measure("predict", f"{ask} s", "less")
    return Job(name, title, what, data, peers, [FIT, seconds, PEAK] + ([measure] if measure else []))


# ---- quality -------------------------------------------------------------------------------------

def accuracy(y, answers):
    return {"accuracy": float((answers == y).mean())}


def r2(y, answers):
    import numpy as np
    return {"r2": float(1 - ((y - answers) ** 2).sum() / ((y - y.mean(0)) ** 2).sum())}


def found(y, score):
    """Of the odd rows the share among as many rows of the lowest score."""
    import numpy as np
    return {"share": float(y[np.argsort(score, kind="stable")[:int(y.sum())]].mean())}


def unjudged(y, answers):
    return {}


# ---- data ----------------------------------------------------------------------------------------

def counts(most, rows=200_000, columns=100, classes=5):
    """Counts up to `most` with rates that differ by class."""
    def make():
        import numpy as np
        r = np.random.default_rng(most)
        n = scale(rows)
        rate = r.gamma(1, 1, (classes, columns))
        y = r.integers(0, classes, 2 * n)
        x = np.minimum(r.poisson(rate[y]), most).astype(np.float64)
        return x[:n], y[:n], x[n:], y[n:]
    return lambda: arrays(f"counts-{most}", make)


def odd(rows):
    """Normal columns that depend on each other; one row in fifty is from further out, and has y = 1."""
    def make():
        import numpy as np
        r = np.random.default_rng(8)
        n, p = scale(rows), 20
        x = r.standard_normal((2 * n, p)) @ (np.eye(p) + 0.2 * r.standard_normal((p, p)))
        y = (r.random(2 * n) < 0.02).astype(np.int64)
        x[y == 1] *= 1.8
        return x[:n], y[:n], x[n:], y[n:]
    return lambda: arrays(f"odd-{rows}", make)


def several(rows=50_000, columns=30, targets=5):
    """Numbers, each of which depends on the columns and on the one before it."""
    def make():
        import numpy as np
        r = np.random.default_rng(9)
        n = scale(rows)
        x = r.standard_normal((2 * n, columns))
        y = x @ r.standard_normal((columns, targets)) + r.standard_normal((2 * n, targets))
        y[:, 1:] += np.sin(y[:, :-1])
        return x[:n], y[:n], x[n:], y[n:]
    return lambda: numbers(f"several-{rows}", make)


def numbers(name, make):
    """X, y, Xt, yt of make(), as .npy alone."""
    def write(folder):
        import numpy as np
        for key, value in zip(("X", "y", "Xt", "yt"), make()):
            np.save(folder / key, value)
    folder = made(name, write)
    return {key: folder / f"{key}.npy" for key in ("X", "y", "Xt", "yt")}


def half_labelled():
    def make():
        import numpy as np
        x, y, xt, yt = collider_classes(scale(20_000), scale(20_000), 31)
        y[np.random.default_rng(1).random(len(y)) < 0.5] = -1
        return x, y, xt, yt
    return numbers("half-labelled", make)


def waves(rows):
    def make():
        import numpy as np
        r = np.random.default_rng(10)
        n = scale(rows)
        x = r.standard_normal((2 * n, 20))
        y = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + 0.3 * r.standard_normal(2 * n)
        return x[:n], y[:n], x[n:], y[n:]
    return lambda: numbers(f"wave-numbers-{rows}", make)


def gaps():
    """Columns of different scales, one number in twenty missing."""
    def make():
        import numpy as np
        r = np.random.default_rng(11)
        n = scale(500_000)
        x = r.standard_normal((n, 30)) * np.exp(r.standard_normal(30)) + 10 * r.standard_normal(30)
        y = np.zeros(n)
        full = x.copy()
        x[r.random(x.shape) < 0.05] = np.nan
        return x, y, full, y
    return numbers("gaps", make)


def whole():
    d = gaps()
    return {**d, "X": d["Xt"]}


def few(d):
    """The first 4,000 rows of each."""
    def make():
        return [a[:scale(4_000)] for a in load(d, "X", "y", "Xt", "yt")]
    return numbers("half-labelled-4k", make)


ROWS = "Predict is as many held-out rows."


def bayes(name, title, cls, most):
    return job(name, f"{title}, 200,000 x 100", f"Counts up to {most}, 5 classes. {ROWS}", counts(most), "predict",
               ACCURACY, accuracy, lambda part: getattr(part(), cls)(n_jobs=THREADS),
               lambda part: getattr(part("naive_bayes"), cls)())


def entwined(rows=50_000, columns=20):
    """Columns that hang together, one number in ten missing in both parts."""
    def make():
        import numpy as np
        r = np.random.default_rng(12)
        n = scale(rows)
        x = r.standard_normal((2 * n, 6)) @ r.standard_normal((6, columns)) + 0.3 * r.standard_normal((2 * n, columns))
        x[r.random(x.shape) < 0.1] = np.nan
        y = np.zeros(n)
        return x[:n], y, x[n:], y
    return lambda: numbers(f"entwined-{rows}", make)


def step(name, title, what, data, hone, sklearn):
    return job(name, title, what, data, "transform", None, unjudged, hone, sklearn)


JOBS = [
    bayes("multinomial-bayes", "Multinomial naive Bayes", "MultinomialNB", 30),
    bayes("complement-bayes", "Complement naive Bayes", "ComplementNB", 30),
    bayes("bernoulli-bayes", "Bernoulli naive Bayes", "BernoulliNB", 1),
    bayes("categorical-bayes", "Categorical naive Bayes", "CategoricalNB", 5),
    job("one-class-svm", "One-class SVM, 10,000 x 20, rbf", f"nu 0.05, gamma scale. {ROWS}", odd(10_000),
        "decision_function", SHARE, found, lambda part: part().OneClassSVM(nu=0.05, n_jobs=THREADS),
        lambda part: part("svm").OneClassSVM(nu=0.05)),
    job("elliptic-envelope", "Elliptic envelope, 20,000 x 20", f"Minimum covariance determinant. {ROWS}", odd(20_000),
        "decision_function", SHARE, found,
        lambda part: part().EllipticEnvelope(contamination=0.02, random_state=1, n_jobs=THREADS),
        lambda part: part("covariance").EllipticEnvelope(contamination=0.02, random_state=1)),
    job("svr", "Kernel SVM for numbers, 10,000 x 20, rbf", f"C 1, epsilon 0.1, gamma scale. {ROWS}", waves(10_000),
        "predict", R2, r2, lambda part: part().SVR(n_jobs=THREADS), lambda part: part("svm").SVR(),
        lambda part: part("svm").SVR()),
    job("voting", "Voting, 20,000 x 28, binary", f"Logistic regression, Gaussian Bayes and a tree of depth 8. {ROWS}",
        lambda: arrays("collider-20k", lambda: collider_classes(scale(20_000), scale(20_000), 31)), "predict", ACCURACY,
        accuracy, lambda part: part().VotingClassifier(estimators=[
            ("line", part().LogisticRegression()), ("bayes", part().GaussianNB()),
            ("tree", part().DecisionTreeClassifier(max_depth=8))], voting="soft", n_jobs=THREADS),
        lambda part: part("ensemble").VotingClassifier([
            ("line", part("linear_model").LogisticRegression()), ("bayes", part("naive_bayes").GaussianNB()),
            ("tree", part("tree").DecisionTreeClassifier(max_depth=8))], voting="soft", n_jobs=THREADS)),
    job("multi-output", "Several targets, 50,000 x 30 to 5", f"A ridge regression each. {ROWS}", several(), "predict",
        R2, r2, lambda part: part().MultiOutputRegressor(estimator=part().Ridge(), n_jobs=THREADS),
        lambda part: part("multioutput").MultiOutputRegressor(part("linear_model").Ridge(), n_jobs=THREADS)),
    job("chain", "Targets in a chain, 50,000 x 30 to 5", f"Ridge regressions. {ROWS}", several(), "predict", R2, r2,
        lambda part: part().RegressorChain(estimator=part().Ridge(), n_jobs=THREADS),
        lambda part: part("multioutput").RegressorChain(part("linear_model").Ridge())),
    job("self-training", "Self-training, 20,000 x 28, binary", "Half of the rows have no class; logistic regression, "
        f"threshold 0.75. {ROWS}", half_labelled, "predict", ACCURACY, accuracy,
        lambda part: part().SelfTrainingClassifier(estimator=part().LogisticRegression(), n_jobs=THREADS),
        lambda part: part("semi_supervised").SelfTrainingClassifier(part("linear_model").LogisticRegression())),
    job("label-propagation", "Label propagation, 4,000 x 28, 7 neighbours", f"Half of the rows have no class. {ROWS}",
        lambda: few(half_labelled()), "predict", ACCURACY, accuracy,
        lambda part: part().LabelPropagation(kernel="knn", n_jobs=THREADS),
        lambda part: part("semi_supervised").LabelPropagation(kernel="knn", n_jobs=THREADS)),
    step("sparse-projection", "Sparse random projection, 500,000 x 30 to 10", "float64.", whole,
         lambda part: part().SparseRandomProjection(n_components=10, random_state=1, n_jobs=THREADS),
         lambda part: part("random_projection").SparseRandomProjection(10, random_state=1)),
    step("standard-scale", "Standard scale, 500,000 x 30", "float64.", whole,
         lambda part: part().StandardScaler(n_jobs=THREADS), lambda part: part("preprocessing").StandardScaler()),
    step("min-max-scale", "Scale from 0 to 1, 500,000 x 30", "float64.", whole,
         lambda part: part().MinMaxScaler(n_jobs=THREADS), lambda part: part("preprocessing").MinMaxScaler()),
    step("robust-scale", "Robust scale, 500,000 x 30", "Medians and quartiles; float64.", whole,
         lambda part: part().RobustScaler(n_jobs=THREADS), lambda part: part("preprocessing").RobustScaler()),
    step("impute", "Impute means, 500,000 x 30", "One number in twenty is missing; float64.", gaps,
         lambda part: part().Imputer(strategy="mean", n_jobs=THREADS),
         lambda part: part("impute").SimpleImputer(strategy="mean")),
    step("iterative-impute", "Impute by models, 50,000 x 20, 5 rounds",
         "One number in ten is missing; a ridge regression of each column by the others; float64.", entwined(),
         lambda part: part().IterativeImputer(max_iter=5, tolerance=0, n_jobs=THREADS),
         lambda part: part("experimental.enable_iterative_imputer") and part("impute").IterativeImputer(
             part("linear_model").Ridge(), max_iter=5, tol=0)),
]
