"""One row at a time inside a process: JSON object in, probability out."""
import mixed
from common import *


def hone_(kind):
    def peer(d):
        r = native("row", mixed.hone_model(d, kind), d["rows"], 0.6 if QUICK else 2)
        return {"version": hone_version(), "median": 1e6 * r["median"], "p99": 1e6 * r["p99"],
                "peak": r["peak"]}
    return peer


def measured(package, f, items):
    return {"version": version(package), **each_call(f, items), "peak": peak_mb()}


def as_json(answer):
    return lambda text: json.dumps({"probability": answer(json.loads(text))})


def sklearn(kind):
    def peer(d):
        import pandas as pd
        model = mixed.sklearn_model(d, kind)
        return measured("scikit-learn", as_json(
            lambda row: model.predict_proba(pd.DataFrame([row]))[0, 1]), mixed.rows(d))
    return peer


def lightgbm(d):
    model = mixed.LightGBM(d)
    return measured("lightgbm", as_json(
        lambda row: model.predict(model.frame([row]), num_threads=1)[0]), mixed.rows(d))


def lightgbm_array(d):
    model = mixed.LightGBM(d)
    rows = model.codes(mixed.rows(d))
    return measured("lightgbm", lambda row: model.predict(row, num_threads=1),
                    [rows[i:i + 1] for i in range(len(rows))])


def lightgbm_c(d):
    """The C API's fast entry for one row."""
    import ctypes as c
    import lightgbm as lgb
    model = mixed.LightGBM(d)
    rows, path = model.codes(mixed.rows(d)), scratch() / "m.txt"
    model.save_model(path)
    library, booster, fast = c.CDLL(lgb.basic._LIB._name), c.c_void_p(), c.c_void_p()
    trees, length, out = c.c_int(), c.c_int64(), c.c_double()
    name = str(path).encode()
    bad = library.LGBM_BoosterCreateFromModelfile(name, c.byref(trees), c.byref(booster))
    bad = bad or library.LGBM_BoosterPredictForMatSingleRowFastInit(
        booster, 0, 0, 100, 1, rows.shape[1], b"num_threads=1", c.byref(fast))
    if bad:
        raise RuntimeError("LightGBM's C API cannot load its own model")
    call, to = library.LGBM_BoosterPredictForMatSingleRowFast, (c.byref(length), c.byref(out))
    return measured("lightgbm", lambda row: call(fast, row, *to),
                    [c.c_void_p(row.ctypes.data) for row in rows])


MEASURES = [Measure("median", "median µs", "less"), Measure("p99", "p99 µs", "less"), PEAK]
WHAT = ("3 categories and 7 numbers, some missing, as a JSON object; parsed, prepared, scored and "
        "answered as JSON; one thread, one call after the other over 1,000 rows. ")
JOBS = [
    Job("row", "One row, gbdt",
        WHAT + "100 trees of 31 leaves. 'Trees only': numbers in, number out, nothing parsed or "
        "encoded.", mixed.data,
        {"hone": hone_("gbdt"), "scikit-learn pipeline": sklearn("gbdt"),
         "LightGBM, DataFrame": lightgbm, "LightGBM, array, trees only": lightgbm_array,
         "LightGBM, C API, trees only": lightgbm_c}, MEASURES),
    Job("row-logistic", "One row, logistic regression",
        WHAT + "Imputed, one-hot encoded and scaled.", mixed.data,
        {"hone": hone_("logistic"), "scikit-learn pipeline": sklearn("logistic")}, MEASURES),
]
