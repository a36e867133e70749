"""The samplers against imbalanced-learn: equal where nothing is drawn, of the same form where something is."""
import numpy as np
import pytest
from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.over_sampling import ADASYN, SMOTE, SMOTENC, BorderlineSMOTE, RandomOverSampler
from imblearn.under_sampling import EditedNearestNeighbours, RandomUnderSampler, TomekLinks
from models import Model
from shared_data import mixed
from sklearn.neighbors import NearestNeighbors

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


# ---- neighbours -----------------------------------------------------------------------------------------

NEAR = ["breast_cancer", "digits", "concrete_classes", "random"]


def scaled(name):
    """Rows that all differ, so that neighbours are the same whoever looks for them."""
    if name == "random":
        rng = np.random.default_rng(3)
        y = rng.choice(3, 700, p=[0.7, 0.2, 0.1])
        return rng.normal(size=(700, 5)) + 0.9 * y[:, None], y
    if name == "concrete_classes":
        x, y = mixed("concrete")
        y = np.digitize(y, np.quantile(y, [0.1, 0.7]))
    else:
        x, y = table(name)
    x = (x - x.mean(0)) / np.where(x.std(0) > 0, x.std(0), 1)
    keep = np.unique(np.round(x, 9), axis=0, return_index=True)[1]
    keep.sort()
    return x[keep], y[keep]


def check_made(x, y, made, source, partner, k, allowed=None):
    """Every new row lies between its row and one of the k nearest of its class; the old ones stand first."""
    n = len(x)
    np.testing.assert_array_equal(made[:n], x)
    assert (partner[:n] == -1).all() and (partner[n:] >= 0).all()
    for c in np.unique(y[source[n:]]):
        rows = np.flatnonzero(y == c)
        reach = NearestNeighbors(n_neighbors=k + 1).fit(x[rows]).kneighbors(x[rows])[0][:, -1]
        reach = dict(zip(rows, reach))
        for i in np.flatnonzero(y[source] == c)[len(rows):]:
            a, b = source[i], partner[i]
            assert np.linalg.norm(x[b] - x[a]) <= reach[a] * (1 + 1e-9) and (allowed is None or a in allowed)
            share = np.dot(made[i] - x[a], x[b] - x[a]) / np.dot(x[b] - x[a], x[b] - x[a])
            assert 0 <= share < 1
            np.testing.assert_allclose(made[i], x[a] + share * (x[b] - x[a]), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NEAR)
@pytest.mark.parametrize("k", [1, 5])
def test_smote(name, k):
    x, y = scaled(name)
    for strategy in ("auto", "minority"):
        made, source, partner, _ = Model("smote", k_neighbors=k, sampling_strategy=strategy).resample(x, y)
        peer = SMOTE(k_neighbors=k, sampling_strategy=theirs(strategy), random_state=1).fit_resample(x, y)[1]
        assert counts(y[source]) == counts(peer)
        check_made(x, y, made, source, partner, k)


def test_smote_draws_all_along_the_way():
    x, y = scaled("random")
    made, source, partner, _ = Model("smote").resample(x, y)
    i = np.arange(len(x), len(made))
    a, b = x[source[i]], x[partner[i]]
    share = ((made[i] - a) * (b - a)).sum(1) / ((b - a) ** 2).sum(1)
    assert abs(np.histogram(share, 4, (0, 1))[0] / len(i) - 0.25).max() < 0.05


@pytest.mark.parametrize("name", NEAR)
def test_borderline(name):
    x, y = scaled(name)
    m = 10
    near = NearestNeighbors(n_neighbors=m + 1).fit(x).kneighbors(x)[1][:, 1:]
    others = (y[near] != y[:, None]).sum(1)
    border = set(np.flatnonzero((others >= m / 2) & (others < m)))
    made, source, partner, _ = Model("borderline_smote").resample(x, y)
    peer = BorderlineSMOTE(random_state=1).fit_resample(x, y)[1]
    assert counts(y[source]) == counts(peer)
    check_made(x, y, made, source, partner, 5, border)


@pytest.mark.parametrize("name", ["breast_cancer", "telco_churn", "concrete_classes", "random"])
def test_adasyn(name):
    x, y = scaled(name)
    made, source, partner, _ = Model("adasyn").resample(x, y)
    their_x, their_y = ADASYN(random_state=1).fit_resample(x, y)
    assert counts(y[source]) == counts(their_y)
    check_made(x, y, made, source, partner, 5)


