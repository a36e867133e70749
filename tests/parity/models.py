"""Any kind of the catalog in Python, through libhone.so's hone_fit, to be compared with other libraries."""
import ctypes
import json
from functools import lru_cache
from time import perf_counter

import numpy as np
from program import BUILD

BINARY, MULTICLASS, REGRESSION, CLUSTER = "binary", "multiclass", "regression", "cluster"
ANOMALY, RANK, NONE = "anomaly", "rank", "none"
POINTER, TEXT, INT = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64
DTYPES = {"F64": np.float64, "F32": np.float32, "I64": np.int64, "I32": np.int32, "U8": np.uint8}


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * 1024)]


LOG = ctypes.CFUNCTYPE(None, POINTER, ctypes.c_int, TEXT)


class Options(ctypes.Structure):
    _fields_ = [("threads", ctypes.c_int), ("memory", ctypes.c_size_t), ("seed", ctypes.c_uint64),
                ("allocator", POINTER), ("log", LOG), ("log_user", POINTER), ("progress", POINTER), ("progress_user", POINTER)]


class Examples(ctypes.Structure):
    _fields_ = [("task", TEXT), ("x", POINTER), ("y", POINTER), ("weight", POINTER), ("group", POINTER),
                ("n_classes", ctypes.c_int32), ("classes", POINTER), ("objective", POINTER),
                ("n_targets", ctypes.c_int32), ("target_classes", POINTER), ("target_names", POINTER),
                ("validation", POINTER)]


class Array(ctypes.Structure):
    _fields_ = [("name", TEXT), ("type", TEXT), ("values", POINTER), ("bytes", ctypes.c_size_t),
                ("ndim", ctypes.c_int), ("shape", INT * 4)]


@lru_cache(maxsize=None)
def library():
    lib = ctypes.CDLL(str(BUILD / "libhone.so"))
    lib.hone_ctx_new.restype = POINTER
    lib.hone_ctx_error.restype = ctypes.POINTER(Error)
    lib.hone_table_column_name.restype = TEXT
    lib.hone_table_column_name.argtypes = [POINTER, ctypes.c_int32]
    lib.hone_table_to_arrow.argtypes = [POINTER] * 4
    lib.hone_table_rows.argtypes = [POINTER]
    lib.hone_table_rows.restype = INT
    lib.hone_table_columns.argtypes = [POINTER]
    lib.hone_table_column_type.restype = TEXT
    lib.hone_table_column_type.argtypes = [POINTER, ctypes.c_int32]
    lib.hone_table_as_matrix.restype = POINTER
    lib.hone_table_as_matrix.argtypes = [POINTER, POINTER]
    for name in ("hone_model_free", "hone_ctx_free"):
        getattr(lib, name).argtypes = [POINTER]
    for name in ("hone_table_free", "hone_string_free"):
        getattr(lib, name).argtypes = [POINTER, POINTER]
    return lib


def address(array):
    return None if array is None else ctypes.c_void_p(array.ctypes.data)


@lru_cache(maxsize=None)
def declarations():
    """{"kinds": [...], "metrics": [...], "functions": [...]}."""
    lib, text = library(), TEXT()
    ctx = ctypes.c_void_p(lib.hone_ctx_new(None))
    assert lib.hone_catalog(ctx, ctypes.byref(text)) == 0
    everything = json.loads(text.value)
    lib.hone_ctx_free(ctx)
    return everything


@lru_cache(maxsize=None)
def catalog():
    """{kind: its declaration}."""
    return {kind["name"]: kind for kind in declarations()["kinds"]}


class Lent:
    """What numpy takes for an array in a table's memory, which goes when the array does."""

    def __init__(self, model, table, shape, place, kind):
        self.model, self.table = model, table
        self.__array_interface__ = {"version": 3, "shape": shape, "data": (place, False),
                                    "typestr": "<f4" if kind == b"float32" else "<f8"}

    def __del__(self):
        self.model.lib.hone_table_free(self.model.ctx, self.table)


