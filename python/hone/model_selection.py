"""Splitters with scikit-learn's protocol: split(X, y, groups) gives pairs of row numbers, get_n_splits how many.

Where nothing is drawn they give scikit-learn's parts; where something is, parts of the same properties. WalkForward is
what scikit-learn has not: parts by time with a gap, rows purged whose outcome reaches into the test, and an embargo."""

from itertools import combinations
from math import comb

import numpy as np

__all__ = ["KFold", "StratifiedKFold", "GroupKFold", "StratifiedGroupKFold", "RepeatedKFold", "RepeatedStratifiedKFold",
           "LeaveOneOut", "LeavePOut", "LeaveOneGroupOut", "LeavePGroupsOut", "TimeSeriesSplit", "WalkForward",
           "Nested", "train_validation_test"]


def _rows(X, y=None):
    for given in (X, y):
        if given is not None:
            return given.shape[0] if hasattr(given, "shape") else len(given)
    raise ValueError("there is nothing to split: pass X or y")


def _rng(seed):
    return seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)


def _need(value, what, why):
    if value is None:
        raise ValueError(f"The '{what}' parameter should not be None: {why}")
    return np.asarray(value)


class Splitter:
    """What all of them have: parameters by name, and tests turned into pairs."""

    names = ()

    def __init__(self, **given):
        for name in self.names:
            setattr(self, name, given[name])

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.names)})"

    def get_params(self, deep=True):
        return {name: getattr(self, name) for name in self.names}

    def get_n_splits(self, X=None, y=None, groups=None):
        return self.n_splits

    def split(self, X, y=None, groups=None):
        n = _rows(X, y)
        for test in self._tests(n, y, groups):
            held = np.zeros(n, bool)
            held[test] = True
            yield np.flatnonzero(~held), np.flatnonzero(held)


class _Folds(Splitter):
    names = ("n_splits", "shuffle", "random_state")

    def __init__(self, n_splits=5, *, shuffle=False, random_state=None):
        if int(n_splits) < 2:
            raise ValueError(f"n_splits is {n_splits}: there must be 2 folds at least")
        super().__init__(n_splits=int(n_splits), shuffle=shuffle, random_state=random_state)

    def _enough(self, n):
        if n < self.n_splits:
            raise ValueError(f"Cannot have number of splits n_splits={self.n_splits} greater than the number of "
                             f"samples: n_samples={n}.")


class KFold(_Folds):
    """Folds of about equal size: runs of rows, or rows at random."""

    def _tests(self, n, y, groups):
        self._enough(n)
        order = _rng(self.random_state).permutation(n) if self.shuffle else np.arange(n)
        yield from np.array_split(order, self.n_splits)


class StratifiedKFold(_Folds):
    """Folds with each class in proportion, within one row."""

    def _tests(self, n, y, groups):
        self._enough(n)
        y = _need(y, "y", "the classes are in it")
        _, first, codes = np.unique(y, return_index=True, return_inverse=True)
        codes = np.argsort(np.argsort(first))[codes.reshape(-1)]  # classes in the order of their first rows
        counts = np.bincount(codes)
        if (counts < self.n_splits).all():
            raise ValueError(f"n_splits={self.n_splits} cannot be greater than the number of members in each class.")
        order = np.sort(codes)
        share = np.array([np.bincount(order[f::self.n_splits], minlength=len(counts)) for f in range(self.n_splits)])
        rng, fold = _rng(self.random_state), np.empty(n, int)
        for c in range(len(counts)):
            own = np.repeat(np.arange(self.n_splits), share[:, c])
            fold[codes == c] = rng.permutation(own) if self.shuffle else own
        for f in range(self.n_splits):
            yield np.flatnonzero(fold == f)


class GroupKFold(_Folds):
    """Folds of whole groups, of about equal size: the largest group next to the smallest fold."""

    def _tests(self, n, y, groups):
        names, codes = np.unique(_need(groups, "groups", "rows of one never part"), return_inverse=True)
        if len(names) < self.n_splits:
            raise ValueError(f"Cannot have number of splits n_splits={self.n_splits} greater than the number of "
                             f"groups: {len(names)}.")
        counts, fold = np.bincount(codes), np.empty(len(names), int)
        if self.shuffle:
            for f, part in enumerate(np.array_split(_rng(self.random_state).permutation(len(names)), self.n_splits)):
                fold[part] = f
        else:
            size = np.zeros(self.n_splits)
            for group in np.argsort(counts, kind="stable")[::-1]:
                fold[group] = size.argmin()
                size[fold[group]] += counts[group]
        for f in range(self.n_splits):
            yield np.flatnonzero(fold[codes] == f)


