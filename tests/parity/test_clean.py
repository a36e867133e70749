"""What is put where values are missing by group and by models, and which rows and columns are left out, against pandas
and scikit-learn."""
import warnings

import numpy as np
import pandas as pd
import pytest
import shared_data
from models import Model
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from sklearn.linear_model import LinearRegression, Ridge

TABLES = ["iris", "concrete", "breast_cancer", "diabetes", "random"]


def table(name, share=0.15, wide=6):
    """Two halves, with gaps in all columns but the first."""
    rng = np.random.default_rng(3)
    if name == "random":
        x = rng.normal(size=(400, wide)) @ rng.normal(size=(wide, wide))
    else:
        x = shared_data.mixed(name)[0][:, :wide]
        x = x[~np.isnan(x).any(1)]
    x = x[rng.permutation(len(x))[:600]]
    gaps = rng.random(x.shape) < share * np.arange(x.shape[1]) / x.shape[1] * 2
    x[gaps] = np.nan
    half = len(x) // 2
    return x[:half], x[half:]


# ---- by group ----


def grouped(name):
    """x0 and x1 are keys, of which x1 misses some; the second half has a key that the first has not."""
    rng = np.random.default_rng(5)
    halves = []
    for part, keys in zip(table(name), (4, 5)):
        key = rng.integers(0, keys, len(part)).astype(float)
        other = rng.integers(0, 3, len(part)).astype(float)
        other[rng.random(len(part)) < 0.1] = np.nan
        part = np.column_stack([key, other, np.round(part[:, 1:], 1)])
        part[(key == 2) & (other == 1), 3] = np.nan  # a group without any value
        halves.append(part)
    return halves


STATISTICS = {"mean": lambda s: s.mean(), "median": lambda s: s.median(),
              "most_frequent": lambda s: s.mode().iloc[0] if s.notna().any() else np.nan}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("by,strategy", [(["x0"], "mean"), (["x0", "x1"], "median"), (["x0", "x1"], "most_frequent")])
def test_impute_by_group(name, by, strategy):
    train, test = grouped(name)
    figure = STATISTICS[strategy]
    frame = pd.DataFrame(train, columns=[f"x{j}" for j in range(train.shape[1])])
    keys = frame[by].fillna(-1)
    model = Model("impute", by=by, strategy=strategy).fit(train)
    values = [c for c in frame if c not in by]
    learned = {c: frame[c].groupby([keys[k] for k in by]).agg(figure) for c in values}
    for part in (train, test):
        wanted = pd.DataFrame(part, columns=frame.columns)
        own = wanted[by].fillna(-1)
        index = own[by[0]] if len(by) == 1 else pd.MultiIndex.from_frame(own)
        for c in values:
            usual = pd.Series(learned[c].reindex(index).to_numpy()).fillna(figure(frame[c]))
            wanted[c] = wanted[c].fillna(usual)
        np.testing.assert_allclose(model.transform(part), wanted, rtol=1e-12, atol=1e-12)


def test_groups_with_few_values_get_the_usual_one():
    x = np.array([[0, 1], [0, 3], [0, np.nan], [1, 10], [1, np.nan]])
    filled = Model("impute", by=["x0"], min_count=2, strategy="mean").fit(x).transform(x)
    np.testing.assert_allclose(filled[[2, 4], 1], [2, 14 / 3])


def test_a_constant_has_no_groups():
    with pytest.raises(RuntimeError, match="leave one of them out"):
        Model("impute", by=["x0"], strategy="constant").fit(np.ones((3, 2)))


# ---- by models ----


def peer(x, **params):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return IterativeImputer(**params).fit(x)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("order,start", [("ascending", "mean"), ("descending", "median"), ("roman", "most_frequent"),
                                         ("arabic", "mean")])
def test_iterative_impute(name, order, start):
    train, test = table(name)
    test[3, 0] = np.nan  # nothing is missing there in training
    other = peer(train, estimator=Ridge(), imputation_order=order, initial_strategy=start, max_iter=6, tol=1e-3)
    model = Model("iterative_impute", imputation_order=order, initial_strategy=start, max_iter=6).fit(train)
    assert model.arrays["n_iter"] == other.n_iter_
    for x in (train, test):
        np.testing.assert_allclose(model.transform(x), other.transform(x), rtol=1e-6, atol=1e-6 * np.nanstd(x))


@pytest.mark.parametrize("name", TABLES[:3])
def test_iterative_impute_with_limits_and_another_model(name):
    train, test = table(name)
    low, high = np.nanquantile(train, [0.1, 0.9])
    for skip in (False, True):
        other = peer(train, estimator=LinearRegression(), max_iter=2, tol=0, min_value=low, max_value=high,
                     skip_complete=skip)
        model = Model("iterative_impute", estimator="least_squares", max_iter=2, tolerance=0, min_value=low, max_value=high,
                      skip_complete=skip).fit(train)
        np.testing.assert_allclose(model.transform(test), other.transform(test), rtol=1e-6, atol=1e-6 * np.nanstd(train))


