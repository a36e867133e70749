"""Python's tables and arrays as hone's: borrowed where their memory is laid out as hone reads it."""

import sys

import numpy as np

from . import _core
from ._errors import usage, warn

_TIME_UNITS = {"s": "tss:", "ms": "tsm:", "us": "tsu:", "ns": "tsn:"}
_ARROW_FORMATS = {"f8": "g", "f4": "f", "f2": "e", "i8": "l", "i4": "i", "i2": "s", "i1": "c", "u8": "L", "u4": "I",
                  "u2": "S", "u1": "C"}


def is_sparse(X):
    return hasattr(X, "tocsr") and hasattr(X, "nnz")


def is_frame(X):
    """A table with named columns: hone's, pyarrow's, polars', pandas', or any that speaks Arrow."""
    return isinstance(X, _core.Table) or hasattr(X, "__arrow_c_stream__") or hasattr(X, "__arrow_c_array__") or (
        hasattr(X, "columns") and hasattr(X, "dtypes"))


def is_pandas(X):
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(X, pandas.DataFrame)


def names_of(X):
    """Column names, if X has such and all are texts; else None."""
    if isinstance(X, _core.Table):
        return X.columns
    names = getattr(X, "column_names", None) if not hasattr(X, "columns") or hasattr(X, "column_names") else None
    if names is None:
        names = getattr(X, "columns", None)
    if names is None or callable(names) or not is_frame(X):
        return None
    names = list(names)
    texts = [isinstance(name, str) for name in names]
    if any(texts) and not all(texts):
        raise TypeError("Feature names are only supported if all input features have string names, but the input has "
                        f"{sorted({type(n).__name__ for n in names})} as feature name / column name types. Convert "
                        "them to strings, for example with X.columns = X.columns.astype(str).")
    return names if names and all(texts) else None


# ---- tables ------------------------------------------------------------------------------------------


def table(X, names=None, texts=True):
    """Anything with rows and columns as a Table. names: for what has none. texts: arrays of texts may become
    categories."""
    if isinstance(X, _core.Table):
        return X
    if is_sparse(X):
        return _sparse(X, names)
    if isinstance(X, dict):  # columns by name
        arrays = {str(name): np.asarray(values) for name, values in X.items()}
        return _columns(arrays, len(next(iter(arrays.values()), ())))
    if is_pandas(X):
        return _pandas(X)
    if is_frame(X):
        return _arrow(X)
    return _matrix(X, names, texts)


def _arrow(X):
    if hasattr(X, "__arrow_c_stream__"):
        return _core.stream(X.__arrow_c_stream__())
    if hasattr(X, "__arrow_c_array__"):
        return _core.batch(*X.__arrow_c_array__())
    return _columns({name: np.asarray(X[name]) for name in X.columns}, len(X))


def _pandas(X):
    kinds = {str(kind) for kind in X.dtypes}
    names = tuple(str(name) for name in X.columns)
    if len(kinds) == 1 and kinds <= {"float64", "float32", "int64", "bool"} and len(set(names)) == len(names):
        return _core.matrix(X.to_numpy(copy=False), names) or _core.matrix(X.to_numpy(copy=True), names)
    try:
        import pyarrow
        # Not X's own stream: that has the index among the columns.
        return _core.stream(pyarrow.Table.from_pandas(X, preserve_index=False).__arrow_c_stream__())
    except (ImportError, AttributeError):
        return _columns({name: X.iloc[:, j] for j, name in enumerate(names)}, len(X))


def _column(name, values):
    """(name, Arrow format, values, valid, texts) of a pandas Series or a numpy array."""
    dtype = values.dtype
    if str(dtype) == "category":
        codes = np.ascontiguousarray(values.cat.codes, np.int32)
        return name, "i", codes, _bits(codes >= 0), [str(text) for text in values.cat.categories]
    if not isinstance(dtype, np.dtype):  # pandas' own types, with their own mark of what is missing
        missing = np.asarray(values.isna())
        if dtype.kind in "iufb":
            filled = values.fillna(0) if missing.any() else values
            named = _column(name, filled.to_numpy(np.dtype(getattr(dtype, "numpy_dtype", "f8"))))
            return (*named[:3], _bits(~missing) if missing.any() else None, None)
        values = values.astype(object).to_numpy()
    array = np.asarray(values)
    dtype = array.dtype
    if dtype.kind == "b":
        return name, "b", _bits(array), None, None
    if dtype.kind == "M":
        unit = np.datetime_data(dtype)[0]
        if unit not in _TIME_UNITS:
            array, unit = array.astype("M8[us]"), "us"
        return name, _TIME_UNITS[unit], np.ascontiguousarray(array).view(np.int64), _bits(~np.isnat(array)), None
    if dtype.str[1:] in _ARROW_FORMATS:
        return name, _ARROW_FORMATS[dtype.str[1:]], np.ascontiguousarray(array, dtype.newbyteorder("=")), None, None
    if dtype.kind in "iuf":
        return name, "g", np.ascontiguousarray(array, np.float64), None, None
    if dtype.kind in "OUS":
        return _objects(name, array.tolist())
    raise usage(f"column '{name}' is of type {dtype}, which hone has no column for; cast it or leave it out", name)


