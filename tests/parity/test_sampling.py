"""The samplers against imbalanced-learn: equal where nothing is drawn, of the same form where something is."""
import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from models import Model
from shared_data import mixed

TABLES = ["telco_churn", "breast_cancer", "titanic", "digits"]


def table(name, most=1200):
    """Numbers without gaps, classes by index; of digits one class is made rare."""
    x, y = mixed(name)
    x = x[:, np.isfinite(x).all(0)][:most]
    y = np.unique(y[:most], return_inverse=True)[1]
    if name == "digits":
        rare = np.flatnonzero(y == 3)[10:]
        x, y = np.delete(x, rare, 0), np.delete(y, rare)
    return x, y


def counts(y):
    return dict(zip(*(v.tolist() for v in np.unique(y, return_counts=True))))


def strategies(y):
    return ["auto", "minority", "not_minority", "all"] + ([0.9] if len(np.unique(y)) == 2 else [])


def theirs(strategy):
    return strategy.replace("_", " ") if isinstance(strategy, str) else strategy


@pytest.mark.parametrize("name", TABLES)
def test_over(name):
    x, y = table(name)
    for strategy in strategies(y):
        made, source, partner, weight = Model("random_over_sample", sampling_strategy=strategy).resample(x, y)
        peer = RandomOverSampler(sampling_strategy=theirs(strategy), random_state=1).fit_resample(x, y)[1]
        assert counts(y[source]) == counts(peer)
        n = len(x)
        np.testing.assert_array_equal(source[:n], np.arange(n))
        assert (partner[:n] == -1).all() and (partner[n:] == source[n:]).all() and (weight == 1).all()
        np.testing.assert_array_equal(made, x[source])


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("replacement", [False, True])
def test_under(name, replacement):
    x, y = table(name)
    for strategy in (s for s in strategies(y) if s != "minority"):
        made, source, partner, _ = Model("random_under_sample", sampling_strategy=strategy,
                                         replacement=replacement).resample(x, y)
        peer = RandomUnderSampler(sampling_strategy=theirs(strategy), random_state=1,
                                  replacement=replacement).fit_resample(x, y)[1]
        assert counts(y[source]) == counts(peer)
        assert (np.diff(source) >= 0).all() and (replacement or len(set(source)) == len(source))
        np.testing.assert_array_equal(partner, np.where(np.diff(source, prepend=-1) == 0, source, -1))
        np.testing.assert_array_equal(made, x[source])


def test_draws_are_fair():
    """Each row of the class is drawn about as often as any other."""
    y = np.repeat([0, 1], [6000, 30])
    x = np.arange(len(y), dtype=float)[:, None]
    source = Model("random_over_sample").resample(x, y)[1]
    drawn = np.bincount(source[6030:] - 6000, minlength=30)
    assert drawn.sum() == 5970 and abs(drawn - 199).max() < 5 * np.sqrt(199)


def test_a_ratio_is_for_two_classes_and_one_way():
    x, y = np.arange(12.0)[:, None], np.repeat([0, 1, 2], 4)
    for kind in ("random_over_sample", "random_under_sample"):
        with pytest.raises(RuntimeError, match="ratio of two classes"):
            Model(kind, sampling_strategy=0.5).resample(x, y)
        with pytest.raises(RuntimeError, match="set it higher"):
            Model(kind, sampling_strategy=0.5).resample(x[:9], np.repeat([0, 1], [5, 4]))
    with pytest.raises(RuntimeError, match="does not change which rows"):
        Model("standard_scale").resample(x)
