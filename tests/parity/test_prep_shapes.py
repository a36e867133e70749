"""Steps that reshape numbers, against scikit-learn: scales, powers, ranks, bins, splines."""
import numpy as np
import pytest
import shared_data
from models import Model
from sklearn.preprocessing import (KBinsDiscretizer, MaxAbsScaler, Normalizer, PowerTransformer, QuantileTransformer,
                                   SplineTransformer)

TABLES = ["iris", "concrete", "breast_cancer", "california_housing", "random"]
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")


def table(name, gaps=True, positive=False):
    """Training rows and others (some beyond their range), most 3000 of each; gaps: with missing values."""
    rng = np.random.default_rng(5)
    if name == "random":
        x = np.column_stack([rng.normal(size=1501), rng.lognormal(2, 2, 1501), np.round(rng.normal(size=1501) * 2),
                             np.full(1501, 7.0), -rng.gamma(1, 3, 1501)])
    else:
        x = shared_data.mixed(name)[0][:, :12]
        x = x[~np.isnan(x).any(1)]
    x = np.abs(x) + 0.5 if positive else x.copy()
    if gaps:
        x[rng.random(x.shape) < 0.05] = np.nan
    order = rng.permutation(len(x))[:6000]
    half = len(order) // 2
    train, test = x[order[:half]], x[order[half:]]
    test[:9] *= 3
    return train, test


def equal(kind, params, peer, train, test, tolerance=1e-9, back=False):
    model = Model(kind, **params).fit(train)
    wanted = peer.fit(train).transform(test)
    got = model.transform(test)
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)
    if back:
        np.testing.assert_allclose(model.inverse(wanted), peer.inverse_transform(wanted), rtol=tolerance,
                                   atol=tolerance)


@pytest.mark.parametrize("name", TABLES)
def test_scales(name):
    train, test = table(name)
    equal("max_abs_scale", {}, MaxAbsScaler(), train, test, 1e-12, back=True)
    whole, more = table(name, gaps=False)
    for norm in ("l1", "l2", "max"):
        equal("normalize", {"norm": norm}, Normalizer(norm), whole, more, 1e-12)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("params,function,back", [
    ({}, np.log1p, np.expm1),
    ({"offset": 0}, np.log, np.exp),
    ({"offset": 3, "base": "10"}, lambda x: np.log10(x + 3), lambda y: 10**y - 3),
    ({"base": "2"}, lambda x: np.log2(x + 1), lambda y: 2**y - 1),
    ({"signed": True}, lambda x: np.sign(x) * np.log1p(abs(x)), lambda y: np.sign(y) * np.expm1(abs(y))),
])
def test_logarithms(name, params, function, back):
    train, test = table(name)
    model = Model("log_transform", **params).fit(train)
    wanted = function(test)
    wanted[~np.isfinite(wanted)] = np.nan
    got = model.transform(test)
    np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(model.inverse(got), back(wanted), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("method", ["yeo-johnson", "box-cox"])
def test_powers(name, method):
    train, test = table(name, positive=method == "box-cox")
    varies = np.nanstd(train, axis=0) > 0
    train, test = train[:, varies], test[:, varies]
    peer = PowerTransformer(method=method, standardize=False).fit(train)
    kind = method.replace("-", "_")
    model = Model("power_transform", method=kind, standardize=False).fit(train)
    # scikit-learn's own search ends where the likelihood no longer tells: so does the comparison.
    for ours, theirs, x in zip(model.arrays["lambdas"], peer.lambdas_, train.T):
        found = likelihood(method, ours, x[~np.isnan(x)])
        assert found >= likelihood(method, theirs, x[~np.isnan(x)]) - 1e-9 * abs(found)
        if (x >= 0).any():  # of negative numbers alone their search rounds everything away
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)
    # With their powers all the rest is equal.
    for j in range(train.shape[1]):
        one = Model("power_transform", method=kind, **{"lambda": float(peer.lambdas_[j])}).fit(train[:, j:j + 1])
        theirs = PowerTransformer(method=method)
        theirs._box_cox_optimize = theirs._yeo_johnson_optimize = lambda x, lam=peer.lambdas_[j]: lam
        wanted = theirs.fit(train[:, j:j + 1]).transform(test[:, j:j + 1])
        np.testing.assert_allclose(one.transform(test[:, j:j + 1]), wanted, rtol=1e-8, atol=1e-9)
        # Some powers are nearly flat, and the way back is then as rough as theirs.
        back, rough = (np.nanmax(abs(made - test[:, j:j + 1]) / (1e-3 + abs(test[:, j:j + 1]))) for made in
                       (one.inverse(wanted), theirs.inverse_transform(wanted)))
        assert back <= 10 * rough + 1e-9


def likelihood(method, power, x):
    """Of one sign in units of the geometric mean, so that powers far from it are not rounded away."""
    from scipy import stats
    if method == "yeo-johnson" and (x < 0).any() and (x >= 0).any():
        return stats.yeojohnson_llf(power, x)
    if method == "yeo-johnson":
        power, x = (power, 1 + x) if x[0] >= 0 else (2 - power, 1 - x)
    return stats.boxcox_llf(power, x / np.exp(np.log(x).mean()))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("quantiles", [1000, 37])
