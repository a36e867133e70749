"""What an estimator's methods do, by what its kind can; _estimator.py gives them to classes."""

import sys

import numpy as np

from . import _core, _data, _values
from ._errors import usage


def predict_classes(self, X):
    """The class of each row, of several targets [rows, targets]."""
    fitted = self._fitted
    if isinstance(self.classes_, list):  # several targets
        return np.stack([labels[answers.argmax(1)] for labels, answers in
                         zip(self.classes_, self._by_target(self._answers(X)))], axis=1)
    if fitted.plain:
        labels = fitted.labels(X, self.classes_)
        if labels is not None:
            return labels
    return fitted.labels(self._rows(X, first=False), self.classes_)


def predict_numbers(self, X):
    """A number for each row, of several targets [rows, targets]."""
    return self._answers(X)


def predict_clusters(self, X):
    """The number of each row's cluster, -1 where it is in none."""
    return self._answers(X).astype(np.int64)


def predict_inliers(self, X):
    """-1 for an anomaly, else 1."""
    return np.where(self._answers(X) < 0, -1, 1)


def predict_proba(self, X):
    """Probabilities [rows, classes], in the order of classes_; of several targets a list of such."""
    answers = self._answers(X)
    return self._by_target(answers) if isinstance(self.classes_, list) else answers


def predict_log_proba(self, X):
    """Logarithms of the probabilities."""
    with np.errstate(divide="ignore"):
        answers = np.log(self._answers(X))
    return self._by_target(answers) if isinstance(self.classes_, list) else answers


def decision_scores(self, X):
    """Scores [rows, classes], of which the largest wins; of two classes, that of the second alone. Of several targets
    of two classes [rows, targets], else a list."""
    scores = self._answers(X)
    if isinstance(self.classes_, list):
        each = [one[:, 1] if one.shape[1] == 2 else one for one in self._by_target(scores)]
        return np.stack(each, axis=1) if all(one.ndim == 1 for one in each) else each
    return scores[:, 1].copy() if scores.ndim == 2 and scores.shape[1] == 2 else scores


def decision_inliers(self, X):
    """How normal each row is: below 0 for anomalies."""
    return self._answers(X)


def score_samples(self, X):
    """How normal each row is, without the threshold (offset_) taken off."""
    offset = self._fitted.array("offset")
    return self._answers(X) + (0.0 if offset is None else offset)


def score_accuracy(self, X, y, sample_weight=None):
    """The share of rows that get their class (of several targets all of them)."""
    labels = self.predict(X)
    right = labels == _data.vector(y, "y") if labels.ndim == 1 else (labels == np.asarray(y)).all(axis=1)
    return float(np.average(right, weights=sample_weight))


def score_r2(self, X, y, sample_weight=None):
    """R squared: 1 is perfect, 0 is what the mean achieves; of several targets the mean."""
    answers = self.predict(X)
    if answers.ndim == 2:
        y = np.asarray(y, np.float64)
        return float(np.mean([_r2(y[:, t], answers[:, t], sample_weight) for t in range(answers.shape[1])]))
    return _r2(_data.numbers(y, "y", len(answers)), answers, sample_weight)


def _r2(y, answers, sample_weight):
    weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    total = (weight * (y - np.average(y, weights=weight)) ** 2).sum()
    rest = (weight * (y - answers) ** 2).sum()
    return float(1 - rest / total) if total > 0 else float(rest == 0)


def transform(self, X):
    """X as this step makes it: an array where all of it is numbers, else the kind of frame that X is."""
    made = self._fitted.core.transform(self._rows(X, first=False))
    frames = frames_of(self)
    if frames != "default":
        return as_frame(made, X, frames)
    if all(kind in ("float64", "float32", "int64", "bool") for kind in made.types):
        return _data.matrix(made)
    return _data.like(X, made)


def set_output(self, *, transform=None):
    """What transform and fit_transform give: "default" (arrays, or frames like X), "pandas" or "polars" frames with
    names; None leaves it as it is. Returns self."""
    if transform is not None:
        if transform not in ("default", "pandas", "polars"):
            raise usage(f"transform is 'default', 'pandas' or 'polars', not {transform!r}", "transform")
        self._sklearn_output_config = {"transform": transform}  # where scikit-learn's clone looks
    return self


