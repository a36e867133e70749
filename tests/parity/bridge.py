"""The metrics and steps of libhone.a in Python, to be compared with scikit-learn's."""
import ctypes
import json
import os
import shlex
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from program import BUILD, ROOT

TASKS = {"binary": 1, "multiclass": 2, "regression": 4, "cluster": 8}
DOUBLES = ctypes.POINTER(ctypes.c_double)


@lru_cache(maxsize=None)
def library():
    """bridge.c linked with libhone.a. What the parts under test don't call may stay unresolved."""
    folder = Path(tempfile.mkdtemp(prefix="hone-parity-"))
    command = shlex.split(os.environ.get("CC", "cc")) + [
        "-std=gnu17", "-O1", "-fPIC", "-shared", "-fopenmp-simd", "-D_GNU_SOURCE",
        *(f"-I{ROOT / folder}" for folder in ("src", "include", ".deps/yyjson")),
        str(ROOT / "tests/parity/bridge.c"), str(BUILD / "libhone.a"), "-lm", "-o", str(folder / "bridge.so")]
    subprocess.run(command, check=True)
    lib = ctypes.CDLL(str(folder / "bridge.so"), mode=os.RTLD_LAZY)
    lib.bridge_new.restype = ctypes.c_void_p
    for name in ("bridge_error", "bridge_column"):
        getattr(lib, name).restype = ctypes.c_char_p
    lib.bridge_columns.restype = ctypes.c_int64
    return lib


def doubles(values):
    """A contiguous array of doubles (kept alive by the caller) and its address."""
    if values is None:
        return None, None
    array = np.ascontiguousarray(values, dtype=np.float64)
    return array, array.ctypes.data_as(DOUBLES)


class Bridge:
    """One ctx with what was made in it."""

    def __init__(self, threads=1):
        self.lib = library()
        self.handle = ctypes.c_void_p(self.lib.bridge_new(threads))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lib.bridge_free(self.handle)

    def check(self, status):
        if status != 0:
            raise RuntimeError(self.lib.bridge_error(self.handle).decode())


def metric(name, task, y, label=None, value=None, proba=None, weight=None, x=None):
    """A metric's value on given answers; x: the features that clusters are made of."""
    classes = 0 if proba is None else proba.shape[1]
    arrays = [doubles(a) for a in (y, label, value, proba, weight)]
    result = ctypes.c_double()
    with Bridge() as b:
        columns = [] if x is None else [doubles(column) for column in np.asarray(x).T]
        if columns:
            b.lib.bridge_rows(b.handle, 0, ctypes.c_int64(len(x)), len(columns))
        for j, (_, pointer) in enumerate(columns):
            b.check(b.lib.bridge_numbers(b.handle, 0, f"x{j}".encode(), pointer))
        b.check(b.lib.bridge_metric(b.handle, name.encode(), TASKS[task],
                                    ctypes.c_int64(len(label if y is None else y)), classes,
                                    *(pointer for _, pointer in arrays), ctypes.byref(result)))
    return result.value


def step(name, train, test=None, **params):
    """A step fitted on train and applied to test: columns by name. A column is an array of floats, or
    a list of texts (None: missing). Returns {name: values} in order."""
    test = train if test is None else test
    keep = []
    with Bridge() as b:
        for which, table in enumerate((train, test)):
            rows = len(next(iter(table.values())))
            b.lib.bridge_rows(b.handle, which, ctypes.c_int64(rows), len(table))
        for column in train:
            if isinstance(train[column], list):
                texts = [(ctypes.c_char_p * len(table[column]))(
                    *(None if text is None else text.encode() for text in table[column]))
                    for table in (train, test)]
                keep.append(texts)
                b.check(b.lib.bridge_texts(b.handle, column.encode(), *texts))
                continue
            for which, table in enumerate((train, test)):
                array, pointer = doubles(table[column])
                keep.append(array)
                b.check(b.lib.bridge_numbers(b.handle, which, column.encode(), pointer))
        b.check(b.lib.bridge_step(b.handle, name.encode(), json.dumps(params).encode()))
        result = {}
        for j in range(b.lib.bridge_columns(b.handle)):
            values = np.empty(rows)
            label = b.lib.bridge_column(b.handle, j, values.ctypes.data_as(DOUBLES)).decode()
            assert label not in result
            result[label] = values
        return result