@pytest.mark.parametrize("shape", ["uniform", "normal"])
def test_ranks(name, quantiles, shape):
    train, test = table(name)
    peer = QuantileTransformer(n_quantiles=quantiles, output_distribution=shape, subsample=None)
    equal("quantile_transform", {"n_quantiles": quantiles, "output_distribution": shape}, peer, train, test,
          1e-9 if shape == "uniform" else 1e-7, back=shape == "uniform")


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("strategy", ["uniform", "quantile", "kmeans"])
@pytest.mark.parametrize("bins", [3, 8])
def test_bins(name, strategy, bins):
    train, test = table(name, gaps=False)
    for encode in ("ordinal", "onehot"):
        peer = KBinsDiscretizer(bins, encode=encode.replace("onehot", "onehot-dense"), strategy=strategy,
                                subsample=None).fit(train)
        model = Model("bins", n_bins=bins, strategy=strategy, encode=encode).fit(train)
        got, wanted = model.transform(test), peer.transform(test)
        if strategy == "kmeans":  # the two ends are equally far from their first centers: who goes first is rounding
            same = [len(a) == len(b) and np.allclose(a, b, rtol=1e-9) for a, b in
                    zip(by_column(model), peer.bin_edges_)]
            assert np.mean(same) >= 0.5
            if not all(same):
                continue
        if encode == "ordinal":
            np.testing.assert_allclose(model.arrays["bin_edges"], np.concatenate(peer.bin_edges_), rtol=1e-9)
        # A value that lies on an edge to the last bit may go either way where that edge is a computed one.
        if got.shape == wanted.shape:
            assert (got != wanted).mean() < 1e-3
        else:
            pytest.fail(f"{got.shape} columns, not {wanted.shape}")


def by_column(model):
    return np.split(model.arrays["bin_edges"], model.arrays["offset"][1:-1])


def test_bins_given():
    import pandas
    ages = np.array([[-3.0], [0], [11.9], [12], [18], [59], [60], [99], [120], [300], [np.nan]])
    edges = [0, 12, 18, 60, 120]
    for right in (False, True):
        model = Model("bins", edges=edges, right=right, outside="missing").fit(ages)
        wanted = pandas.cut(ages[:, 0], edges, right=right, labels=False)
        np.testing.assert_array_equal(model.transform(ages)[:, 0], wanted)
    nearest = Model("bins", edges=edges).fit(ages).transform(ages)[:, 0]
    np.testing.assert_array_equal(nearest, [0, 0, 0, 1, 2, 2, 3, 3, 3, 3, np.nan])
    named = Model("bins", edges=edges, labels=["child", "teen", "adult", "senior"]).fit(ages).transform(ages)[:, 0]
    assert list(named[:-1]) == ["child"] * 3 + ["teen"] + ["adult"] * 2 + ["senior"] * 4 and named[-1] is None
    with pytest.raises(RuntimeError, match="3 labels for 4 bins"):
        Model("bins", edges=edges, labels=["a", "b", "c"]).fit(ages)
    with pytest.raises(RuntimeError, match="must ascend"):
        Model("bins", edges=[1, 1]).fit(ages)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("knots", ["uniform", "quantile"])
@pytest.mark.parametrize("extrapolation", ["constant", "linear", "continue", "periodic"])
def test_splines(name, knots, extrapolation):
    train, test = table(name, gaps=False)
    train, test = train[:, train.std(0) > 0], test[:, train.std(0) > 0]
    for degree, n_knots, bias in ((3, 5, True), (1, 4, False), (2, 7, True), (0, 3, True)):
        if degree == 0 and extrapolation == "constant":
            continue  # theirs fails
        if knots == "quantile":  # where values repeat, knots do, and scipy has pieces of no width
            distinct = [len(np.unique(np.quantile(c, np.linspace(0, 1, n_knots)))) == n_knots for c in train.T]
            a, b = train[:, distinct], test[:, distinct]
        else:
            a, b = train, test
        if a.shape[1] == 0:
            continue
        params = {"degree": degree, "n_knots": n_knots, "include_bias": bias, "knots": knots,
                  "extrapolation": extrapolation}
        # With lines at degree 0 and 1 theirs takes the first column's bounds wrongly for the others: one by one.
        alone = extrapolation == "linear" and degree < 2
        for j in range(a.shape[1] if alone else 1):
            part = slice(j, j + 1) if alone else slice(None)
            equal("splines", params, SplineTransformer(**params), a[:, part], b[:, part], 1e-9)


def test_splines_refuse():
    x = np.arange(10.0)[:, None]
    model = Model("splines", extrapolation="error").fit(x)
    with pytest.raises(RuntimeError, match="beyond the knots from 0 to 9"):
        model.transform(np.array([[11.0]]))
    assert (Model("splines").fit(x).transform(np.array([[np.nan]])) == 0).all()
    with pytest.raises(RuntimeError, match="more knots"):
        Model("splines", extrapolation="periodic", n_knots=3).fit(x)