def _objects(name, values):
    """Texts, or numbers that lie about as objects; None and NaN are missing."""
    values = [None if value is None or value != value else value for value in values]
    present = [value for value in values if value is not None]
    if present and not any(isinstance(value, (str, bytes)) for value in present):
        numbers = np.array([np.nan if value is None else float(value) for value in values])
        return name, "g", numbers, None, None
    return name, "U", [v if v is None or isinstance(v, str) else v.decode() if isinstance(v, bytes) else str(v)
                       for v in values], None, None


def _bits(valid):
    """Truth values as Arrow has them: a bit each, from the lowest, in whole words."""
    bits = np.packbits(valid, bitorder="little")
    return np.pad(bits, (0, -len(bits) % 8))


def _columns(columns, rows):
    return _core.columns(rows, [_column(name, values) for name, values in columns.items()])


def _sparse(X, names):
    if X.dtype.kind == "c":
        raise ValueError("Complex data not supported")
    if len(X.shape) != 2:
        raise usage(f"a sparse array of {len(X.shape)} dimensions is no table; pass a matrix")
    csr = X.tocsr()
    if not csr.has_canonical_format:
        csr = csr.copy()
        csr.sum_duplicates()
    if csr.shape[1] > np.iinfo(np.int32).max:
        raise usage(f"a sparse matrix of {csr.shape[1]} columns is too wide")
    parts = [np.ascontiguousarray(part, kind) for part, kind in
             ((csr.indptr, np.int64), (csr.indices, np.int32), (csr.data, np.float64))]
    return _core.csr(*parts, *csr.shape, names)


def _matrix(X, names, texts):
    array = np.asarray(X)
    if array.ndim != 2:
        raise ValueError(
            f"Expected 2D array, got {'scalar' if array.ndim == 0 else f'{array.ndim}D'} array instead. Reshape your "
            "data using array.reshape(-1, 1) if it has a single feature or array.reshape(1, -1) if it is a single row."
            if array.ndim < 2 else f"Found array with dim {array.ndim}, while dim <= 2 is required.")
    kind = array.dtype.kind
    if kind == "c":
        raise ValueError("Complex data not supported")
    if kind in "OUSMm" or array.dtype.names:
        return _objects_matrix(array, names, texts)
    made = _core.matrix(array, names)
    if made is None:
        wanted = np.float32 if array.dtype == np.float16 else array.dtype.newbyteorder("=")
        if wanted not in (np.float64, np.float32, np.int64, np.bool_):
            wanted = np.float64
        made = _core.matrix(np.array(array, wanted, order="K", copy=True), names)
    return made


def _objects_matrix(array, names, texts):
    """Numbers that came as objects; where texts are welcome, columns of them become categories."""
    try:
        return _core.matrix(array.astype(np.float64), names)
    except ValueError:
        if not texts or array.dtype.kind == "m":
            raise
    names = names or [f"x{j}" for j in range(array.shape[1])]
    return _columns({name: array[:, j] for j, name in enumerate(names)}, len(array))


# ---- and back ----------------------------------------------------------------------------------------


def to_dict(made):
    """Columns as numpy arrays by name: numbers with NaN where missing (bool and int64 stay what they are if nothing
    is), texts as objects with None."""
    columns = {}
    for name, (kind, values, valid, texts) in zip(made.columns, made._parts()):
        n = len(made)
        missing = None
        if valid is not None:
            missing = ~np.unpackbits(np.frombuffer(valid, np.uint8), count=n, bitorder="little").astype(bool)
        if kind == "U":
            array = np.array(values, dtype=object)
        elif texts is not None:
            array = np.array(texts + [None], dtype=object)[np.where(
                missing if missing is not None else False, len(texts), np.frombuffer(values, np.int32))]
        elif kind == "b":
            array = np.unpackbits(np.frombuffer(values, np.uint8), count=n, bitorder="little").astype(bool)
            if missing is not None:
                array = np.where(missing, None, array)
        elif kind == "tsu:":
            array = np.frombuffer(values, "M8[us]").copy()
            if missing is not None:
                array[missing] = np.datetime64("NaT")
        else:
            array = np.frombuffer(values, {"g": np.float64, "f": np.float32, "l": np.int64}[kind]).copy()
            if missing is not None:
                array = array.astype(np.float64) if kind == "l" else array
                array[missing] = np.nan
        columns[name] = array
    return columns


def to_pandas(made):
    """As a pandas.DataFrame; categories are Categorical."""
    import pandas
    columns = {}
    for name, array, kind in zip(made.columns, to_dict(made).values(), made.types):
        columns[name] = pandas.Categorical(array) if kind == "category" else array
    return pandas.DataFrame(columns)


def to_polars(made):
    """As a polars.DataFrame."""
    import polars
    return polars.DataFrame(made)


