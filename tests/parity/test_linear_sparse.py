"""Linear models on sparse matrices against scikit-learn's: words of texts, one-hot tables with more columns than rank,
and random ones."""
import warnings
from functools import lru_cache

import numpy as np
import pytest
import scipy.sparse
from models import Model
from shared_data import DATA
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from test_linear import PENALTIES, near, objective


def read(path):
    csv = pytest.importorskip("pyarrow.csv")
    if not (DATA / path).exists():
        pytest.skip(f"{DATA / path} is not there")
    return csv.read_csv(DATA / path)


def hot(table, target):
    """All text columns as indicators, and the target as it is."""
    parts = []
    for name in table.column_names:
        if name != target and table[name].type == "string":
            levels, codes = np.unique(table[name].to_numpy().astype(str), return_inverse=True)
            parts.append(np.eye(len(levels))[codes])
    return np.hstack(parts), table[target].to_numpy()


@lru_cache(maxsize=None)
def sparse(name):
    """x (CSR) and y, numbers or classes 0 and 1."""
    if name == "sms_spam":
        table = read("text/sms_spam/sms_spam.csv")
        x = TfidfVectorizer(min_df=6).fit_transform(table["text"].to_pylist()[:600])
        y = table["type"].to_numpy()[:600] == "spam"
    elif name == "rt_polarity":
        texts, y = [], []
        for kind in ("neg", "pos"):
            path = DATA / "text/rt_polarity" / f"rt-polarity.{kind}"
            if not path.exists():
                pytest.skip(f"{path} is not there")
            lines = path.read_text(encoding="latin-1").splitlines()[:120]
            texts += lines
            y += [kind == "pos"] * len(lines)
        x = CountVectorizer().fit_transform(texts)
    elif name == "ames":
        x, y = hot(read("tabular/ames/ames.csv"), "Sale_Price")
        x, y = x[::3], y[::3] / y.std()
    elif name == "mushrooms":
        x, y = hot(read("tabular/mushrooms/mushrooms.csv"), "type")
        x, y = x[::8], y[::8] == "p"
    else:
        rng = np.random.default_rng(1)
        x = scipy.sparse.random(600, 90, 0.1, random_state=1)
        y = x @ rng.normal(size=90) + 0.2 * rng.normal(size=600)
    return scipy.sparse.csr_matrix(x).astype(float), np.asarray(y, float)


def weights(y):
    w = np.random.default_rng(2).uniform(0, 2, len(y))
    w[::7] = 0
    return w


TABLES = ["sms_spam", "rt_polarity", "ames", "mushrooms", "random"]


@pytest.mark.parametrize("name", TABLES)
def test_ridge(name):
    x, y = sparse(name)
    for alpha, intercept, weight in ((1, True, None), (0.1, True, weights(y)), (3, False, None)):
        theirs = Ridge(alpha=alpha, fit_intercept=intercept, solver="sparse_cg", tol=1e-12, max_iter=20000)
        theirs.fit(x, y, weight)
        for solver in ("auto", "cg", "eigen") if x.shape[1] < 1000 else ("auto",):
            mine = Model("ridge", alpha=alpha, intercept=intercept, solver=solver, tolerance=1e-12, threads=2)
            mine.fit(x, y, weight)
            near(mine.arrays["coef"][0], theirs.coef_, 1e-7)
            near(mine.predict(x), theirs.predict(x), 1e-8)
            assert (mine.arrays["n_iter"] > 1) == (solver == "cg" or min(x.shape) > 1000)


def test_ridge_leave_one_out():
    x, y = sparse("random")
    for w in (None, weights(y)):
        found = [Model("ridge", alphas=[0.01, 0.1, 1, 10]).fit(v, y, w).arrays["loo_errors"] for v in (x, x.toarray())]
        near(*found, 1e-9)


@pytest.mark.parametrize("name", TABLES)
def test_least_squares(name):
    x, y = sparse(name)
    for intercept, weight in ((True, None), (True, weights(y)), (False, None)):
        mine = Model("least_squares", intercept=intercept, threads=2).fit(x, y, weight)
        theirs = LinearRegression(fit_intercept=intercept).fit(x.toarray(), y, weight)
        near(mine.arrays["coef"][0], theirs.coef_, 1e-6)
        near(mine.predict(x), theirs.predict(x), 1e-7)
        if name == "random":
            dense = Model("least_squares", intercept=intercept).fit(x.toarray(), y, weight)
            for key in ("error", "intercept_error", "residual_sd", "rank", "df", "r2"):
                np.testing.assert_allclose(mine.arrays[key], dense.arrays[key], rtol=1e-9)


def test_least_squares_large():
    """Both sides too long for a Gram matrix; of the solutions, the shortest."""
    rng = np.random.default_rng(3)
    x = scipy.sparse.random(3000, 1600, 0.004, random_state=3, format="csr")
    x = scipy.sparse.hstack([x, x[:, :20]], format="csr")
    y = x @ rng.normal(size=x.shape[1]) + 0.1 * rng.normal(size=3000)
    mine = Model("least_squares", tolerance=1e-13).fit(x, y)
    theirs = LinearRegression(tol=1e-14).fit(x, y)
    near(mine.predict(x), theirs.predict(x), 1e-6)
    near(mine.arrays["coef"][0], theirs.coef_, 1e-5)
    assert mine.arrays["rank"] == -1 and "rank" not in mine.report


@pytest.mark.parametrize("name", ["sms_spam", "mushrooms", "rt_polarity"])
@pytest.mark.parametrize("penalty,share", PENALTIES)
def test_saga(name, penalty, share):
    x, y = sparse(name)
    for c, weight in ((1, None), (0.3, weights(y))):
        mine = Model("logistic", solver="saga", penalty=penalty, l1_ratio=share or 0.5, C=c, tolerance=1e-7,
                     max_iter=3000).fit(x, y, weight)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = LogisticRegression(C=c, l1_ratio=share, solver="saga" if share else "lbfgs", tol=1e-7,
                                        max_iter=2000, random_state=0).fit(x, y, weight)
        assert mine.arrays["converged"]
        if penalty == "l2":
            near(mine.predict(x), theirs.predict_proba(x), 1e-4)
        coef = mine.arrays["coef"][0]
        low, high = (objective(x, y.astype(int), weight, b, i, c, share)
                     for b, i in ((coef, mine.intercept), (theirs.coef_[0], theirs.intercept_)))
        assert low <= high * (1 + 1e-7)
        assert high <= low * (1 + 1e-2)  # it stops by its steps, not by its slope


def test_saga_multinomial():
    rng = np.random.default_rng(5)
    x = scipy.sparse.random(500, 120, 0.05, format="csr", random_state=5)
    y = np.argmax(x @ rng.normal(size=(120, 4)) * 3 + rng.gumbel(size=(500, 4)), 1)
    for penalty, share in PENALTIES:
        fits = [Model("logistic", solver=solver, penalty=penalty, l1_ratio=share or 0.5, C=5, tolerance=1e-9,
                      max_iter=20000).fit(v, y)
                for solver, v in (("saga", x), ("saga", x.toarray()), ("newton", x.toarray()))]
        for other in fits[1:]:
            near(fits[0].predict(x), other.predict(x.toarray()), 1e-6)
            if share < 1:  # else shifting all classes alike costs nothing
                near(fits[0].arrays["coef"], other.arrays["coef"], 1e-5)