def frames_of(self):
    """Which frames transform gives: as set_output said, else as scikit-learn's own setting is."""
    own = self.__dict__.get("_sklearn_output_config", {}).get("transform")
    theirs = sys.modules.get("sklearn")
    return own or (theirs.get_config()["transform_output"] if theirs is not None else "default")


def as_frame(made, X, frames):
    frame = _data.to_pandas(made) if frames == "pandas" else _data.to_polars(made)
    if frames == "pandas" and _data.is_pandas(X) and len(X) == len(frame):
        frame.index = X.index
    return frame


def fit_resample(self, X, y=None, sample_weight=None):
    """X and y as a model is to learn from them; sample_indices_ says which row each comes from, sample_made_ whether
    it was made, sample_weight_ its weight. Without y (where none is needed) X alone."""
    rows = self._rows(X, first=True)
    n = len(rows)
    task, target, k, _ = self._target(y, n, partial=False)
    self.fit(X, y)
    made, source, weights = _core.resample(self._spec.kind, self._settings(), task, rows, target,
                                           None if sample_weight is None else _data.numbers(
                                               sample_weight, "sample_weight", n), k, _values.threads(self.n_jobs),
                                           _values.seed(self.random_state))
    pairs = np.frombuffer(source, np.int64).reshape(-1, 2)
    self.sample_indices_, self.sample_made_ = pairs[:, 0].copy(), pairs[:, 1] >= 0
    self.sample_weight_ = np.frombuffer(weights, np.float64).copy()
    if all(kind in ("float64", "float32", "int64", "bool") for kind in made.types) and not _data.is_frame(X):
        table = _data.matrix(made)
    else:
        table = _data.like(X, made)
    if y is None:
        return table
    if hasattr(y, "iloc"):
        return table, y.iloc[self.sample_indices_].reset_index(drop=True)
    return table, np.asarray(y)[self.sample_indices_]


def inverse_transform(self, X):
    """Rows as they were before transform, as far as it can be undone."""
    return _data.matrix(self._fitted.core.inverse(_data.table(X)))


def kneighbors(self, X=None, n_neighbors=None, return_distance=True):
    """The nearest of the rows fitted on, nearest first: distances and row numbers, or the numbers alone. Without X
    those of the very rows, each without itself."""
    core = self._fitted.core
    count = int(np.asarray(self._fitted.array("n_samples_fit"))) if X is None else 0
    k = self.__dict__.get("n_neighbors", 5) if n_neighbors is None else n_neighbors
    distances, rows = core.neighbors(None if X is None else self._rows(X, first=False), count, int(k))
    return (distances, rows) if return_distance else rows


def sample(self, n_samples=1):
    """New rows such as it was fitted on, and what each was drawn from (the component of a mixture). random_state
    decides: the same rows each time."""
    table = _data.matrix(self._fitted.core.sample(int(n_samples), _values.seed(self.random_state)))
    return table[:, :-1], table[:, -1].astype(np.int64)


def get_feature_names_out(self, input_features=None):
    """Names of the columns that transform gives."""
    given = self.__dict__.get("feature_names_in_")
    if input_features is not None:
        input_features = np.asarray(input_features, dtype=object)
        if given is not None and list(given) != list(input_features):
            raise ValueError("input_features is not equal to feature_names_in_")
        if len(input_features) != self.n_features_in_:
            raise ValueError("input_features should have length equal to number of features "
                             f"({self.n_features_in_}), got {len(input_features)}")
        given = input_features
    schema = self.model().schema
    names = [column["name"] for column in schema] if given is None else [str(name) for name in given]
    blank = {"category": ("U", []), "string": ("U", []), "timestamp": ("tsu:", np.empty(0, np.int64))}
    empty = _core.columns(0, [(name, *blank.get(column["type"], ("g", np.empty(0))), None, None)
                              for name, column in zip(names, schema)])
    return np.array(self._fitted.core.transform(empty).columns, dtype=object)
