"""One row at a time inside a process: JSON object in, probability out."""
import mixed
from common import *


def hone_(kind):
    def peer(d):
        r = native("row", mixed.hone_model(d, kind), d["rows"], 0.6 if QUICK else 2)
        return {"version": hone_version(), "median": 1e6 * r["median"], "p99": 1e6 * r["p99"], "peak": r["peak"]}
    return peer


def sklearn(kind):
    def peer(d):
        import pandas as pd
        import sklearn
        model = mixed.sklearn_model(d, kind)
        r = each_call(lambda text: json.dumps({"probability": model.predict_proba(pd.DataFrame([json.loads(text)]))[0, 1]}), mixed.rows(d))
        return dict(r, version=sklearn.__version__, peak=peak_mb())
    return peer


def lightgbm(d):
    import lightgbm as lgb
    model, frame = mixed.lightgbm_model(d)
    r = each_call(lambda text: json.dumps({"probability": model.predict(frame([json.loads(text)]), num_threads=1)[0]}), mixed.rows(d))
    return dict(r, version=lgb.__version__, peak=peak_mb())


def lightgbm_array(d):
    """Only the trees: the row is numbers already and stays an array."""
    import lightgbm as lgb
    model, frame = mixed.lightgbm_model(d)
    t = frame([json.loads(text) for text in mixed.rows(d)])
    t = t.assign(**{c: t[c].cat.codes for c in mixed.CATEGORIES}).to_numpy(float)
    return dict(each_call(lambda row: model.predict(row, num_threads=1), [t[i:i + 1] for i in range(len(t))]), version=lgb.__version__, peak=peak_mb())


def lightgbm_c(d):
    """Only the trees, by the C API's fast entry for one row."""
    import ctypes as c
    import lightgbm as lgb
    import numpy as np
    model, frame = mixed.lightgbm_model(d)
    folder = scratch()
    model.save_model(folder / "m.txt")
    library, booster, fast, n = c.CDLL(lgb.basic._LIB._name), c.c_void_p(), c.c_void_p(), c.c_int()
    t = frame([json.loads(text) for text in mixed.rows(d)])
    t = np.ascontiguousarray(t.assign(**{k: t[k].cat.codes for k in mixed.CATEGORIES}).to_numpy(float))
    assert library.LGBM_BoosterCreateFromModelfile(str(folder / "m.txt").encode(), c.byref(n), c.byref(booster)) == 0
    assert library.LGBM_BoosterPredictForMatSingleRowFastInit(booster, 0, 0, 100, 1, t.shape[1], b"num_threads=1", c.byref(fast)) == 0
    out, length = c.c_double(), c.c_int64()
    call, of_out, of_length = library.LGBM_BoosterPredictForMatSingleRowFast, c.byref(out), c.byref(length)
    return dict(each_call(lambda row: call(fast, row, of_length, of_out), [c.c_void_p(row.ctypes.data) for row in t]), version=lgb.__version__,
                peak=peak_mb())


MEASURES = [Measure("median", "median µs", "less"), Measure("p99", "p99 µs", "less"), PEAK]
WHAT = ("3 categories and 7 numbers, some missing, as a JSON object; parsed, prepared, scored and answered as JSON, one thread, one call after the "
        "other over 1,000 rows. ")
JOBS = [
    Job("row", "One row, gbdt", WHAT + "100 trees of 31 leaves. The peers named 'trees only' neither parse nor encode, and answer a number.", mixed.data,
        {"hone": hone_("gbdt"), "scikit-learn pipeline": sklearn("gbdt"), "LightGBM, DataFrame": lightgbm, "LightGBM, array, trees only": lightgbm_array,
         "LightGBM C API, trees only": lightgbm_c}, MEASURES),
    Job("row-logistic", "One row, logistic regression", WHAT + "Imputed, one-hot encoded and scaled.", mixed.data,
        {"hone": hone_("logistic"), "scikit-learn pipeline": sklearn("logistic")}, MEASURES),
]
