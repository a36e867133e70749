"""Splitters with scikit-learn's protocol: split(X, y, groups) gives pairs of row numbers, get_n_splits how many.

The rows are cut by hone itself, as `hone data split` and a recipe's section "split" have it. Where nothing is drawn
they are scikit-learn's parts; where something is, parts of the same properties. WalkForward is what scikit-learn has
not: parts by time with a gap, rows purged whose outcome reaches into the test, and an embargo."""

import json

import numpy as np

from . import _core
from . import _values

__all__ = ["KFold", "StratifiedKFold", "GroupKFold", "StratifiedGroupKFold", "RepeatedKFold", "RepeatedStratifiedKFold",
           "RepeatedGroupKFold", "RepeatedStratifiedGroupKFold", "LeaveOneOut", "LeavePOut", "LeaveOneGroupOut",
           "LeavePGroupsOut", "ShuffleSplit", "StratifiedShuffleSplit", "GroupShuffleSplit", "Bootstrap",
           "PredefinedSplit", "TimeSeriesSplit", "WalkForward", "Nested", "train_validation_test"]


def _rows(X, y=None):
    for given in (X, y):
        if given is not None:
            return given.shape[0] if hasattr(given, "shape") else len(given)
    raise ValueError("there is nothing to split: pass X or y")


def _numbered(values, what, why):
    """Values as numbers from 0, in ascending order of what they are."""
    if values is None:
        raise ValueError(f"The '{what}' parameter should not be None: {why}")
    return np.unique(np.asarray(values), return_inverse=True)[1].reshape(-1).astype(np.int64)


def _times(values):
    """Numbers as they are; dates and spans of time in days."""
    values = np.asarray(values)
    if values.dtype.kind in "mM":
        missing = np.isnat(values)
        days = values.astype(values.dtype.kind + "8[us]").astype(np.int64) / 86400e6
        return np.where(missing, np.nan, days)
    return np.asarray(values, np.float64)


def _column(X, given):
    return None if given is None else _times(X[given] if isinstance(given, str) else given)


def _span(value):
    if hasattr(value, "total_seconds"):  # of datetime and pandas
        return value.total_seconds() / 86400
    return 0.0 if value is None else float(_times(value))


def _keys(classes=None, group=None, time=None, until=None, part=None):
    whole = lambda values, dtype: None if values is None else np.ascontiguousarray(values, dtype)  # noqa: E731
    return (whole(classes, np.float64), whole(group, np.int64), whole(time, np.float64), whole(until, np.float64),
            whole(part, np.int64))


class Splitter:
    """What all of them have: parameters by name, and pairs as hone cuts them."""

    names = ()
    by_class = by_group = False

    def __init__(self, **given):
        for name in self.names:
            setattr(self, name, given[name])

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.names)})"

    def get_params(self, deep=True):
        return {name: getattr(self, name) for name in self.names}

    def _how(self, n):
        """The section "split" that says the same."""
        raise NotImplementedError

    def _cut_by(self, X, y, groups):
        return _keys(_numbered(y, "y", "the classes are in it") if self.by_class else None,
                     _numbered(groups, "groups", "rows of one never part") if self.by_group else None)

    def get_n_splits(self, X=None, y=None, groups=None):
        return self.n_splits

    def _pairs(self, X, y, groups):
        n = _rows(X, y)
        how, keys, index, count = json.dumps(self._how(n)), self._cut_by(X, y, groups), 0, 1
        while index < count:
            count, train, test = _core.split_pair(n, *keys, how, index)
            yield train, test
            index += 1

    def split(self, X, y=None, groups=None):
        yield from self._pairs(X, y, groups)


class _Folds(Splitter):
    names = ("n_splits", "shuffle", "random_state")

    def __init__(self, n_splits=5, *, shuffle=False, random_state=None):
        if int(n_splits) < 2:
            raise ValueError(f"n_splits is {n_splits}: there must be 2 folds at least")
        super().__init__(n_splits=int(n_splits), shuffle=shuffle, random_state=random_state)

    def _how(self, n):
        return {"cross": "folds", "folds": self.n_splits, "shuffle": bool(self.shuffle),
                "seed": _values.seed(self.random_state)}


