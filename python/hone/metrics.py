"""Figures of answers beside the truth, by scikit-learn's names: accuracy_score(y_true, y_pred), roc_auc_score(y_true,
y_score), silhouette_score(X, labels), ... One function for each metric of the catalog, or for those that an argument
such as average tells apart. Called itself, hone.metrics() lists all metrics.

Classes may be numbers or texts; of two the last in order is the positive one, or pos_label. labels names all classes
where not all of them occur, in ascending order. Scores of two classes may be of the second alone. sample_weight weighs
rows (of clusters it counts them). A figure that is not defined is NaN.
"""

import json as _json
import sys as _sys
from types import ModuleType as _ModuleType

import numpy as _numpy

from . import _core, _data
from ._catalog import figures as _figures
from ._errors import usage as _usage

_declared = _json.loads(_core.catalog())["metrics"]


def _whole(values):
    return None if values is None else _numpy.ascontiguousarray(values, _numpy.int64)


def _number(values, name, n=None):
    return None if values is None else _data.numbers(values, name, n)


def _coded(values, name, n=None):
    """Names of clusters as numbers from 0."""
    return _numpy.unique(_data.vector(values, name, n), return_inverse=True)[1].reshape(-1).astype(_numpy.float64)


def _index(classes, values, name):
    place = _numpy.searchsorted(classes, values)
    place[place == len(classes)] = 0
    strange = classes[place] != values
    if strange.any():
        raise _usage(f"{name} holds {values[strange][0]!r}, which 'labels' does not name", "labels")
    return place.astype(_numpy.float64)


class _Classes:
    """Truth and answers of classes as numbers."""

    def __init__(self, y_true, answers, scores, labels, pos_label):
        truth = _data.vector(y_true, "y_true")
        if labels is not None:
            classes = _numpy.unique(_numpy.asarray(labels))
        else:
            told = truth if scores else _data.vector(answers, "y_pred", len(truth))
            classes = _numpy.unique(_numpy.concatenate([truth, told]))
        self.names = classes
        self.y = _index(classes, truth, "y_true")
        self.answer = self.scores = None
        self.first = None  # of two columns of scores, that which is of the other class
        if scores:
            self._take_scores(_numpy.asarray(answers, _numpy.float64))
        else:
            self.answer = _index(classes, _data.vector(answers, "y_pred", len(truth)), "y_pred")
        self.k = max(len(classes), 2)
        if len(classes) == 1 and classes[0] not in (0, -1, False):  # the positive one alone
            self._flip()
        if pos_label is not None and self.k == 2:
            if pos_label not in classes.tolist():
                raise _usage(f"pos_label is {pos_label!r}, and the classes are {classes.tolist()}", "pos_label")
            if len(classes) == 2 and classes[0] == pos_label:
                self._flip()
                self.scores = self.first if self.first is not None else self.scores

    def _flip(self):
        self.y = 1 - self.y
        self.answer = None if self.answer is None else 1 - self.answer

    def _take_scores(self, scores):
        n, k = len(self.y), len(self.names)
        if len(scores) != n:
            raise _usage(f"there are {len(scores)} rows of scores for {n} of y_true", "y_score")
        if scores.ndim == 2 and scores.shape[1] == 1:
            scores = scores[:, 0]
        if scores.ndim == 1:
            if k > 2:
                raise _usage(f"y_true has {k} classes, and scores of more than two have a column for each", "y_score")
            self.scores = scores
        elif scores.shape[1] == max(k, 2):
            self.first, self.scores = (scores[:, 0], scores[:, 1]) if k <= 2 else (None, scores)
        else:
            raise _usage(f"y_true has {k} classes, and scores have {scores.shape[1]} columns; name all classes in "
                         "'labels'", "labels")

    def proba(self, probabilities):
        """[rows, classes]; one column becomes two."""
        if self.scores is None or self.scores.ndim == 2:
            return None if self.scores is None else _numpy.ascontiguousarray(self.scores)
        first = 1 - self.scores if probabilities else -self.scores
        return _numpy.ascontiguousarray(_numpy.column_stack([first, self.scores]))


def _score(name, task, y, answer=None, scores=None, k=0, weight=None, group=None, x=None):
    n = len(answer if answer is not None else scores)
    return _core.score(name, task, n, k, y, answer, scores, weight, group, x)