def test_iterative_impute_by_trees_is_nearer_than_the_mean():
    """Any regression will do: on columns that hang together in curves, forests come nearer than lines and means."""
    rng = np.random.default_rng(0)
    t = rng.uniform(-2, 2, 800)
    whole = np.column_stack([t, t ** 2, np.sin(2 * t)]) + rng.normal(0, 0.05, (800, 3))
    x, holes = whole.copy(), rng.random((800, 3)) < 0.1
    x[holes] = np.nan
    off = {}
    for kind in ("ridge", {"extra_trees": {"n_estimators": 20}}):
        filled = Model("iterative_impute", estimator=kind, max_iter=3).fit(x).transform(x)
        off[str(kind)[:5]] = np.abs(filled - whole)[holes].mean()
    mean = np.abs(np.where(holes, np.nanmean(x, 0), x) - whole)[holes].mean()
    assert off["{'ext"] < 0.5 * off["ridge"] < mean


@pytest.mark.parametrize("name", TABLES[:4])
def test_iterative_impute_by_nearest_columns(name):
    """As many as there are give the bits of none; few: as near to the truth as scikit-learn's, over seeds."""
    train, test = table(name)
    p = train.shape[1]
    alike = [Model("iterative_impute", max_iter=2, **more).fit(train).transform(test)
             for more in ({}, {"n_nearest_features": p - 1}, {"n_nearest_features": p + 7})]
    np.testing.assert_array_equal(alike[1], alike[0])
    np.testing.assert_array_equal(alike[2], alike[0])
    few = [Model("iterative_impute", threads=t, max_iter=2, n_nearest_features=2).fit(train).transform(test) for t in (1, 3)]
    np.testing.assert_array_equal(*few)
    assert (few[0] != alike[0]).any()


def hidden(seed, n=300):
    """Columns that hang together closely or hardly at all, with gaps, and the truth."""
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(n, 2))
    whole = np.column_stack([base[:, 0], base[:, 0] + 0.1 * rng.normal(size=n), base[:, 1], rng.normal(size=(n, 3)),
                             base[:, 1] + 0.1 * rng.normal(size=n)])
    x, holes = whole.copy(), rng.random(whole.shape) < 0.15
    x[holes] = np.nan
    return x, whole, holes


def test_nearest_columns_are_drawn_by_correlation():
    off = {"mine": [], "theirs": []}
    for seed in range(9):
        x, whole, holes = hidden(seed)
        more = {"max_iter": 2, "n_nearest_features": 1}
        mine = Model("iterative_impute", seed=seed, **more).fit(x).transform(x)
        theirs = peer(x, estimator=Ridge(), random_state=seed, tol=0, **more).transform(x)
        off["mine"].append(np.abs(mine - whole)[holes].mean())
        off["theirs"].append(np.abs(theirs - whole)[holes].mean())
    apart = np.subtract(off["mine"], off["theirs"])
    assert abs(apart.mean()) < 3 * apart.std() / 3
    assert np.mean(off["mine"]) < 0.75 * np.abs(np.where(holes, 0, whole) - whole)[holes].mean()  # blindly: 1 in 6 helps


@pytest.mark.parametrize("name", ["iris", "concrete", "diabetes"])
def test_iterative_impute_by_draws(name):
    """Mean and spread of each value over seeds are scikit-learn's; limits cut off; a row's draws are its own."""
    train, test = table(name, wide=4)
    more = {"max_iter": 2, "sample_posterior": True}
    train, test = train[:120], test[:40]
    seeds = range(24)
    mine, theirs = [], []
    for seed in seeds:
        mine.append(Model("iterative_impute", estimator="bayesian_ridge", seed=seed, **more).fit(train).transform(test))
        theirs.append(peer(train, random_state=seed, tol=0, **more).transform(test))
    holes = np.isnan(test)
    a, b = (np.array(v)[:, holes] for v in (mine, theirs))
    spread = np.sqrt((a.var(0) + b.var(0)) / len(seeds))
    z = (a.mean(0) - b.mean(0)) / spread
    assert abs(z.mean()) < 1 and 0.6 < z.std() < 1.4 and (np.abs(z) > 4).mean() < 0.01
    assert 0.9 < np.median(a.std(0) / b.std(0)) < 1.1

    model = Model("iterative_impute", estimator="bayesian_ridge", threads=3, seed=seeds[-1], **more).fit(train)
    np.testing.assert_array_equal(model.transform(test), mine[-1])
    np.testing.assert_array_equal(model.transform(test[7:8]), mine[-1][7:8])
    low, high = np.nanquantile(train, [0.3, 0.6])
    cut = Model("iterative_impute", estimator="bayesian_ridge", min_value=low, max_value=high, **more).fit(train).transform(test)
    assert cut[holes].min() >= low and cut[holes].max() <= high


def test_training_rows_that_hold_the_same_get_draws_of_their_own():
    x = np.column_stack([np.tile([0.0, 1.0], 200), np.random.default_rng(0).normal(size=400)])
    x[::3, 1] = np.nan
    for kind in ("bayesian_ridge", {"gaussian_process": {"optimize": False}}):
        drawn = kept_rows("iterative_impute", x, estimator=kind, sample_posterior=True, max_iter=1)
        assert len(np.unique(drawn[::3, 1])) == len(drawn[::3])
        assert abs(drawn[::3, 1].std() / np.nanstd(x[:, 1]) - 1) < 0.3


