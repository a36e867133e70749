"""Discriminants against scikit-learn's: coefficients, probabilities, projections."""
import numpy as np
import pytest
import shared_data as shared
from models import Model
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis

TABLES = ["iris", "wine", "breast_cancer", "penguins", "digits"]


def near(got, wanted, tolerance=1e-6):
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * max(np.abs(wanted).max(), 1))


@pytest.fixture(params=TABLES + ["random"])
def table(request):
    if request.param != "random":
        return shared.classes(request.param)
    rng = np.random.default_rng(1)
    y = rng.integers(0, 4, 300)
    return rng.normal(size=(300, 12)) * 10.0 ** rng.uniform(-2, 2, 12) + y[:, None] * rng.normal(size=12), y


@pytest.mark.parametrize("params", [{}, {"solver": "lsqr", "shrinkage": "auto"}, {"solver": "lsqr", "shrinkage": 0.3},
                                    {"solver": "eigen", "shrinkage": "auto"}, {"solver": "eigen", "shrinkage": 0.1}],
                         ids=str)
def test_lda(table, params):
    x, y = table
    k = y.max() + 1
    for priors in (None, (np.arange(k) + 1.0) / (k * (k + 1) / 2)):
        # eigen cannot do without variance, lsqr finds the same when there is some
        x = x[:, x.std(0) > 0]
        more = {} if priors is None else {"priors": priors.tolist()}
        mine = Model("lda", **params, **more).fit(x, y)
        theirs = LinearDiscriminantAnalysis(priors=priors, **params).fit(x, y)
        near(mine.predict(x), theirs.predict_proba(x))
        scale = np.abs(theirs.coef_ * x.std(0)).max()
        np.testing.assert_allclose(mine.arrays["coef"] * x.std(0), theirs.coef_ * x.std(0), rtol=0, atol=1e-6 * scale)
        if params.get("solver") == "lsqr":
            continue
        near(mine.arrays["explained_variance_ratio"], theirs.explained_variance_ratio_)
        got, wanted = mine.transform(x), theirs.transform(x)
        near(np.abs(got - got.mean(0)), np.abs(wanted - wanted.mean(0)), 1e-5)


@pytest.mark.parametrize("params", [{"reg_param": 0.1}, {}, {"shrinkage": "auto"}, {"shrinkage": 0.2}], ids=str)
def test_qda(table, params):
    x, y = table
    if x.shape[1] == 64 and not params:
        pytest.skip("columns that do not vary within a class")
    if x.std(0).min() == 0 and "reg_param" not in params:
        x = x[:, x.std(0) > 0]
    if "shrinkage" in params:
        params = dict(params, solver="eigen")
    own = {key: value for key, value in params.items() if key != "solver"}
    for priors in (None, np.full(y.max() + 1, 1 / (y.max() + 1))):
        more = {} if priors is None else {"priors": priors.tolist()}
        mine = Model("qda", **own, **more).fit(x, y)
        theirs = QuadraticDiscriminantAnalysis(priors=priors, tol=0, **params)
        theirs.fit(x, y)
        near(mine.predict(x), theirs.predict_proba(x))


def test_weights_are_repeated_rows():
    x, y = shared.classes("iris")
    w = np.random.default_rng(3).integers(0, 4, len(y))
    many = np.repeat(np.arange(len(y)), w)
    for kind, params in (("lda", {}), ("lda", {"solver": "eigen", "shrinkage": "auto"}), ("qda", {}),
                         ("qda", {"shrinkage": "auto"})):
        near(Model(kind, **params).fit(x, y, w).predict(x), Model(kind, **params).fit(x[many], y[many]).predict(x), 1e-9)


def test_refusals():
    x, y = shared.classes("iris")
    with pytest.raises(RuntimeError, match="at most 2 components"):
        Model("lda", n_components=3).fit(x, y)
    with pytest.raises(RuntimeError, match="does not shrink"):
        Model("lda", shrinkage="auto").fit(x, y)
    with pytest.raises(RuntimeError, match="raise 'reg_param'"):
        Model("qda").fit(np.column_stack([x, x[:, 0]]), y)
    near(Model("lda").fit(np.column_stack([x, x[:, 0]]), y).predict(np.column_stack([x, x[:, 0]])),
         Model("lda").fit(x, y).predict(x))