def to_arrow(made):
    """As a pyarrow.Table."""
    import pyarrow
    return pyarrow.table(made)


def save(made, path):
    """As CSV, TSV, NDJSON or JSON by the ending of path."""
    import os
    made._write(os.fspath(path))


class _Lent:
    """What numpy takes for an array in a table's memory; the array keeps it, and it the table."""

    def __init__(self, table, place, kind):
        self.table = table
        self.__array_interface__ = {"version": 3, "shape": table.shape, "data": (place, False),
                                    "typestr": "<f4" if kind == "float32" else "<f8"}


def matrix(made):
    """The numbers of a table that is nobody else's as an array, without a copy where they lie as one."""
    place = made._place()
    if place is not None:
        return np.asarray(_Lent(made, *place))
    return made.matrix().astype(np.float32 if {*made.types} == {"float32"} else np.float64, copy=False)


def like(X, made):
    """The same kind of frame as X; a Table where X is none."""
    if is_pandas(X):
        frame = to_pandas(made)
        if len(frame) == len(X):
            frame.index = X.index
        return frame
    package = type(X).__module__.partition(".")[0]
    if package == "polars":
        return to_polars(made)
    return to_arrow(made) if package == "pyarrow" else made


for _method in (to_dict, to_pandas, to_polars, to_arrow, save):
    setattr(_core.Table, _method.__name__, _method)
_core.Table.__repr__ = lambda made: f"<hone.Table of {made.shape[0]} rows and {made.shape[1]} columns: " + ", ".join(
    f"{name} ({kind})" for name, kind in list(zip(made.columns, made.types))[:8]) + (
        ", ...>" if made.shape[1] > 8 else ">")


# ---- targets and weights -----------------------------------------------------------------------------


def vector(values, what, rows=None):
    """A one-dimensional array. A single column is taken as one, with a word."""
    if is_sparse(values):
        raise TypeError(f"Sparse data was passed for {what}, but dense data is required")
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        column_vector(what)
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"{what} should be a 1d array, got an array of shape {array.shape} instead.")
    if rows is not None and len(array) != rows:
        raise ValueError(f"Found input variables with inconsistent numbers of samples: [{rows}, {len(array)}]: X has "
                         f"{rows} rows and {what} has {len(array)}")
    return array


def several(values):
    """Values as an array [rows, targets] and the targets' names, where there are several; else None."""
    if values is None or is_sparse(values) or isinstance(values, (str, bytes)):
        return None
    shape = getattr(values, "shape", None)
    array = np.asarray(values) if shape is None or len(shape) == 2 else None
    if array is None or array.ndim != 2 or array.shape[1] < 2:
        return None
    names = names_of(values) if is_frame(values) else None
    return array, [str(name) for name in names] if names else [f"y{t}" for t in range(array.shape[1])]


def column_vector(what):
    import warnings
    theirs = getattr(sys.modules.get("sklearn.exceptions"), "DataConversionWarning", None)
    message = f"A column-vector {what} was passed when a 1d array was expected; use {what}.ravel()."
    if theirs is None:
        warn(message)
    else:
        warnings.warn(message, theirs, stacklevel=2)


def numbers(values, what, rows):
    """Finite doubles, one for each row."""
    array = vector(values, what, rows)
    if array.dtype.kind == "c":
        raise ValueError("Complex data not supported")
    array = np.ascontiguousarray(array, np.float64)
    if not np.isfinite(array).all():
        found = "NaN" if np.isnan(array).any() else "infinity"
        raise ValueError(f"Input {what} contains {found} or a value too large for dtype('float64').")
    return array


def classes(values, rows, unlabeled=False):
    """(labels in order, index of each row's label). unlabeled: -1 (and None) is no label, and has index -1."""
    array = vector(values, "y", rows)
    if unlabeled:
        known = np.array([label is not None and label != -1 for label in array.tolist()], bool)
        labels, found = classes(np.array(array[known].tolist()) if array.dtype.kind == "O" else array[known], None)
        index = np.full(len(array), -1.0)
        index[known] = found
        return labels, index
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            found = "NaN" if np.isnan(array).any() else "infinity"
            raise ValueError(f"Input y contains {found} or a value too large for {array.dtype!r}.")
        if (array != np.trunc(array)).any():
            raise ValueError("Unknown label type: continuous. A classifier needs classes, and y holds numbers with "
                             "fractions; use a regressor, or make classes of them.")
    labels, index = _distinct(array)
    return labels, index.reshape(-1).astype(np.float64)


def _distinct(array):
    """np.unique with the inverse; of whole numbers that lie close together by counting, not by sorting."""
    if array.dtype.kind in "iub" and len(array):
        low, high = int(array.min()), int(array.max())
        if high - low <= len(array) and high < 2**63:
            places = array.astype(np.int64) - low
            seen = np.bincount(places) > 0
            return (np.flatnonzero(seen) + low).astype(array.dtype), (np.cumsum(seen) - 1)[places]
    return np.unique(array, return_inverse=True)
