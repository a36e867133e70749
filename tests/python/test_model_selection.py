"""The splitters against scikit-learn's: equal where nothing is drawn, of the same properties where something is."""
import warnings

import numpy as np
import pytest
from hone import model_selection as mine
from sklearn import model_selection as theirs

X = np.arange(120.0).reshape(60, 2)
RNG = np.random.default_rng(3)
Y = RNG.choice(3, 60, p=[0.6, 0.3, 0.1])
GROUPS = RNG.choice(12, 60)


def same(a, b):
    a, b = list(a), list(b)
    assert len(a) == len(b)
    for (train, test), (their_train, their_test) in zip(a, b):
        np.testing.assert_array_equal(train, their_train)
        np.testing.assert_array_equal(test, their_test)


@pytest.mark.parametrize("name,params", [
    ("KFold", {}), ("KFold", {"n_splits": 7}), ("StratifiedKFold", {"n_splits": 4}), ("GroupKFold", {"n_splits": 4}),
    ("TimeSeriesSplit", {}), ("TimeSeriesSplit", {"n_splits": 4, "gap": 3}),
    ("TimeSeriesSplit", {"n_splits": 3, "test_size": 6, "max_train_size": 20}), ("LeaveOneOut", {}),
    ("TimeSeriesSplit", {"n_splits": 6, "gap": 5, "max_train_size": 11}), ("KFold", {"n_splits": 60}),
    ("LeaveOneGroupOut", {}), ("LeavePGroupsOut", {"n_groups": 2}), ("StratifiedGroupKFold", {"n_splits": 3}),
    ("PredefinedSplit", {"test_fold": RNG.choice([-1, 0, 3, 7], 60)})], ids=str)
def test_equal(name, params):
    a, b = getattr(mine, name)(**params), getattr(theirs, name)(**params)
    rest = () if name == "PredefinedSplit" else (X, Y, GROUPS)
    assert a.get_n_splits(*rest) == b.get_n_splits(*rest)
    same(a.split(*rest), b.split(*rest))


@pytest.mark.parametrize("seed", range(6))
def test_equal_on_random_rows(seed):
    """Uneven classes, groups of all sizes, rows that are no multiple of the folds."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(40, 400)), int(rng.integers(2, 7))
    x, y = np.zeros((n, 1)), rng.choice(4, n, p=[0.6, 0.25, 0.1, 0.05])
    groups = rng.choice(60, n, p=rng.dirichlet(np.full(60, 0.5)))
    y = np.array(["d", "a", "c", "b"])[y]
    for name in ("KFold", "StratifiedKFold", "StratifiedGroupKFold"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn's, of classes with fewer rows than folds
            same(getattr(mine, name)(k).split(x, y, groups), getattr(theirs, name)(k).split(x, y, groups))
    sizes = [sorted(len(test) for _, test in ours(k).split(x, y, groups)) for ours in (mine.GroupKFold, theirs.GroupKFold)]
    assert sizes[0] == sizes[1]


def test_leave_p_out():
    same(mine.LeavePOut(2).split(X[:7]), theirs.LeavePOut(2).split(X[:7]))


@pytest.mark.parametrize("splitter", [
    mine.KFold(5, shuffle=True, random_state=1), mine.StratifiedKFold(4, shuffle=True, random_state=1),
    mine.GroupKFold(4, shuffle=True, random_state=1), mine.StratifiedGroupKFold(3, shuffle=True, random_state=1),
    mine.RepeatedKFold(n_splits=3, n_repeats=4, random_state=1),
    mine.RepeatedStratifiedKFold(n_splits=3, n_repeats=4, random_state=1),
    mine.RepeatedGroupKFold(n_splits=3, n_repeats=3), mine.RepeatedStratifiedGroupKFold(n_splits=3, n_repeats=2)], ids=repr)
def test_partition(splitter):
    parts = list(splitter.split(X, Y, GROUPS))
    assert len(parts) == splitter.get_n_splits(X, Y, GROUPS)
    times = np.zeros(60, int)
    for train, test in parts:
        assert len(np.intersect1d(train, test)) == 0 and len(train) + len(test) == 60
        times[test] += 1
        if "Group" in repr(splitter):
            assert not set(GROUPS[train]) & set(GROUPS[test])
        if repr(splitter).startswith(("StratifiedKFold", "RepeatedStratifiedKFold")):
            share = np.bincount(Y, minlength=3) / splitter.n_splits
            assert (abs(np.bincount(Y[test], minlength=3) - share) <= 1).all()
    assert (times == times[0]).all()
    again = list(type(splitter)(**splitter.get_params()).split(X, Y, GROUPS))
    same(parts, again)


@pytest.mark.parametrize("splitter,learned,held", [
    (mine.ShuffleSplit(8, test_size=0.25, random_state=1), 45, 15), (mine.ShuffleSplit(3, test_size=7, train_size=20), 20, 7),
    (mine.StratifiedShuffleSplit(8, test_size=0.25), 45, 15), (mine.GroupShuffleSplit(8, test_size=0.25), None, None)],
    ids=repr)
def test_draws(splitter, learned, held):
    seen = set()
    for train, test in splitter.split(X, Y, GROUPS):
        assert not set(train) & set(test)
        if learned:
            assert (len(train), len(test)) == (learned, held)
        if "Stratified" in repr(splitter):
            assert (abs(np.bincount(Y[test], minlength=3) - np.bincount(Y) / 4) <= 1).all()
        if "Group" in repr(splitter):
            assert not set(GROUPS[train]) & set(GROUPS[test]) and 4 <= len(test) <= 26
        seen.add(tuple(test))
    assert len(seen) == splitter.n_splits


@pytest.mark.parametrize("stratified,groups", [(False, None), (True, None), (False, GROUPS)])
def test_bootstrap(stratified, groups):
    for train, test in mine.Bootstrap(20, stratified=stratified, random_state=2).split(X, Y, groups):
        assert not set(train) & set(test) and len(set(train) | set(test)) == 60
        if groups is None:
            assert len(train) == 60
        else:
            assert not set(groups[train]) & set(groups[test])
        if stratified:
            np.testing.assert_array_equal(np.bincount(Y[train], minlength=3), np.bincount(Y, minlength=3))


def test_leave_many_out_by_number():
    """Pair 10,000 of half a million is what scikit-learn's iterator comes to."""
    from itertools import islice
    ours = mine.LeavePOut(4).split(X)
    assert mine.LeavePOut(4).get_n_splits(X) == 487635
    for (_, test), (_, wanted) in zip(islice(ours, 0, 200), theirs.LeavePOut(4).split(X)):
        np.testing.assert_array_equal(test, wanted)


