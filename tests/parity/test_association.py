"""Correlations, contingency tables, analysis of variance and mutual information against scipy and scikit-learn."""
import ctypes
import warnings

import numpy as np
import pytest
from bridge import Bridge, doubles
from scipy import stats
from shared_data import classes, mixed, numbers
from sklearn.feature_selection import _mutual_info, f_classif
from sklearn.metrics import mutual_info_score

TIGHT = {"rtol": 1e-9, "atol": 1e-12}


def call(name, size, *arguments):
    out = np.full(size, np.nan)
    with Bridge() as b:
        b.check(getattr(b.lib, name)(b.handle, *arguments, out.ctypes.data_as(ctypes.POINTER(ctypes.c_double))))
    return out


def pair(x, y):
    (a, p), (c, q) = doubles(x), doubles(y)
    return call("bridge_pair", 5, p, q, ctypes.c_int64(len(a)))


def groups(x, group):
    (a, p), g = doubles(x), np.ascontiguousarray(group, np.int32)
    return call("bridge_groups", 4, p, g.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(len(a)), int(g.max()) + 1)


def table(counts):
    a, p = doubles(counts)
    return call("bridge_counts", 7, p, ctypes.c_int64(a.shape[0]), ctypes.c_int64(a.shape[1]))


def pairs():
    rng = np.random.default_rng(0)
    yield rng.normal(size=500), rng.normal(size=500)
    yield (x := rng.normal(size=2000)), x ** 2 + 0.1 * rng.normal(size=2000)
    yield rng.integers(0, 4, 301).astype(float), rng.integers(0, 3, 301).astype(float)
    yield (x := rng.normal(size=100)) * 1e200, -x * 1e-200 + 1e-202 * rng.normal(size=100)
    for name in ["diabetes", "boston", "concrete", "winequality_white"]:
        x, y = numbers(name)
        yield from ((x[:1500, j], y[:1500]) for j in range(3))


def test_pairs():
    for x, y in pairs():
        got = pair(x, y)
        scale = np.abs(x).max()
        r = stats.pearsonr(x / scale, y / np.abs(y).max())
        np.testing.assert_allclose(got[0], r.statistic, **TIGHT)
        np.testing.assert_allclose(got[1], r.pvalue, rtol=1e-7, atol=1e-300)
        np.testing.assert_allclose(got[2], stats.spearmanr(x, y).statistic, **TIGHT)
        np.testing.assert_allclose(got[3], stats.kendalltau(x, y).statistic, **TIGHT)
        np.testing.assert_allclose(got[4], _mutual_info._compute_mi_cc(x, y, 3), rtol=1e-9, atol=1e-9)
    for x, y in ([1.0], [2.0]), ([1.0, 1, 1], [1.0, 2, 3]):
        assert np.isnan(pair(x, y)[[0, 2, 3]]).all()


def test_groups():
    rng = np.random.default_rng(1)
    cases = [(rng.normal(size=400), rng.integers(0, 5, 400)), (rng.normal(size=60), np.arange(60) // 2),
             (rng.integers(0, 9, 200).astype(float), np.r_[np.zeros(199, int), 1])]
    for name in ["iris", "wine", "breast_cancer", "penguins", "digits"]:
        x, y = classes(name)
        cases += [(x[:3000, j], np.unique(y[:3000], return_inverse=True)[1]) for j in range(3)]
    for x, y in cases:
        f, p, eta, nats = groups(x, y)
        wanted = f_classif(x[:, None], y)
        np.testing.assert_allclose([f, p], [wanted[0][0], wanted[1][0]], rtol=1e-9, atol=1e-300)
        means = np.array([x[y == g].mean() for g in range(y.max() + 1)])[y]
        np.testing.assert_allclose(eta, np.sqrt(((means - x.mean()) ** 2).sum() / ((x - x.mean()) ** 2).sum()), **TIGHT)
        np.testing.assert_allclose(nats, _mutual_info._compute_mi_cd(x, y, 3), rtol=1e-9, atol=1e-9)
    assert np.isnan(groups([1.0, 1, 1], [0, 1, 1])[:3]).all() and np.isnan(groups([1.0, 2], [0, 0])[0])


@pytest.mark.parametrize("name", [None, "titanic", "adult", "telco_churn", "german"])
def test_counts(name):
    rng = np.random.default_rng(2)
    if name is None:
        tables = [rng.integers(0, 30, (r, c)) for r, c in [(2, 2), (3, 5), (7, 2), (20, 20)]]
        tables += [np.array([[5, 0, 2], [0, 0, 0], [1, 0, 9]]), np.diag([3, 4, 5])]
    elif name == "german":
        tables = [np.array([[10, 20, 30], [6, 9, 17]])]
    else:
        x, y = mixed(name)
        tables = []
        for j in range(x.shape[1]):
            known = np.isfinite(x[:, j])
            if len(np.unique(x[known, j])) < 30:
                codes = [np.unique(v, return_inverse=True)[1] for v in (x[known, j], y[known])]
                tables.append(np.zeros([c.max() + 1 for c in codes]))
                np.add.at(tables[-1], tuple(codes), 1)
    for counts in tables:
        got = table(counts)
        kept = counts[counts.sum(1) > 0][:, counts.sum(0) > 0]
        n, (r, c) = kept.sum(), kept.shape
        chi2, p, df, _ = stats.chi2_contingency(kept, correction=False)
        np.testing.assert_allclose(got[0], chi2, **TIGHT)
        np.testing.assert_allclose(got[1], p, rtol=1e-7, atol=1e-290)
        np.testing.assert_allclose(got[2], stats.contingency.association(kept.astype(int), "cramer"), **TIGHT)
        left = max(0, chi2 / n - df / (n - 1))
        sides = [s - (s - 1) ** 2 / (n - 1) for s in (r, c)]
        np.testing.assert_allclose(got[3], np.sqrt(left / (min(sides) - 1)), **TIGHT)
        np.testing.assert_allclose(got[4], mutual_info_score(None, None, contingency=kept.astype(np.int64)), **TIGHT)
        np.testing.assert_allclose(got[5:], [stats.entropy(kept.sum(1)), stats.entropy(kept.sum(0))], **TIGHT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(table(np.array([[3, 4]]))[:4]).all()
