"""Gaussian processes against scikit-learn's: with fixed parameters, and with those found by either."""
import warnings

import numpy as np
import pytest
import shared_data as shared
from models import REGRESSION, Model
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, RationalQuadratic, WhiteKernel
from threadpoolctl import threadpool_limits

FEW = 80


@pytest.fixture(autouse=True)
def one_thread():
    """Systems of eighty rows are not for several."""
    with threadpool_limits(1):
        yield


KINDS = {"rbf": RBF(), "matern12": Matern(nu=0.5), "matern32": Matern(nu=1.5), "matern52": Matern(nu=2.5),
         "rational_quadratic": RationalQuadratic()}


def near(got, wanted, tolerance=1e-6):
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * max(np.abs(wanted).max(), 1))


def some(load, name):
    x, y = load(name)
    keep = np.random.default_rng(0).permutation(len(y))[:2 * FEW]
    x = shared.scaled(x[keep])[:, :6]
    y = y[keep]
    return x[:FEW], y[:FEW], x[FEW:], y[FEW:]


@pytest.fixture(params=["diabetes", "boston", "concrete", "auto_mpg"])
def numbers(request):
    return some(shared.numbers, request.param)


@pytest.fixture(params=["breast_cancer", "iris", "wine", "penguins"])
def classes(request):
    return some(shared.classes, request.param)


@pytest.mark.parametrize("kind", KINDS)
def test_fixed_numbers(numbers, kind):
    x, y, new, _ = numbers
    kernel = 2.0 * KINDS[kind].clone_with_theta(np.log([3.0] + [3.0] * (kind == "rational_quadratic")))
    theirs = GaussianProcessRegressor(kernel + WhiteKernel(0.3), optimizer=None, alpha=1e-6, normalize_y=True).fit(x, y)
    mine = Model("gaussian_process", kernel=kind, length_scale=3, shape=3, constant=2, noise=0.3, alpha=1e-6,
                 optimize=False).fit(x, y, task=REGRESSION)
    mean, std = theirs.predict(new, return_std=True)
    near(mine.predict(new), mean)
    near(mine.transform(new), np.column_stack([mean, std]))
    near(mine.arrays["log_marginal_likelihood_value"], theirs.log_marginal_likelihood_value_)


@pytest.mark.parametrize("kind", ["rbf", "matern52"])
def test_found_for_numbers(numbers, kind):
    """The optimum is that of the same function; of several, which most have that have many length scales, a few starts
    find one that is no worse."""
    x, y, new, _ = numbers
    for anisotropic in (False, True):
        scales = np.ones(x.shape[1]) if anisotropic else 1.0
        kernel = ConstantKernel() * KINDS[kind].__class__(length_scale=scales, **(
            {"nu": 2.5} if kind == "matern52" else {}))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = GaussianProcessRegressor(kernel + WhiteKernel(), normalize_y=True).fit(x, y)
        mine = Model("gaussian_process", kernel=kind, anisotropic=anisotropic, max_iter=1000,
                     n_restarts=4 if anisotropic else 0).fit(x, y, task=REGRESSION)
        assert mine.arrays["converged"][0] == 1 and mine.arrays["n_iter"][0] > 0
        value = mine.arrays["log_marginal_likelihood_value"]
        assert value > theirs.log_marginal_likelihood_value_ - 1e-3
        if abs(value - theirs.log_marginal_likelihood_value_) < 1e-4:
            near(mine.predict(new), theirs.predict(new), 3e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_fixed_classes(classes, kind):
    x, y, new, _ = classes
    theirs = GaussianProcessClassifier(1.0 * KINDS[kind], optimizer=None).fit(x, y)
    mine = Model("gaussian_process", kernel=kind, optimize=False).fit(x, y)
    near(mine.predict(new), theirs.predict_proba(new))


@pytest.mark.parametrize("name", ["iris", "breast_cancer"])
def test_found_for_classes(name):
    x, y, new, _ = some(shared.classes, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = GaussianProcessClassifier(ConstantKernel() * RBF()).fit(x, y)
    each = getattr(theirs.base_estimator_, "estimators_", [theirs.base_estimator_])
    wanted = [e.log_marginal_likelihood_value_ for e in each]
    mine = Model("gaussian_process", max_iter=1000).fit(x, y)
    assert (mine.arrays["log_marginal_likelihood_value"] > np.array(wanted) - 1e-3).all()
    near(mine.predict(new), theirs.predict_proba(new), 0.02)


def test_restarts_find_no_worse():
    x, y, _, _ = some(shared.numbers, "concrete")
    values = [Model("gaussian_process", n_restarts=n, anisotropic=True).fit(x, y, task=REGRESSION)
              .arrays["log_marginal_likelihood_value"] for n in (0, 2)]
    assert values[1] >= values[0]


def test_rows_beyond_the_most():
    x, y, new, wanted = some(shared.numbers, "boston")
    model = Model("gaussian_process", max_rows=50).fit(x, y, task=REGRESSION)
    assert "50 of 80 rows" in model.log
    assert np.corrcoef(model.predict(new), wanted)[0, 1] > 0.7
