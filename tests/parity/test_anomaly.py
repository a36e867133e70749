"""Elliptic envelopes against scikit-learn's, outliers by column against their definitions in numpy and scipy."""
import numpy as np
import pytest
import scipy.stats
import shared_data as shared
from models import ANOMALY, Model
from sklearn.covariance import EllipticEnvelope, MinCovDet
from sklearn.metrics import roc_auc_score

TABLES = ["iris", "wine", "diabetes", "auto_mpg", "penguins"]


def table(name):
    return (shared.classes if name in shared.CLASSES else shared.numbers)(name)[0]


def cloud(seed, n, p, share):
    """A slanted normal cloud, and a share of rows far from it, which are marked."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) @ rng.normal(size=(p, p)) + rng.normal(size=p) * 10
    bad = rng.random(n) < share
    x[bad] += 30 * rng.normal(size=(bad.sum(), p))
    return x, bad


@pytest.mark.parametrize("n,p", [(120, 3), (400, 6), (1200, 5)])
def test_envelope_of_clouds(n, p):
    """Where there is one cloud, every start finds it."""
    for share in (0.05, 0.3):
        x, bad = cloud(n, n, p, share)
        theirs = EllipticEnvelope(contamination=share, random_state=0).fit(x)
        mine = Model("elliptic_envelope", contamination=share, seed=3).fit(x, task=ANOMALY)
        assert np.linalg.slogdet(mine.arrays["raw_covariance"])[1] <= np.linalg.slogdet(theirs.raw_covariance_)[1] + 0.01
        got, wanted = mine.predict(x), theirs.decision_function(x)
        assert abs(roc_auc_score(bad, -got) - roc_auc_score(bad, -wanted)) < 1e-3
        assert scipy.stats.spearmanr(got, wanted)[0] > 0.999


@pytest.mark.parametrize("name", TABLES)
def test_envelope_of_tables(name):
    """The subset is sought at random: what is found has no larger a determinant than theirs, within noise."""
    x = table(name)
    x = x[:, [len(np.unique(c)) > 20 for c in x.T]][:, :8]
    mine, theirs = ([np.linalg.slogdet(c)[1] for c in found] for found in (
        [Model("elliptic_envelope", seed=seed).fit(x, task=ANOMALY).arrays["raw_covariance"] for seed in range(4)],
        [MinCovDet(random_state=seed).fit(x).raw_covariance_ for seed in range(4)]))
    assert np.mean(mine) < np.mean(theirs) + 2 * np.std(theirs) + 0.02


def test_envelope_with_all_rows():
    """Without a choice of rows nothing is random: equal to the last digits."""
    for name in TABLES[:3]:
        x = table(name)[:, :4]
        theirs = EllipticEnvelope(support_fraction=1.0).fit(x)
        mine = Model("elliptic_envelope", support_fraction=1.0).fit(x, task=ANOMALY)
        for key in ("location", "covariance", "raw_location", "raw_covariance", "offset"):
            np.testing.assert_allclose(mine.arrays[key], getattr(theirs, key + "_"), rtol=1e-6)
        np.testing.assert_allclose(mine.predict(x), theirs.decision_function(x), rtol=1e-6, atol=1e-6)


def test_envelope_of_one_column():
    for name in TABLES[:3]:
        x = table(name)[:, :1]
        theirs, mine = EllipticEnvelope().fit(x), Model("elliptic_envelope").fit(x, task=ANOMALY)
        np.testing.assert_allclose(mine.predict(x), theirs.decision_function(x), rtol=1e-6, atol=1e-6)


def test_envelope_without_shape():
    with pytest.raises(RuntimeError, match="are alike"):
        Model("elliptic_envelope").fit(np.ones((30, 3)), task=ANOMALY)


def off(x, method):
    if method == "zscore":
        return np.abs(scipy.stats.zscore(x))
    if method == "mad":
        spread = scipy.stats.median_abs_deviation(x)
        mean = 1.253314 * np.abs(x - np.median(x, 0)).mean(0)
        return np.abs(x - np.median(x, 0)) / np.where(spread > 0, spread / 0.6745, mean)
    low, high = np.quantile(x, [0.25, 0.75], axis=0)
    return np.maximum(low - x, x - high) / (high - low)


@pytest.mark.parametrize("method,threshold", [("zscore", 3), ("iqr", 1.5), ("mad", 3.5)])
@pytest.mark.parametrize("name", TABLES)
def test_univariate(name, method, threshold):
    x = table(name)
    x = x[:, np.subtract(*np.quantile(x, [0.75, 0.25], axis=0)) > 0]
    wanted = threshold - off(x, method).max(1)
    np.testing.assert_allclose(Model("univariate_outliers", method=method).fit(x, task=ANOMALY).predict(x), wanted,
                               rtol=1e-9, atol=1e-9)
    mine = Model("univariate_outliers", method=method, threshold=2).fit(x, task=ANOMALY)
    np.testing.assert_allclose(mine.predict(x), wanted - threshold + 2, rtol=1e-9, atol=1e-9)


def test_univariate_oddities():
    """Missing values say nothing; in a column of equals any other value is far off."""
    x = np.column_stack([np.ones(20), np.arange(20.0)])
    x[3, 1] = np.nan
    model = Model("univariate_outliers").fit(x, task=ANOMALY)
    assert (model.predict(x) > 0).all()
    assert model.predict(np.array([[1.0, np.nan], [1.1, 5], [1, 500]])).round(3).tolist()[0] == 3.5
    assert (model.predict(np.array([[1.1, 5], [1, 500]])) < 0).all()
