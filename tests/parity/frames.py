"""Steps on frames with categories, through hone_table_from_arrow."""
import ctypes
import json

import numpy as np
from models import DTYPES, POINTER, Array, Examples, Model, address, catalog


def arrow_table(model, frame):
    """A hone table of a pandas frame (texts as categories) or an Arrow table."""
    import pyarrow
    batch = frame if isinstance(frame, pyarrow.Table) else pyarrow.Table.from_pandas(frame, preserve_index=False)
    batch = pyarrow.RecordBatch.from_struct_array(batch.to_struct_array().combine_chunks()) if (
        isinstance(batch, pyarrow.Table)) else batch
    array, schema = (ctypes.create_string_buffer(128) for _ in range(2))
    batch._export_to_c(*(ctypes.addressof(c) for c in (array, schema)))
    table = POINTER()
    model.check(model.lib.hone_table_from_arrow(model.ctx, array, schema, ctypes.byref(table)))
    return table


def to_frame(model, made):
    import pyarrow
    array, schema = (ctypes.create_string_buffer(128) for _ in range(2))
    pointers = [ctypes.addressof(c) for c in (array, schema)]
    model.check(model.lib.hone_table_to_arrow(model.ctx, made, *pointers))
    return pyarrow.RecordBatch._import_from_c(*pointers).to_pandas()


def examples_of(model, table, y, task):
    """y: class indices, or numbers with the task regression."""
    y = None if y is None else np.ascontiguousarray(y, np.float64)
    tasks = catalog()[model.kind]["tasks"] or catalog()[model.kind].get("target", [])
    if task is None:
        task = "none" if y is None or not tasks else "binary" if y.max() < 2 else "multiclass"
    classes = int(y.max()) + 1 if task in ("binary", "multiclass") else 0
    return Examples(task.encode(), table, address(y), None, None, classes), y


def fit(kind, frame, y=None, task=None, threads=1, seed=1, **params):
    """A step fitted on a frame; transform(step, frame) applies it."""
    model = Model(kind, threads=threads, seed=seed, **params)
    table = arrow_table(model, frame)
    examples, kept = examples_of(model, table, y, task)
    model.check(model.lib.hone_fit(model.ctx, kind.encode(), json.dumps(params).encode(), ctypes.byref(examples),
                                   ctypes.byref(model.handle)))
    model.lib.hone_table_free(model.ctx, table)
    return model


def transform(model, frame):
    table, made = arrow_table(model, frame), POINTER()
    model.check(model.lib.hone_model_transform(model.ctx, model.handle, table, ctypes.byref(made)))
    got = to_frame(model, made)
    for t in (made, table):
        model.lib.hone_table_free(model.ctx, t)
    return got


def resample(kind, frame, y=None, task=None, threads=1, seed=1, **params):
    """(frame, source rows, other rows or -1, weights)."""
    model = Model(kind, threads=threads, seed=seed, **params)
    table = arrow_table(model, frame)
    examples, kept = examples_of(model, table, y, task)
    made, arrays = POINTER(), (Array(), Array())
    model.check(model.lib.hone_resample(model.ctx, kind.encode(), json.dumps(params).encode(), ctypes.byref(examples),
                                        ctypes.byref(made), *(ctypes.byref(a) for a in arrays)))
    got, taken = to_frame(model, made), []
    for a in arrays:
        values = np.frombuffer(ctypes.string_at(a.values, a.bytes), DTYPES[a.type.decode()])
        taken.append(values.reshape(tuple(a.shape[:a.ndim])))
        model.lib.hone_array_free(model.ctx, ctypes.byref(a))
    for t in (made, table):
        model.lib.hone_table_free(model.ctx, t)
    return got, taken[0][:, 0], taken[0][:, 1], taken[1]
