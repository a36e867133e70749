"""Linear models and clusterings of libhone.a in Python, to be compared with scikit-learn's."""
import ctypes
import json
import os
import shlex
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HONE_BUILD_DIR", ROOT / "build"))
BINARY, MULTICLASS, REGRESSION, CLUSTER = 1, 2, 4, 8


class Rows(ctypes.Structure):
    _fields_ = [("n", ctypes.c_int64), ("p", ctypes.c_int64), ("x", ctypes.c_void_p), ("floats", ctypes.c_int32),
                ("y", ctypes.c_void_p), ("weight", ctypes.c_void_p), ("n_classes", ctypes.c_int32),
                ("task", ctypes.c_int32)]


@lru_cache(maxsize=None)
def library():
    """model_bridge.c linked with libhone.a. What the parts under test don't call may stay unresolved."""
    folder = Path(tempfile.mkdtemp(prefix="hone-parity-"))
    command = shlex.split(os.environ.get("CC", "cc")) + [
        "-std=gnu17", "-O1", "-fPIC", "-shared", "-fopenmp", "-D_GNU_SOURCE",
        *(f"-I{ROOT / part}" for part in ("src", "include", ".deps/yyjson")),
        str(ROOT / "tests/parity/model_bridge.c"), str(BUILD / "libhone.a"), "-lm", "-o",
        str(folder / "model_bridge.so")]
    subprocess.run(command, check=True)
    lib = ctypes.CDLL(str(folder / "model_bridge.so"), mode=os.RTLD_LAZY)
    lib.model_new.restype = ctypes.c_void_p
    lib.model_new.argtypes = [ctypes.c_int, ctypes.c_uint64]
    lib.model_seconds.restype = ctypes.c_double
    for name in ("model_error", "model_log", "model_report"):
        getattr(lib, name).restype = ctypes.c_char_p
    return lib


class Model:
    """An estimator with its parameters, fitted by fit(); features are named x0, x1, ..."""

    def __init__(self, kind, threads=1, seed=1, **params):
        self.kind, self.params = kind, params
        self.lib = library()
        self.handle = ctypes.c_void_p(self.lib.model_new(threads, seed))

    def __del__(self):
        self.lib.model_free(self.handle)

    def check(self, status):
        if status != 0:
            raise RuntimeError(self.lib.model_error(self.handle).decode())

    def rows(self, x, y=None, weight=None):
        dtype = np.float32 if x.dtype == np.float32 else np.float64
        keep = [np.ascontiguousarray(x, dtype)]
        keep += [None if v is None else np.ascontiguousarray(v, np.float64) for v in (y, weight)]
        address = [None if v is None else v.ctypes.data for v in keep]
        self.kept = keep
        return Rows(*x.shape, address[0], dtype == np.float32, address[1], address[2], 0, 0)

    def fit(self, x, y=None, weight=None, task=None):
        """y: class indices for a classifier."""
        rows = self.rows(x, y, weight)
        classes = self.kind == "logistic" or task in (BINARY, MULTICLASS)
        rows.n_classes = int(np.max(y)) + 1 if classes else 0
        rows.task = task or (CLUSTER if y is None else
                             (BINARY if rows.n_classes == 2 else MULTICLASS) if classes else REGRESSION)
        self.outputs = max(rows.n_classes, 1)
        self.check(self.lib.model_fit(self.handle, self.kind.encode(), json.dumps(self.params).encode(),
                                      ctypes.byref(rows)))
        self.seconds = self.lib.model_seconds(self.handle)
        self.log = self.lib.model_log(self.handle).decode()
        self.report = json.loads(self.lib.model_report(self.handle))
        return self

    def answers(self, call, x, columns):
        out = np.empty((len(x), columns))
        rows = self.rows(x)
        self.check(call(self.handle, ctypes.byref(rows), ctypes.c_void_p(out.ctypes.data)))
        return out

    def predict(self, x):
        out = self.answers(self.lib.model_predict, x, self.outputs)
        return out if self.outputs > 1 else out[:, 0]

    def transform(self, x, columns):
        return self.answers(self.lib.model_transform, x, columns)

    def importances(self, p):
        out = np.empty(p)
        self.check(self.lib.model_importances(self.handle, ctypes.c_void_p(out.ctypes.data)))
        return out

    @property
    def coef(self):
        """[p], or [classes, p]."""
        c = self.report["coefficients"]
        return np.array([list(row.values()) for row in c] if isinstance(c, list) else list(c.values()))

    @property
    def intercept(self):
        return np.array(self.report["intercept"])