@pytest.mark.parametrize("name", NEAR)
@pytest.mark.parametrize("strategy", ["auto", "all", "majority"])
def test_tomek(name, strategy):
    x, y = scaled(name)
    made, source, _, _ = Model("tomek_links", sampling_strategy=strategy).resample(x, y)
    peer = TomekLinks(sampling_strategy=strategy).fit(x, y)
    peer.fit_resample(x, y)
    np.testing.assert_array_equal(source, np.sort(peer.sample_indices_))
    np.testing.assert_array_equal(made, x[source])


@pytest.mark.parametrize("name", NEAR)
@pytest.mark.parametrize("how", ["all", "mode"])
@pytest.mark.parametrize("strategy", ["auto", "all"])
def test_edited(name, how, strategy):
    x, y = scaled(name)
    source = Model("edited_neighbors", kind_sel=how, sampling_strategy=strategy).resample(x, y)[1]
    peer = EditedNearestNeighbours(kind_sel=how, sampling_strategy=strategy)
    peer.fit_resample(x, y)
    np.testing.assert_array_equal(source, np.sort(peer.sample_indices_))


@pytest.mark.parametrize("kind,peer,cleaner", [
    ("smote_tomek", SMOTETomek, TomekLinks(sampling_strategy="all")),
    ("smote_edited", SMOTEENN, EditedNearestNeighbours(sampling_strategy="all"))])
def test_smote_and_clean(kind, peer, cleaner):
    """Cleaned as imbalanced-learn cleans what smote made with the same seed, and about as much stays as of its own."""
    x, y = scaled("breast_cancer")
    made, source, partner, _ = Model(kind, seed=4).resample(x, y)
    first, first_source, _, _ = Model("smote", seed=4).resample(x, y)
    wanted, _ = cleaner.fit_resample(first, y[first_source])
    key = lambda rows: sorted(map(tuple, np.round(rows, 9)))
    assert key(made) == key(wanted)
    kept = [len(peer(random_state=s).fit_resample(x, y)[1]) for s in range(5)]
    assert min(kept) - 15 <= len(made) <= max(kept) + 15


def test_smote_nc():
    """Numbers between two near rows, categories as most of the nearest have them; neighbours as imbalanced-learn's."""
    import pandas as pd
    from frames import resample
    rng = np.random.default_rng(1)
    n, small = 400, 60
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n) * 3, "c": rng.choice(list("pqrs"), n),
                          "d": rng.choice(["u", "v"], n)})
    y = np.repeat([0, 1], [n - small, small])
    made, source, partner, _ = resample("smote_nc", frame, y, k_neighbors=5)
    assert counts(y[source]) == counts(SMOTENC([2, 3], random_state=1).fit_resample(frame, y)[1])
    rows = frame[y == 1].reset_index(drop=True)
    half = np.median(rows[["a", "b"]].std(ddof=0)) / 2
    space = np.column_stack([rows[["a", "b"]], *(half * (rows[c].to_numpy()[:, None] == np.unique(frame[c]))
                                                 for c in "cd")])
    near = NearestNeighbors(n_neighbors=6).fit(space).kneighbors(space)[1][:, 1:]
    for i in range(n, len(made)):
        a, b = source[i] - (n - small), partner[i] - (n - small)
        assert b in near[a]
        share = (made["b"][i] - rows["b"][a]) / (rows["b"][b] - rows["b"][a])
        assert 0 <= share < 1
        np.testing.assert_allclose(made["a"][i], rows["a"][a] + share * (rows["a"][b] - rows["a"][a]), atol=1e-9)
        for c in "cd":
            votes = rows[c].iloc[near[a]].value_counts()
            assert made[c][i] in votes.index[votes == votes.max()]


@pytest.mark.parametrize("name", TABLES)
def test_class_weight(name):
    from sklearn.utils.class_weight import compute_sample_weight
    x, y = table(name)
    made, source, partner, weight = Model("class_weight").resample(x, y)
    np.testing.assert_allclose(weight, compute_sample_weight("balanced", y), rtol=1e-14)
    np.testing.assert_array_equal(source, np.arange(len(x)))
    half = Model("class_weight", power=0.5).resample(x, y)[3]
    np.testing.assert_allclose(half, np.sqrt(weight), rtol=1e-14)
