"""hone: machine learning in one native library.

Each kind of the catalog is a class with scikit-learn's estimator protocol (`hone.Ridge`,
`hone.GradientBoostingClassifier`, ...); `hone.train` and `hone.load` work with whole pipelines, from a table to a
model in one file. docs/PYTHON.md has examples.
"""

import json as _json

import numpy as _numpy

from . import _core, _errors

_core.setup(_errors.make, _errors.warn, _numpy.empty, _numpy.dtype("f8"), _numpy.dtype("i8"))

from ._catalog import specs as _specs  # noqa: E402 - the core must be set up first
from ._data import table as _table  # noqa: E402
from ._errors import Error, NotFittedError, Warning  # noqa: E402
from ._estimator import Estimator, make_class as _make_class  # noqa: E402
from ._model import Model, compare, learning_curve, limit_memory, load, read, sql, train  # noqa: E402
from ._pipeline import Pipeline  # noqa: E402
from ._profile import Profile, profile  # noqa: E402
from ._steps import Step, register, step, unregister  # noqa: E402
from . import data, metrics, model_selection  # noqa: E402

Table = _core.Table
__version__ = _core.version
_catalog = _json.loads(_core.catalog())


def kinds():
    """Every kind there is: name, title, doc, tasks, capabilities, parameters as JSON Schema."""
    return _json.loads(_json.dumps(_catalog["kinds"]))


def table(data):
    """Any frame, array or sparse matrix as a hone.Table, borrowed where its memory is laid out as hone reads it."""
    return _table(data)


_classes = {_spec.name: _make_class(_spec) for _spec in _specs(_catalog["kinds"])}
globals().update(_classes)
__all__ = ["Error", "Estimator", "Model", "NotFittedError", "Pipeline", "Profile", "Step", "Table", "Warning",
           "compare", "data", "kinds", "learning_curve", "limit_memory", "load", "metrics", "model_selection",
           "profile", "read", "register", "sql", "step", "table", "train", "unregister", *_classes]
for _public in (Error, NotFittedError, Warning, Estimator, Model, Pipeline, Profile, Step, compare, learning_curve,
                limit_memory, load, profile, read, register, sql, step, train, unregister):
    _public.__module__ = "hone"
del _public