class KFold(_Folds):
    """Folds of about equal size: runs of rows, or rows at random."""


class StratifiedKFold(_Folds):
    """Folds with each class in proportion, within one row."""

    by_class = True


class GroupKFold(_Folds):
    """Folds of whole groups, of about equal size: the largest group next to the smallest fold."""

    by_group = True


class StratifiedGroupKFold(_Folds):
    """Folds of whole groups, with each class as near to its proportion as groups allow."""

    by_class = by_group = True


class _Repeated(Splitter):
    names = ("n_splits", "n_repeats", "random_state")

    def __init__(self, *, n_splits=5, n_repeats=10, random_state=None):
        super().__init__(n_splits=n_splits, n_repeats=n_repeats, random_state=random_state)

    def get_n_splits(self, X=None, y=None, groups=None):
        return self.n_splits * self.n_repeats

    def _how(self, n):
        return {"cross": "folds", "folds": self.n_splits, "repeats": self.n_repeats,
                "seed": _values.seed(self.random_state)}


class RepeatedKFold(_Repeated):
    """KFold again and again, at random each time."""


class RepeatedStratifiedKFold(_Repeated):
    """StratifiedKFold again and again, at random each time."""

    by_class = True


class RepeatedGroupKFold(_Repeated):
    """GroupKFold again and again, at random each time."""

    by_group = True


class RepeatedStratifiedGroupKFold(_Repeated):
    """StratifiedGroupKFold again and again, at random each time."""

    by_class = by_group = True


class _LeftOut(Splitter):
    def _how(self, n):
        return {"cross": "leave_out", "leave_out": self._most()}

    def get_n_splits(self, X=None, y=None, groups=None):
        n = _rows(X if X is not None else groups, y)
        return _core.split_pair(n, *self._cut_by(X, y, groups), json.dumps(self._how(n)), -1)[0]


class LeavePOut(_LeftOut):
    """Every p rows are held out once."""

    names = ("p",)

    def __init__(self, p):
        super().__init__(p=p)

    def _most(self):
        return int(self.p)


class LeaveOneOut(_LeftOut):
    """Each row is held out once."""

    def _most(self):
        return 1


class LeavePGroupsOut(_LeftOut):
    """Every n_groups groups are held out once."""

    names = ("n_groups",)
    by_group = True

    def __init__(self, n_groups):
        super().__init__(n_groups=n_groups)

    def _most(self):
        return int(self.n_groups)


class LeaveOneGroupOut(_LeftOut):
    """Each group is held out once."""

    by_group = True

    def _most(self):
        return 1


class PredefinedSplit(_LeftOut):
    """test_fold says of each row which test it is in; -1: in none."""

    names = ("test_fold",)

    def __init__(self, test_fold):
        super().__init__(test_fold=np.asarray(test_fold))

    def _most(self):
        return 1

    def _cut_by(self, X, y, groups):
        return _keys(part=self.test_fold)

    def get_n_splits(self, X=None, y=None, groups=None):
        return super().get_n_splits(self.test_fold)

    def split(self, X=None, y=None, groups=None):
        yield from self._pairs(self.test_fold, None, None)


class ShuffleSplit(Splitter):
    """A share of the rows is the test, drawn anew each time. Sizes are shares, or numbers of rows."""

    names = ("n_splits", "test_size", "train_size", "random_state")

    def __init__(self, n_splits=10, *, test_size=None, train_size=None, random_state=None):
        super().__init__(n_splits=n_splits, test_size=test_size, train_size=train_size, random_state=random_state)

    def _how(self, n):
        share = lambda size: size / n if isinstance(size, (int, np.integer)) else size  # noqa: E731
        train, test = share(self.train_size), share(self.test_size)
        if test is None:
            test = 0.1 if train is None else 1 - train
        return {"cross": "shuffle", "folds": self.n_splits, "held_out": test, "learned": train or 0,
                "seed": _values.seed(self.random_state)}


