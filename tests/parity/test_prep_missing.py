"""What is put where values are missing, and what is done about outliers, against scikit-learn and pandas."""
import numpy as np
import pandas
import pytest
import shared_data
from models import Model
from sklearn.impute import KNNImputer, MissingIndicator

TABLES = ["iris", "concrete", "breast_cancer", "diabetes", "random"]


def table(name):
    rng = np.random.default_rng(3)
    if name == "random":
        x = rng.normal(size=(400, 5)) @ rng.normal(size=(5, 5))
    else:
        x = shared_data.mixed(name)[0][:, :8]
        x = x[~np.isnan(x).any(1)]
    x = x[rng.permutation(len(x))[:600]]
    x = x + rng.normal(size=x.shape) * x.std(0) / 3  # no two are equally far, or nearly so: theirs rounds there
    x[rng.random(x.shape) < 0.15] = np.nan
    x[5] = np.nan
    half = len(x) // 2
    return x[:half], x[half:]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("k", [1, 5])
def test_knn_impute(name, weights, k):
    train, test = table(name)
    peer = KNNImputer(n_neighbors=k, weights=weights).fit(train)
    model = Model("knn_impute", n_neighbors=k, weights=weights).fit(train)
    for x in (train, test):
        np.testing.assert_allclose(model.transform(x), peer.transform(x), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", TABLES)
def test_missing_indicator(name):
    train, test = table(name)
    train[:, 0], test[:, 0] = 1, 1
    for features in ("missing-only", "all"):
        peer = MissingIndicator(features=features, error_on_new=False).fit(train)
        got = Model("missing_indicator", features=features.replace("-", "_"), keep=False).fit(train).transform(test)
        np.testing.assert_array_equal(got, peer.transform(test))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("method", ["iqr", "z", "mad", "quantile"])
def test_outliers(name, method):
    train, test = (pandas.DataFrame(x) for x in table(name))
    if method == "iqr":
        q = train.quantile([0.25, 0.75])
        low, high = q.loc[0.25] - 1.5 * (q.loc[0.75] - q.loc[0.25]), q.loc[0.75] + 1.5 * (q.loc[0.75] - q.loc[0.25])
    elif method == "z":
        low, high = (train.mean() + s * 3 * train.std(ddof=0) for s in (-1, 1))
    elif method == "mad":
        mad = 1.482602218505602 * (train - train.median()).abs().median()
        low, high = (train.median() + s * 3.5 * mad for s in (-1, 1))
    else:
        low, high = train.quantile(0.01), train.quantile(0.99)
    x = train.to_numpy()
    clip = Model("clip_outliers", method=method).fit(x).transform(test.to_numpy())
    np.testing.assert_allclose(clip, test.clip(low, high, axis=1), rtol=1e-9, atol=1e-12)
    out = (test < low) | (test > high)
    gone = Model("clip_outliers", method=method, action="missing").fit(x).transform(test.to_numpy())
    np.testing.assert_array_equal(np.isnan(gone), (out | test.isna()).to_numpy())
    told = Model("clip_outliers", method=method, action="flag").fit(x).transform(test.to_numpy())
    np.testing.assert_array_equal(told[:, x.shape[1]:], out)


def test_knn_impute_of_huge_numbers():
    """Where squares of differences overflow all rows are equally far, and count alike."""
    x = np.array([[1e200, 1.0], [-1e200, 3.0], [1e190, np.nan]])
    got = Model("knn_impute", n_neighbors=2, weights="distance").fit(x).transform(x)
    np.testing.assert_array_equal(got, np.where(np.isnan(x), 2.0, x))