def test_scikit_learn_takes_them():
    from sklearn.linear_model import LogisticRegression
    for cv in (mine.StratifiedKFold(3), mine.RepeatedKFold(n_splits=3, n_repeats=2, random_state=1),
               mine.WalkForward(4)):
        scores = theirs.cross_val_score(LogisticRegression(), X, (np.arange(60) % 2), cv=cv)
        assert len(scores) == cv.get_n_splits()


@pytest.mark.parametrize("window,embargo,gap", [(None, 0, 0), (30, 0, 2), (None, 5, 1)])
def test_walk_forward(window, embargo, gap):
    rng = np.random.default_rng(1)
    time = rng.integers(0, 100, 300).astype(float)
    until = time + rng.integers(0, 10, 300)
    before = None
    for train, test in mine.WalkForward(4, time=time, until=until, gap=gap, window=window, embargo=embargo).split(time):
        begin, end = time[test].min(), time[test].max()
        assert time[train].max() < begin - gap and until[train].max() < begin
        assert not set(train) & set(test)
        if window:
            assert time[train].min() >= begin - gap - window
        if before is not None:
            assert begin > before
            if embargo:
                assert not ((time[train] > before) & (time[train] < before + embargo)).any()
        before = end


def test_walk_forward_by_dates():
    import pandas as pd
    frame = pd.DataFrame({"when": pd.date_range("2024-01-01", periods=100, freq="D"), "x": 1.0})
    parts = list(mine.WalkForward(4, time="when", gap=np.timedelta64(7, "D"),
                                  window=np.timedelta64(30, "D")).split(frame))
    for train, test in parts:
        assert frame.when[test].min() - frame.when[train].max() > pd.Timedelta(days=7)
        assert len(train) <= 30


def test_nested():
    for train, test, inner in mine.Nested(mine.KFold(3), mine.StratifiedKFold(2)).split(X, Y):
        for a, b in inner:
            assert set(a) | set(b) == set(train) and not set(b) & set(test)


@pytest.mark.parametrize("keys", [{}, {"stratify": Y}, {"groups": GROUPS}, {"stratify": Y, "groups": GROUPS}], ids=list)
def test_ratios(keys):
    parts = mine.train_validation_test(X, ratios=(0.5, 0.25, 0.25), random_state=1, **keys)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(60))
    if "groups" not in keys:
        assert [len(p) for p in parts] == [30, 15, 15]
        if keys:
            for part, ratio in zip(parts, (0.5, 0.25, 0.25)):
                assert (abs(np.bincount(Y[part], minlength=3) - ratio * np.bincount(Y)) <= 1.001).all()
    else:
        assert all(abs(len(p) - r * 60) < 12 for p, r in zip(parts, (0.5, 0.25, 0.25)))
        assert sum(len(set(GROUPS[p])) for p in parts) == 12


def test_refusals():
    for broken in (lambda: mine.KFold(1), lambda: list(mine.KFold(9).split(X[:5])),
                   lambda: list(mine.GroupKFold(3).split(X)), lambda: list(mine.StratifiedKFold(40).split(X, Y)),
                   lambda: list(mine.LeavePOut(9).split(X[:4])), lambda: mine.train_validation_test(X, ratios=(0.5, 0.6)),
                   lambda: list(mine.WalkForward(3, gap=100).split(X))):
        with pytest.raises(ValueError):
            broken()


def test_ratios_by_time():
    time = np.repeat(np.arange(50), 4)[np.random.default_rng(1).permutation(200)]
    train, valid, test = mine.train_validation_test(time, ratios=(0.6, 0.2, 0.2), time=time, gap=3)
    assert time[train].max() < time[valid].min() - 3 and time[valid].max() < time[test].min() - 3
    assert time[test].min() == 40 and len(test) == 40
