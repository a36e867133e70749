"""One row at a time from Python: what predict costs beside what the model costs."""
from common import *


def data():
    def write(folder):
        import numpy as np
        rng = np.random.default_rng(1)
        x = rng.normal(size=(scale(20000), 20))
        y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=len(x)) > 0).astype(int)
        np.save(folder / "X", x)
        np.save(folder / "y", y)
    folder = made("python-row", write)
    return {key: folder / f"{key}.npy" for key in ("X", "y")}


def peer(package, make):
    def measure(d):
        x, y = load(d, "X", "y")
        model = make().fit(x, y)
        rows = [x[i:i + 1] for i in range(1000)]
        return {"version": version_of(package), **each_call(model.predict, rows), "peak": peak_mb()}
    return measure


def version_of(package):
    return hone_version() if package == "hone" else version(package)


def hone_class(name, **params):
    def make():
        package = python_package()
        return getattr(package, name)(n_jobs=1, **params)
    return peer("hone", make)


def sklearn_class(module, name, **params):
    def make():
        import importlib
        return getattr(importlib.import_module(f"sklearn.{module}"), name)(**params)
    return peer("scikit-learn", make)


MEASURES = [Measure("median", "median µs", "less"), Measure("p99", "p99 µs", "less"), PEAK]
WHAT = "predict of a numpy array of one row and 20 columns, from Python, one call after the other. "
JOBS = [
    Job("python-row-logistic", "One row from Python, logistic regression", WHAT, data,
        {"hone": hone_class("LogisticRegression"),
         "scikit-learn": sklearn_class("linear_model", "LogisticRegression")}, MEASURES),
    Job("python-row-forest", "One row from Python, random forest", WHAT + "100 trees.", data,
        {"hone": hone_class("RandomForestClassifier"),
         "scikit-learn": sklearn_class("ensemble", "RandomForestClassifier")}, MEASURES),
    Job("python-row-gbdt", "One row from Python, boosted trees", WHAT + "100 trees.", data,
        {"hone": hone_class("GradientBoostingClassifier", n_estimators=100, early_stopping="off"),
         "scikit-learn": sklearn_class("ensemble", "HistGradientBoostingClassifier", max_iter=100,
                                       early_stopping=False)}, MEASURES),
]