def kept_rows(kind, x, **params):
    made, source, partner, _ = Model(kind, **params).resample(x)
    np.testing.assert_array_equal(source, range(len(x)))
    return made


def test_draws_need_a_deviation():
    for kind in ("ridge", "gbdt", "random_forest"):
        with pytest.raises(RuntimeError, match="sample_posterior.*bayesian_ridge"):
            Model("iterative_impute", estimator=kind, sample_posterior=True).fit(np.random.default_rng(0).normal(size=(20, 3)))


def test_one_column_gets_its_mean():
    x = np.array([[1.0], [np.nan], [3.0]])
    np.testing.assert_array_equal(Model("iterative_impute").fit(x).transform(x), [[1], [2], [3]])


# ---- left out ----


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("share", [0, 0.1, 0.2, 1])
def test_drop_missing_columns(name, share):
    train, test = table(name)
    kept = np.isnan(train).mean(0) <= share
    got = Model("drop_missing", max_share=share).fit(train)
    if kept.any():
        np.testing.assert_array_equal(got.transform(test), test[:, kept])


def kept(kind, x, y=None, **params):
    """The rows that are learned from; those to be answered pass."""
    made, source, partner, _ = Model(kind, **params).resample(x, y)
    assert (partner == -1).all()
    np.testing.assert_array_equal(made, x[source])
    np.testing.assert_array_equal(Model(kind, **params).fit(x, y).transform(x), x)
    return source


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("how", [{"how": "any"}, {"how": "all"}, {"thresh": 1}, {"thresh": 4}])
def test_drop_missing_rows(name, how):
    x = table(name)[0].copy()
    x[5] = np.nan
    if how == {"how": "any"} and np.isnan(x).any(1).all():
        pytest.skip("no row is whole")
    np.testing.assert_array_equal(kept("drop_missing_rows", x, **how), pd.DataFrame(x).dropna(**how).index)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("keep", ["first", "last", False])
@pytest.mark.parametrize("key", [False, True])
def test_drop_duplicates(name, keep, key):
    rng = np.random.default_rng(1)
    x = np.round(table(name)[0][:, :2], 0)
    x = x[rng.integers(0, len(x), 2 * len(x))]
    x[:, 0] -= x[:, 0].min()
    y = rng.integers(0, 2, len(x)).astype(float)
    frame = pd.DataFrame(np.column_stack([x, y]))
    wanted = frame.drop_duplicates(subset=[0, 1] if key else None, keep=keep).index
    if len(wanted) == 0:
        with pytest.raises(RuntimeError, match="every one"):
            kept("drop_duplicates", x, y, keep=keep or "none", target=not key)
        return
    np.testing.assert_array_equal(kept("drop_duplicates", x, y, keep=keep or "none", target=not key), wanted)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("method", ["iqr", "z", "mad", "quantile"])
def test_rows_with_outliers(name, method):
    x = table(name)[0]
    frame = pd.DataFrame(x)
    if method == "iqr":
        a, b = frame.quantile(0.25), frame.quantile(0.75)
        low, high = a - 1.5 * (b - a), b + 1.5 * (b - a)
    elif method == "z":
        low, high = (frame.mean() + s * 3 * frame.std(ddof=0) for s in (-1, 1))
    elif method == "mad":
        mad = 1.482602218505602 * (frame - frame.median()).abs().median()
        low, high = (frame.median() + s * 3.5 * mad for s in (-1, 1))
    else:
        low, high = frame.quantile(0.01), frame.quantile(0.99)
    flat = low == high if method != "quantile" else low > high
    out = ((frame < low) | (frame > high)) & ~flat
    np.testing.assert_array_equal(kept("drop_outliers", x, method=method), frame[~out.any(axis=1)].index)


DETECTORS = {"isolation_forest": {"n_estimators": 20}, "local_outlier_factor": {"n_neighbors": 10},
             "univariate_outliers": {"method": "iqr"}}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("detector", DETECTORS)
def test_odd_rows(name, detector):
    """Those that the detector by itself finds odd among the rows it was fitted on; flags and scores are its answers."""
    x = table(name, share=0)[0]
    alone = Model(detector, **DETECTORS[detector]).fit(x, task="anomaly")
    scores = alone.predict(x)
    own = alone.arrays.get("labels", scores)
    part = {detector: DETECTORS[detector]}
    np.testing.assert_array_equal(kept("drop_anomalies", x, estimator=part), np.flatnonzero(own >= 0))
    flags = Model("drop_anomalies", estimator=part, action="flag").fit(x).transform(x)
    np.testing.assert_array_equal(flags[:, -1], scores < 0)
    shown = Model("drop_anomalies", estimator=part, action="score").fit(x).transform(x)
    np.testing.assert_array_equal(shown, np.column_stack([x, scores]))
