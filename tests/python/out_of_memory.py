"""The process of test_out_of_memory.py: NAME and a table of penguins. Prints how often an allocation failed and how often
that was told."""

import ctypes
import gc
import json
import sys
import warnings

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

import hone
from hone._data import table
from hone.model_selection import StratifiedKFold

SHIM = ctypes.CDLL(None)
SHIM.failing_set.restype = ctypes.c_long
SHIM.failing_watch.argtypes = [ctypes.c_size_t] * 2
EACH, FURTHER = 50, 30  # all of the first ones, then so many between there and the last


def watch():
    """Where the extension lies."""
    with open("/proc/self/maps") as maps:
        ranges = [line.split()[0] for line in maps if "_core" in line and "hone" in line]
    places = [int(end, 16) for span in ranges for end in span.split("-")]
    SHIM.failing_watch(min(places), max(places))


def make(path):
    """What can be done, by name: functions whose results can be compared."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 3))
    x[5, 1] = np.nan
    y = np.arange(60) % 3
    full = np.nan_to_num(x)
    frame = pa.table({"a": x[:, 0], "b": x[:, 1], "c": np.array(["red", "green", None])[y].tolist(), "y": (x[:, 0] > 0).tolist()})
    recipe = {"roles": {"target": "y"}, "seed": 1}
    model = hone.train(frame, recipe=recipe, threads=1)
    forest = hone.RandomForestClassifier(n_estimators=3, n_jobs=1, random_state=1).fit(full, y)
    scaler = hone.StandardScaler(n_jobs=1).fit(full)
    stored = model.to_bytes()
    as_arrow = lambda t: [c.to_pylist() for c in pa.table(t).columns]

    def updated():
        one = hone.GaussianNB(n_jobs=1)
        one.partial_fit(full[:30], y[:30], classes=[0, 1, 2])
        return one.partial_fit(full[30:], y[30:]).predict(full).tolist()

    return {
        "matrix": lambda: table(full).hash() + table(full.astype(int)).hash(),
        "sparse": lambda: hone.Ridge(n_jobs=1).fit(sp.csr_matrix(full), y).predict(full).tolist(),
        "arrow": lambda: table(frame).hash(),
        "read": lambda: as_arrow(hone.read(path)),
        "train": lambda: hone.train(frame, recipe=recipe, threads=1).to_bytes(),
        "predict": lambda: as_arrow(model.predict(frame)),
        "rows": lambda: model.predict_json([{"a": 1.5, "b": None, "c": "red"}, {"a": -2, "b": 0.5, "c": "blue"}]),
        "bytes": lambda: hone.Model.from_bytes(stored).describe()["schema"],
        "fit": lambda: hone.GradientBoostingClassifier(n_estimators=3, n_jobs=2).fit(x, y).predict_proba(x).tolist(),
        "answers": lambda: forest.predict_proba(full).tolist() + forest.predict(full[:1]).tolist(),
        "transform": lambda: scaler.transform(full).tolist() + hone.PCA(n_components=2, n_jobs=1).fit_transform(full).tolist(),
        "update": updated,
        "profile": lambda: json.dumps({k: v for k, v in hone.profile(frame, threads=1).numbers.items()}, sort_keys=True),
        "split": lambda: [part.tolist() for pair in StratifiedKFold(3).split(full, y) for part in pair],
    }


def indices(calls):
    first = range(1, min(EACH, calls) + 1)
    return [*first, *range(EACH + 1, calls + 1, max(1, (calls - EACH) // FURTHER))]


def once(work, wanted, n, always):
    """Whether it was told that memory ran out. A result must be the right one."""
    SHIM.failing_set(n, always)
    try:
        result = work()
    except MemoryError as error:
        SHIM.failing_set(0, 0)
        assert "memory" in str(error) or not isinstance(error, hone.Error), error
        return True
    finally:
        SHIM.failing_set(0, 0)
    assert result == wanted, f"other answers after allocation {n} failed"
    return False


def main(name, path):
    warnings.simplefilter("ignore")
    watch()
    work = make(path)[name]
    wanted = work()
    assert work() == wanted
    SHIM.failing_set(0, 0)
    work()
    calls = SHIM.failing_set(0, 0)
    tried = told = 0
    for n in indices(calls):
        for always in (0, 1):
            told += once(work, wanted, n, always)
            tried += 1
        assert work() == wanted, f"it does not work after allocation {n} failed"
    gc.collect()
    print(tried, told)


main(*sys.argv[1:])