class StratifiedShuffleSplit(ShuffleSplit):
    """The same with each class in proportion."""

    by_class = True


class GroupShuffleSplit(ShuffleSplit):
    """The same of whole groups."""

    by_group = True


class Bootstrap(Splitter):
    """As many rows to learn from as there are, drawn with replacement (of each class: stratified); the test is what was
    not drawn. With groups, whole groups are drawn."""

    names = ("n_splits", "stratified", "random_state")

    def __init__(self, n_splits=10, *, stratified=False, random_state=None):
        super().__init__(n_splits=n_splits, stratified=stratified, random_state=random_state)

    def _cut_by(self, X, y, groups):
        return _keys(_numbered(y, "y", "the classes are in it") if self.stratified else None,
                     None if groups is None else _numbered(groups, "groups", ""))

    def _how(self, n):
        return {"cross": "bootstrap", "folds": self.n_splits, "seed": _values.seed(self.random_state)}


class TimeSeriesSplit(Splitter):
    """Runs of rows in time order, each tested on what was learned before it."""

    names = ("n_splits", "max_train_size", "test_size", "gap")

    def __init__(self, n_splits=5, *, max_train_size=None, test_size=None, gap=0):
        super().__init__(n_splits=n_splits, max_train_size=max_train_size, test_size=test_size, gap=gap)

    def _how(self, n):
        return {"cross": "walk_forward", "folds": self.n_splits, "test_rows": self.test_size or 0, "gap": self.gap,
                "window": self.max_train_size or 0}


class WalkForward(Splitter):
    """Tests of about as many rows each, one after the other in time, each learned from what was known before it.

    time, and until (when a row's outcome is known; None: at once), are arrays or columns of X. Training rows end gap
    before the test begins; with until, rows whose outcome is known only later are purged. window None: everything
    before (expanding), else so much time before that end (rolling). embargo: after a test so much time is left out of
    later training. Spans are numbers as time is, or timedeltas; of dates, numbers are days."""

    names = ("n_splits", "time", "until", "gap", "window", "embargo")

    def __init__(self, n_splits=5, *, time=None, until=None, gap=0, window=None, embargo=0):
        super().__init__(n_splits=n_splits, time=time, until=until, gap=gap, window=window, embargo=embargo)

    def _cut_by(self, X, y, groups):
        return _keys(time=_column(X, self.time), until=_column(X, self.until))

    def _how(self, n):
        return {"cross": "walk_forward", "folds": self.n_splits, "gap": _span(self.gap), "window": _span(self.window),
                "embargo": _span(self.embargo)}


class Nested(Splitter):
    """For each part of outer (train, test, [(train, validation), ...] of inner within train)."""

    names = ("outer", "inner")

    def __init__(self, outer, inner):
        super().__init__(outer=outer, inner=inner)

    def get_n_splits(self, X=None, y=None, groups=None):
        return self.outer.get_n_splits(X, y, groups)

    def split(self, X, y=None, groups=None):
        take = lambda values, rows: None if values is None else np.asarray(values)[rows]  # noqa: E731
        for train, test in self.outer.split(X, y, groups):
            inner = self.inner.split(np.empty((len(train), 0)), take(y, train), take(groups, train))
            yield train, test, [(train[a], train[b]) for a, b in inner]


def train_validation_test(X, y=None, *, ratios=(0.6, 0.2, 0.2), stratify=None, groups=None, time=None, gap=0,
                          random_state=None):
    """Row numbers of parts in these ratios: at random, with classes in proportion (stratify), whole groups, both, or by
    time with a gap before each part."""
    n = _rows(X, y)
    keys = _keys(None if stratify is None else _numbered(stratify, "stratify", ""),
                 None if groups is None else _numbered(groups, "groups", ""),
                 _column(X, time))
    how = {"gap": _span(gap), "seed": _values.seed(random_state)}
    part = _core.split(n, *keys, json.dumps(how), np.ascontiguousarray(ratios, np.float64))
    return [np.flatnonzero(part == p) for p in range(len(ratios))]
