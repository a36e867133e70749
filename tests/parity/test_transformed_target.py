"""Models of a function of the target, against scikit-learn's TransformedTargetRegressor."""
import numpy as np
import pytest
from models import Model
from scipy import stats
from shared_data import mixed
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import Ridge
from sklearn.preprocessing import QuantileTransformer

RIDGE = {"ridge": {"alpha": 1}}


def numbers(name):
    x, y = mixed(name)
    x = x[:1500, np.isfinite(x[:1500]).all(0)]
    return (x - x.mean(0)) / x.std(0), y[:1500].astype(float)


@pytest.mark.parametrize("name", ["concrete", "diabetes", "california_housing"])
@pytest.mark.parametrize("word,there,back", [("log1p", np.log1p, np.expm1), ("log", np.log, np.exp),
                                             ("sqrt", np.sqrt, lambda f: np.clip(f, 0, None) ** 2)])
def test_equal(name, word, there, back):
    x, y = numbers(name)
    peer = TransformedTargetRegressor(Ridge(alpha=1), func=there, inverse_func=back, check_inverse=False).fit(x, y)
    mine = Model("transformed_target", estimator=RIDGE, function=word).fit(x, y)
    np.testing.assert_allclose(mine.predict(x), peer.predict(x), rtol=1e-9)
    np.testing.assert_allclose(mine.report["mean_of_answers"], peer.predict(x).mean(), rtol=1e-9)


@pytest.mark.parametrize("name", ["concrete", "diabetes", "california_housing"])
def test_box_cox(name):
    x, y = numbers(name)
    z, power = stats.boxcox(y)
    mine = Model("transformed_target", estimator=RIDGE, function="box_cox").fit(x, y)
    assert abs(mine.report["lambda"] - power) < 1e-5
    inner = Ridge(alpha=1).fit(x, z).predict(x)
    np.testing.assert_allclose(mine.predict(x), (power * inner + 1) ** (1 / power), rtol=1e-4)


@pytest.mark.parametrize("name", ["concrete", "diabetes"])
def test_quantile(name):
    x, y = numbers(name)
    peer = TransformedTargetRegressor(Ridge(alpha=1), transformer=QuantileTransformer(
        n_quantiles=min(1000, len(y)), output_distribution="normal")).fit(x, y)
    mine = Model("transformed_target", estimator=RIDGE, function="quantile").fit(x, y).predict(x)
    assert np.corrcoef(mine, peer.predict(x))[0, 1] > 0.999
    assert abs(mine - peer.predict(x)).mean() < 0.02 * y.std()


def test_smearing_mends_the_mean():
    x, y = numbers("california_housing")
    plain, mended = (Model("transformed_target", estimator=RIDGE, function="log", smearing=s).fit(x, y) for s in (False, True))
    assert plain.predict(x).mean() < y.mean()
    assert abs(mended.predict(x).mean() - y.mean()) < 0.5 * abs(plain.predict(x).mean() - y.mean())
    with pytest.raises(RuntimeError, match="there is no log"):
        Model("transformed_target", estimator=RIDGE, function="log").fit(x, y - y.max())
