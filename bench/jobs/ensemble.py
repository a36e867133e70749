"""Methods made of other methods, and labels that spread: fits of many small models, and what holds them together."""
from common import *


def step(n, n_test, seed):
    """One column, and a target that rises with it, with noise."""
    import numpy as np
    r = np.random.default_rng(seed)
    x = r.standard_normal((n + n_test, 1))
    y = np.floor(2 * x[:, 0]) + r.standard_normal(n + n_test)
    return x[:n], y[:n], x[n:], y[n:]


def rings(n, n_test, seed):
    """Ten columns, two classes on spheres of two sizes; one row in twenty has a class."""
    import numpy as np
    r = np.random.default_rng(seed)
    y = np.arange(n + n_test) % 2
    x = r.standard_normal((n + n_test, 10))
    x *= ((1 + y) / np.linalg.norm(x, axis=1) * (1 + 0.1 * r.standard_normal(n + n_test)))[:, None]
    return x[:n], np.where(r.random(n) < 0.05, y[:n], np.nan), x[n:], y[n:]


def peers(task, kind, make):
    """kind: hone's; make: scikit-learn's, made."""
    def quality(d, p):
        yt, = load(d, "yt")
        return {"rmse": rmse(yt, p)} if task == "regression" else {"auc": auc(yt, p)}

    def hone_(d):
        result, out = train_and_predict(d, task, kind)
        answer = "prediction" if task == "regression" else "probability_1"
        return dict(result, **quality(d, *answers(out, answer)))

    def sklearn(d):
        x, y, xt = load(d, "X", "y", "Xt")
        model = make()
        if task != "regression":
            import numpy as np
            y = np.nan_to_num(y, nan=-1).astype(np.int64)  # rows without a class
        _, fit = timed(model.fit, x, y)
        p, predict = timed(model.predict if task == "regression" else model.predict_proba, xt)
        return {"version": version("scikit-learn"), "fit": fit, "predict": predict, "peak": peak_mb(),
                "size": dumped_megabytes(model), **quality(d, p if task == "regression" else p[:, 1])}

    return {"hone": hone_, "scikit-learn": sklearn}


def ada_boost():
    from sklearn.ensemble import AdaBoostClassifier
    return AdaBoostClassifier(n_estimators=50, random_state=1)


def bagging():
    from sklearn.ensemble import BaggingClassifier
    return BaggingClassifier(n_estimators=20, n_jobs=THREADS, random_state=1)


def stacking():
    from sklearn.ensemble import RandomForestClassifier, StackingClassifier
    from sklearn.linear_model import LogisticRegression
    members = [("line", LogisticRegression()), ("forest", RandomForestClassifier(20, random_state=1))]
    return StackingClassifier(members, n_jobs=THREADS)


def calibrated():
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.linear_model import LogisticRegression
    return CalibratedClassifierCV(LogisticRegression(), method="isotonic", n_jobs=THREADS)


def isotonic():
    from sklearn.isotonic import IsotonicRegression
    return IsotonicRegression(out_of_bounds="clip")


def spreading():
    from sklearn.semi_supervised import LabelSpreading
    return LabelSpreading(gamma=10, max_iter=100)


def collider_20k():
    return arrays("collider-20k", lambda: collider_classes(scale(20_000), scale(20_000), 31))


def job(name, title, what, data, task, kind, make):
    measures = [FIT, PREDICT, WALL, PEAK, SIZE, RMSE if task == "regression" else AUC]
    return Job(name, title, what, data, peers(task, kind, make), measures)


LINE, FOREST = {"logistic": {}}, {"random_forest": {"n_estimators": 20}}
JOBS = [
    job("ada-boost", "AdaBoost, 20,000 x 28, binary", "50 stumps; float32.", collider_20k, "binary",
        {"ada_boost": {"n_estimators": 50}}, ada_boost),
    job("bagging", "Bagging, 20,000 x 28, binary", "20 trees grown until leaves are pure; float32.", collider_20k,
        "binary", {"bagging": {"n_estimators": 20}}, bagging),
    job("stacking", "Stacking, 20,000 x 28, binary", "Logistic regression and a forest of 20 trees, five folds; "
        "float32.", collider_20k, "binary", {"stacking": {"estimators": [LINE, FOREST]}}, stacking),
    job("calibration", "Isotonic calibration, 100,000 x 28, binary", "Logistic regression, five folds; float32.",
        collider_100k, "binary", {"calibrated": {"estimator": LINE, "method": "isotonic"}}, calibrated),
    job("isotonic", "Isotonic regression, 1,000,000 rows", "Predict is 1,000,000 held-out rows.",
        lambda: arrays("step", lambda: step(scale(1_000_000), scale(1_000_000), 32)), "regression", {"isotonic": {}},
        isotonic),
    job("label-spreading", "Label spreading, 5,000 x 10, rbf", "One row in twenty has a class; gamma 10, 100 "
        "iterations at most. Predict is 2,000 new rows.",
        lambda: arrays("rings", lambda: rings(scale(5_000), scale(2_000), 33)), "binary",
        {"label_spreading": {"gamma": 10, "max_iter": 100}}, spreading),
]