class Model:
    """A kind with its parameters, fitted by fit(). x: numpy (float32, float64, int64, bool) or a
    scipy.sparse matrix; features are named x0, x1, ..."""

    def __init__(self, kind, threads=1, seed=1, **params):
        self.kind, self.params, self.lib = kind, params, library()
        self.said = []
        self.note = LOG(lambda user, level, message: self.said.append(message.decode()))
        self.ctx = ctypes.c_void_p(self.lib.hone_ctx_new(ctypes.byref(Options(threads, 0, seed, None, self.note))))
        self.handle = POINTER()

    def __del__(self):
        self.lib.hone_model_free(self.handle)
        self.lib.hone_ctx_free(self.ctx)

    def check(self, status):
        if status != 0:
            raise RuntimeError(self.lib.hone_ctx_error(self.ctx).contents.message.decode())

    def table(self, x):
        """The table over x, and what must be kept alive with it."""
        table = POINTER()
        if hasattr(x, "tocsr"):
            x = x.tocsr()
            x.sort_indices()
            kept = [x.indptr.astype(np.int64), x.indices.astype(np.int32), x.data.astype(np.float64)]
            self.check(self.lib.hone_table_from_csr(self.ctx, *map(address, kept), *map(INT, x.shape), None,
                                                    ctypes.byref(table)))
            return table, kept
        if x.dtype not in (np.float64, np.float32, np.int64, bool):
            x = x.astype(np.float64)
        self.check(self.lib.hone_table_from_matrix(self.ctx, address(x), str(x.dtype).encode(), *map(INT, x.shape),
                                                   *map(INT, x.strides), None, ctypes.byref(table)))
        return table, x

    def examples(self, x, y, weight, task, group):
        table, kept = self.table(x)
        y, weight = (None if v is None else np.ascontiguousarray(v, np.float64) for v in (y, weight))
        group = None if group is None else np.ascontiguousarray(group, np.int64)
        tasks = catalog()[self.kind]["tasks"] or catalog()[self.kind].get("target", [])
        if y is not None and y.ndim == 2:
            return self.several(table, kept, y, weight, task, group)
        if task is None:
            task = tasks[0] if tasks else NONE
            if y is not None and task in (BINARY, MULTICLASS):
                task = BINARY if y.max() < 2 else MULTICLASS
        classes = int(y.max()) + 1 if task in (BINARY, MULTICLASS) else 0
        classes = max(classes, getattr(self, "classes", 0))
        kept = (table, kept, y, weight, group)
        return Examples(task.encode(), table, address(y), address(weight), address(group), classes), kept

    def several(self, table, kept, y, weight, task, group):
        """y [n, targets]: numbers for the task regression, else class indices."""
        y = np.ascontiguousarray(y.T)
        classes = np.zeros(len(y), np.int32) if task == REGRESSION else (y.max(1) + 1).astype(np.int32)
        kept = (table, kept, y, weight, group, classes)
        return Examples(task.encode(), table, address(y), address(weight), address(group), 0, None, None, len(y),
                        address(classes), None), kept

    def fit(self, x, y=None, weight=None, task=None, group=None, validation=None):
        """y: class indices for a classifier; of several targets [n, targets], with their task. task: the kind's first
        if not given, by y's classes. validation: (x, y) of rows to decide by when to stop."""
        examples, kept = self.examples(x, y, weight, task, group)
        if validation:
            held, more = self.examples(*validation, None, examples.task.decode(), None)
            examples.validation = ctypes.addressof(held)
        start = perf_counter()
        self.check(self.lib.hone_fit(self.ctx, self.kind.encode(), json.dumps(self.params).encode(),
                                     ctypes.byref(examples), ctypes.byref(self.handle)))
        self.seconds = perf_counter() - start
        self.lib.hone_table_free(self.ctx, kept[0])
        self.classes, self.task = examples.n_classes, examples.task.decode()
        return self

    def update(self, x, y=None, weight=None):
        examples, kept = self.examples(x, y, weight, self.task, None)
        self.check(self.lib.hone_update(self.ctx, self.handle, ctypes.byref(examples)))
        self.lib.hone_table_free(self.ctx, kept[0])
        return self

    def predict(self, x):
        """[n], or for classes [n, classes]."""
        outputs = self.lib.hone_model_outputs(self.handle)
        out = np.empty((x.shape[0], outputs))
        table, kept = self.table(x)
        self.check(self.lib.hone_model_answers(self.ctx, self.handle, table, address(out)))
        self.lib.hone_table_free(self.ctx, table)
        return out if outputs > 1 else out[:, 0]

    def neighbors(self, x, k):
        """The k nearest rows fitted on: distances and numbers [n, k]; x None: of those rows, but themselves."""
        n = self.arrays["n_samples_fit"] if x is None else x.shape[0]
        row, distance = np.empty((n, k), np.int64), np.empty((n, k))
        table, kept = (None, None) if x is None else self.table(x)
        self.check(self.lib.hone_model_neighbors(self.ctx, self.handle, table, INT(k), address(row), address(distance)))
        self.lib.hone_table_free(self.ctx, table)
        return distance, row

    def transform(self, x):
        """The columns that a step gives, as a matrix."""
        return self.columns(self.lib.hone_model_transform, x)

    def resample(self, x, y=None, weight=None, task=None):
        """What a sampler makes of rows: (x, source rows, other rows or -1, weights)."""
        import pyarrow
        examples, kept = self.examples(x, y, weight, task, None)
        made, rows, weights = POINTER(), Array(), Array()
        self.check(self.lib.hone_resample(self.ctx, self.kind.encode(), json.dumps(self.params).encode(),
                                          ctypes.byref(examples), ctypes.byref(made), ctypes.byref(rows),
                                          ctypes.byref(weights)))
        array, schema = (ctypes.create_string_buffer(128) for _ in range(2))
        pointers = [ctypes.addressof(c) for c in (array, schema)]
        self.check(self.lib.hone_table_to_arrow(self.ctx, made, *pointers))
        batch = pyarrow.RecordBatch._import_from_c(*pointers)
        table = np.column_stack([column.to_numpy(zero_copy_only=False) for column in batch.columns])
        taken = []
        for found in (rows, weights):
            shape = tuple(found.shape[:found.ndim])
            taken.append(np.frombuffer(ctypes.string_at(found.values, found.bytes), DTYPES[found.type.decode()])
                         .reshape(shape))
            self.lib.hone_array_free(self.ctx, ctypes.byref(found))
        for t in (made, kept[0]):
            self.lib.hone_table_free(self.ctx, t)
        return table, taken[0][:, 0], taken[0][:, 1], taken[1]

    def inverse(self, z):
        """The way back from transform."""
        return self.columns(self.lib.hone_model_inverse, z)

    def columns(self, function, x):
        table, kept = self.table(x)
        made = POINTER()
        self.check(function(self.ctx, self.handle, table, ctypes.byref(made)))
        width, kind = self.lib.hone_table_columns(made), TEXT()
        place = self.lib.hone_table_as_matrix(made, ctypes.byref(kind))
        if place:
            self.lib.hone_table_free(self.ctx, table)
            return np.asarray(Lent(self, made, (self.lib.hone_table_rows(made), width), place, kind.value))
        if all(self.lib.hone_table_column_type(made, j) == b"float64" for j in range(width)):
            out = np.empty((self.lib.hone_table_rows(made), width))
            self.check(self.lib.hone_table_to_matrix(self.ctx, made, address(out)))
        else:
            out = self.arrow(made)
        for t in (made, table):
            self.lib.hone_table_free(self.ctx, t)
        return out

    def arrow(self, made):
        """Columns of other types, as pyarrow gives them to numpy."""
        import pyarrow
        array, schema = (ctypes.create_string_buffer(128) for _ in range(2))
        pointers = [ctypes.addressof(c) for c in (array, schema)]
        self.check(self.lib.hone_table_to_arrow(self.ctx, made, *pointers))
        batch = pyarrow.RecordBatch._import_from_c(*pointers)
        return np.column_stack([column.to_numpy(zero_copy_only=False) for column in batch.columns])

    def importances(self, p):
        out = np.empty(p)
        self.check(self.lib.hone_model_importances(self.ctx, self.handle, address(out)))
        return out

    @property
    def arrays(self):
        """{name: fitted array}."""
        found, one = {}, Array()
        while self.lib.hone_model_array(self.ctx, self.handle, len(found), ctypes.byref(one)) == 0:
            values = np.frombuffer(ctypes.string_at(one.values, one.bytes), DTYPES[one.type.decode()])
            found[one.name.decode()] = values.reshape(one.shape[:one.ndim]) if one.ndim else values[0]
            self.lib.hone_array_free(self.ctx, ctypes.byref(one))
        return found

    @property
    def report(self):
        """What `hone show` says about the fitted model."""
        text = TEXT()
        self.check(self.lib.hone_model_describe(self.ctx, self.handle, ctypes.byref(text)))
        return json.loads(text.value)["model"]["fitted"]

    @property
    def log(self):
        return self.said[-1] if self.said else ""

    @property
    def coef(self):
        """[p], or [classes, p]."""
        c = self.report["coefficients"]
        return np.array([list(row.values()) for row in c] if isinstance(c, list) else list(c.values()))

    @property
    def intercept(self):
        return np.array(self.report["intercept"])