class StratifiedGroupKFold(_Folds):
    """Folds of whole groups, with each class as near to its proportion as groups allow."""

    def _tests(self, n, y, groups):
        classes = np.unique(_need(y, "y", "the classes are in it"), return_inverse=True)[1].reshape(-1)
        names, codes = np.unique(_need(groups, "groups", "rows of one never part"), return_inverse=True)
        total = np.bincount(classes)
        if (total < self.n_splits).all():
            raise ValueError("n_splits cannot be greater than the number of members in each class.")
        table = np.zeros((len(names), len(total)))
        np.add.at(table, (codes, classes), 1)
        if self.shuffle:
            order = _rng(self.random_state).permutation(len(names))
            order = order[np.argsort(-table[order].std(1), kind="stable")]
        else:
            order = np.argsort(-table.std(1), kind="stable")
        have, fold = np.zeros((self.n_splits, len(total))), np.empty(len(names), int)
        for group in order:
            best = None
            for f in range(self.n_splits):
                have[f] += table[group]
                spread = (have / total).std(0).mean()
                have[f] -= table[group]
                key = (spread, have[f].sum())
                if best is None or spread < best[0] - 1e-12 or (abs(spread - best[0]) <= 1e-12 and key[1] < best[1]):
                    best, fold[group] = key, f
            have[fold[group]] += table[group]
        for f in range(self.n_splits):
            yield np.flatnonzero(fold[codes] == f)


class _Repeated(Splitter):
    names = ("n_splits", "n_repeats", "random_state")

    def __init__(self, *, n_splits=5, n_repeats=10, random_state=None):
        super().__init__(n_splits=n_splits, n_repeats=n_repeats, random_state=random_state)

    def get_n_splits(self, X=None, y=None, groups=None):
        return self.n_splits * self.n_repeats

    def _tests(self, n, y, groups):
        rng = _rng(self.random_state)
        for _ in range(self.n_repeats):
            yield from self.of(self.n_splits, shuffle=True, random_state=rng)._tests(n, y, groups)


class RepeatedKFold(_Repeated):
    """KFold again and again, at random each time."""

    of = KFold


class RepeatedStratifiedKFold(_Repeated):
    """StratifiedKFold again and again, at random each time."""

    of = StratifiedKFold


class LeavePOut(Splitter):
    """Every p rows are held out once."""

    names = ("p",)

    def __init__(self, p):
        super().__init__(p=p)

    def get_n_splits(self, X=None, y=None, groups=None):
        return comb(_rows(X, y), self.p)

    def _tests(self, n, y, groups):
        if n <= self.p:
            raise ValueError(f"p={self.p} must be strictly less than the number of samples={n}")
        yield from (np.array(rows) for rows in combinations(range(n), self.p))


class LeaveOneOut(LeavePOut):
    """Each row is held out once."""

    names = ()

    def __init__(self):
        self.p = 1


class LeavePGroupsOut(Splitter):
    """Every n_groups groups are held out once."""

    names = ("n_groups",)

    def __init__(self, n_groups):
        super().__init__(n_groups=n_groups)

    def get_n_splits(self, X=None, y=None, groups=None):
        return comb(len(np.unique(_need(groups, "groups", "they are what is left out"))), self.n_groups)

    def _tests(self, n, y, groups):
        groups = _need(groups, "groups", "they are what is left out")
        names = np.unique(groups)
        if len(names) <= self.n_groups:
            raise ValueError(f"of {len(names)} groups none stays where {self.n_groups} are left out")
        for out in combinations(names, self.n_groups):
            yield np.flatnonzero(np.isin(groups, out))


class LeaveOneGroupOut(LeavePGroupsOut):
    """Each group is held out once."""

    names = ()

    def __init__(self):
        self.n_groups = 1


class TimeSeriesSplit(Splitter):
    """Runs of rows in time order, each tested on what was learned before it."""

    names = ("n_splits", "max_train_size", "test_size", "gap")

    def __init__(self, n_splits=5, *, max_train_size=None, test_size=None, gap=0):
        super().__init__(n_splits=n_splits, max_train_size=max_train_size, test_size=test_size, gap=gap)

    def split(self, X, y=None, groups=None):
        n = _rows(X, y)
        size = self.test_size or n // (self.n_splits + 1)
        if self.n_splits + 1 > n:
            raise ValueError(f"Cannot have number of folds={self.n_splits + 1} greater than the number of samples={n}.")
        if n - self.gap - size * self.n_splits <= 0:
            raise ValueError(f"Too many splits={self.n_splits} for number of samples={n} with test_size={size} and "
                             f"gap={self.gap}.")
        for begin in range(n - self.n_splits * size, n, size):
            end = begin - self.gap
            first = max(0, end - self.max_train_size) if self.max_train_size else 0
            yield np.arange(first, end), np.arange(begin, begin + size)