def _of_classes(metric, spec, y_true, answers, given):
    scored = spec.inputs[1] in ("y_score", "y_proba")
    weight = given.get("sample_weight")
    found = _Classes(y_true, answers, scored, given.get("labels"), given.get("pos_label"))
    task = "binary" if found.k == 2 and "binary" in metric["tasks"] else "multiclass"
    if task not in metric["tasks"]:
        raise _usage(f"{spec.name} is of two classes here, and there are {found.k}; set average or labels", "average")
    return _score(metric["told"], task, found.y, found.answer, found.proba(metric["needs_probabilities"]), found.k,
                  _number(weight, "sample_weight", len(found.y)))


def _each_class(metric, spec, y_true, y_pred, given):
    """average=None: the figure of each class against the rest."""
    found = _Classes(y_true, y_pred, False, given.get("labels"), None)
    weight = _number(given.get("sample_weight"), "sample_weight", len(found.y))
    return _numpy.array([_score(metric["told"], "binary", (found.y == c) * 1.0, (found.answer == c) * 1.0, k=2,
                                weight=weight) for c in range(len(found.names))])


def _of_numbers(metric, spec, y_true, y_pred, given):
    y_true, y_pred = _numpy.asarray(y_true), _numpy.asarray(y_pred)
    if y_true.ndim == 2 and y_true.shape[1] > 1:  # of several targets the mean
        if y_pred.shape != y_true.shape:
            raise _usage(f"y_true has the shape {y_true.shape} and y_pred {y_pred.shape}", "y_pred")
        return float(_numpy.mean([_of_numbers(metric, spec, y_true[:, t], y_pred[:, t], given)
                                  for t in range(y_true.shape[1])]))
    y = _data.numbers(y_true, "y_true", len(y_true))
    weight = _number(given.get("sample_weight"), "sample_weight", len(y))
    return _score(metric["told"], "regression", y, _data.numbers(y_pred, spec.inputs[1], len(y)), weight=weight)


def _of_ranks(metric, spec, y_true, y_score, given):
    y, scores, group = _numpy.asarray(y_true), _numpy.asarray(y_score), given.get("group")
    if y.ndim == 2:  # each row is a group
        group, y, scores = _numpy.repeat(_numpy.arange(len(y)), y.shape[1]), y.reshape(-1), scores.reshape(-1)
    y = _data.numbers(y, "y_true", len(y))
    group = None if group is None else _whole(_coded(group, "group", len(y)))
    return _score(metric["told"], "rank", y, _data.numbers(scores, "y_score", len(y)), group=group,
                  weight=_number(given.get("sample_weight"), "sample_weight", len(y)))


def _of_clusters(metric, spec, first, labels, given):
    weight = given.get("sample_weight")
    answer = _coded(labels, spec.inputs[1])
    weight = _number(weight, "sample_weight", len(answer))
    if spec.inputs[0] == "X":
        return _score(metric["told"], "cluster", None, answer, weight=weight, x=_data.table(first))
    return _score(metric["told"], "cluster", _coded(first, spec.inputs[0], len(answer)), answer, weight=weight)


def _make(spec):
    import inspect
    kinds = inspect.Parameter
    parameters = [kinds(name, kinds.POSITIONAL_OR_KEYWORD) for name in spec.inputs]
    parameters += [kinds(name, kinds.KEYWORD_ONLY, default=kinds.empty if required else default)
                   for name, default, required, _, _ in spec.options]

    def compute(*args, **named):
        bound = compute.__signature__.bind(*args, **named)
        bound.apply_defaults()
        given = bound.arguments
        first, second = (given[name] for name in spec.inputs)
        each = spec.per_class and given["average"] is None
        metric = spec.choose({**given, "average": "binary"} if each else given)
        if each:
            return _each_class(metric, spec, first, second, given)
        tasks = {*metric["tasks"]}
        if "cluster" in tasks:
            return _of_clusters(metric, spec, first, second, given)
        if "rank" in tasks and (given.get("group") is not None or tasks == {"rank"}):
            return _of_ranks(metric, spec, first, second, given)
        return (_of_classes if tasks & {"binary", "multiclass"} else _of_numbers)(metric, spec, first, second, given)

    compute.__name__ = compute.__qualname__ = spec.name
    compute.__module__ = "hone.metrics"
    compute.__doc__ = spec.docstring()
    compute.__signature__ = inspect.Signature(parameters)
    return compute


class _Module(_ModuleType):
    def __call__(self):
        """Every metric there is."""
        return _json.loads(_json.dumps(_declared))


_made = {spec.name: _make(spec) for spec in _figures(_declared)}
globals().update(_made)
__all__ = sorted(_made)
_sys.modules[__name__].__class__ = _Module