class WalkForward(Splitter):
    """Tests of equal spans of time, one after the other, each learned from what was known before it.

    time, and until (when a row's outcome is known; None: at once), are arrays or columns of X. Training rows end gap
    before the test begins; with until, rows whose outcome is known only later are purged. window None: everything
    before (expanding), else a span (sliding). embargo: after a test so much time is left out of later training.
    Spans are numbers as time is, or timedeltas."""

    names = ("n_splits", "time", "until", "gap", "window", "embargo")

    def __init__(self, n_splits=5, *, time=None, until=None, gap=0, window=None, embargo=0):
        super().__init__(n_splits=n_splits, time=time, until=until, gap=gap, window=window, embargo=embargo)

    @staticmethod
    def _column(X, given, n):
        if given is None:
            return None
        values = np.asarray(X[given]) if isinstance(given, str) else np.asarray(given)
        if len(values) != n:
            raise ValueError(f"there are {len(values)} times for {n} rows")
        return values

    def split(self, X, y=None, groups=None):
        n = _rows(X, y)
        time = self._column(X, self.time, n)
        time = np.arange(n) if time is None else time
        until = self._column(X, self.until, n)
        zero = time[:1] - time[:1]  # of the kind that spans are
        span = lambda value: zero[0] if isinstance(value, int) and value == 0 else value  # noqa: E731
        order = np.argsort(time, kind="stable")
        edges = [time[order[n * (f + 1) // (self.n_splits + 1)]] for f in range(self.n_splits)]
        out = np.zeros(n, bool)
        for f, begin in enumerate(edges):
            test = (time >= begin) & ((time < edges[f + 1]) if f + 1 < self.n_splits else True)
            train = (time < begin - span(self.gap)) & ~out
            if until is not None:
                train &= until < begin
            if self.window is not None:
                train &= time >= begin - self.window
            if not train.any() or not test.any():
                raise ValueError(f"part {f + 1} of {self.n_splits} has no row to learn from, or none to test with; "
                                 "take fewer parts, a shorter gap or a longer window")
            yield np.flatnonzero(train), np.flatnonzero(test)
            if f + 1 < self.n_splits and span(self.embargo) != zero[0]:
                out |= (time >= edges[f + 1]) & (time < edges[f + 1] + self.embargo)


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


def train_validation_test(X, y=None, *, ratios=(0.6, 0.2, 0.2), stratify=None, groups=None, random_state=None):
    """Row numbers of parts in these ratios: at random, with classes in proportion (stratify), whole groups, or both."""
    n, ratios = _rows(X, y), np.asarray(ratios, float)
    if (ratios <= 0).any() or abs(ratios.sum() - 1) > 1e-9:
        raise ValueError(f"ratios are {ratios.tolist()}; they must be above 0 and sum to 1")
    rng = _rng(random_state)
    if groups is None:
        classes = np.zeros(n, int) if stratify is None else np.unique(stratify, return_inverse=True)[1].reshape(-1)
        # Rows of a class at random, spread evenly over the whole: every run of them has each class in proportion.
        place = np.empty(n)
        for c in np.unique(classes):
            rows = rng.permutation(np.flatnonzero(classes == c))
            place[rows] = (np.arange(len(rows)) + rng.random()) / len(rows)
        order = np.argsort(place, kind="stable")
        ends = np.round(np.cumsum(ratios) * n).astype(int)
        parts = [np.sort(order[a:b]) for a, b in zip([0, *ends[:-1]], ends)]
    else:
        names, codes = np.unique(groups, return_inverse=True)
        classes = np.zeros(n, int) if stratify is None else np.unique(stratify, return_inverse=True)[1].reshape(-1)
        table = np.zeros((len(names), classes.max() + 1))
        np.add.at(table, (codes, classes), 1)
        wanted, part = ratios[:, None] * table.sum(0), np.empty(len(names), int)
        order = rng.permutation(len(names))
        for group in order[np.argsort(-table[order].sum(1), kind="stable")]:
            gain = wanted.clip(0).sum(1) - (wanted - table[group]).clip(0).sum(1)
            part[group] = (gain + 1e-9 * wanted.sum(1)).argmax()
            wanted[part[group]] -= table[group]
        parts = [np.flatnonzero(part[codes] == p) for p in range(len(ratios))]
    if any(len(part) == 0 for part in parts):
        raise ValueError(f"{n} rows leave a part empty; use more rows, or fewer parts")
    return parts
