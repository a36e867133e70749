"""Categories as numbers, against scikit-learn and category_encoders: what new rows get, and the rows learned from."""
import numpy as np
import pytest
import shared_data
from models import BINARY, MULTICLASS, REGRESSION, Model
from sklearn.feature_extraction import FeatureHasher
from sklearn.preprocessing import TargetEncoder

TABLES = ["telco", "titanic", "adult", "mushrooms", "random"]
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
SKLEARN = {BINARY: "binary", MULTICLASS: "multiclass", REGRESSION: "continuous"}


def table(name, task, missing=True):
    """Codes of categories (NaN missing; some of the test's are in no training row, one column is constant) and y."""
    rng = np.random.default_rng(11)
    if name == "random":
        x = np.column_stack([rng.zipf(1.5, 900) % 200, rng.integers(0, 3, 900), np.zeros(900), np.arange(900)])
        y = rng.normal(size=900) + x[:, 1]
    elif name == "mushrooms":
        x, y = shared_data.codes("mushrooms", "mushrooms.csv", "type")
        x, y = x[:, :8], y + rng.normal(size=len(y)) / 3
    else:
        x, y = shared_data.mixed("telco_churn" if name == "telco" else name)
        few = [j for j in range(x.shape[1]) if len(np.unique(x[:, j])) < 60][:7]
        x, y = x[:, few], y + rng.normal(size=len(y)) / 3
    x = x.astype(np.float64)
    order = rng.permutation(len(x))[:1200]
    x, y = x[order], y[order]
    if not missing:
        x = np.nan_to_num(x, nan=99)
    y = y if task == REGRESSION else (y > np.median(y)).astype(float) + ((y > np.quantile(y, 0.8)) if task == MULTICLASS
                                                                         else 0)
    half = len(x) // 2
    x[half:half + 5] = 777
    return x[:half], y[:half], x[half:], y[half:]


def frame(x):
    import pandas
    return pandas.DataFrame({f"x{j}": [None if v != v else str(int(v)) for v in x[:, j]] for j in range(x.shape[1])},
                            dtype=object)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("task", [BINARY, MULTICLASS, REGRESSION])
@pytest.mark.parametrize("smooth", ["auto", 0, 20.0])
def test_target_encode(name, task, smooth):
    x, y, test, _ = table(name, task)
    peer = TargetEncoder(smooth=smooth, target_type=SKLEARN[task], shuffle=False)
    wanted = peer.fit_transform(x, y)
    model = Model("target_encode", smooth=smooth, shuffle=False).fit(x, y, task=task)
    got, rows, partner, weight = Model("target_encode", smooth=smooth, shuffle=False).resample(x, y, task=task)
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-11)
    assert (rows == np.arange(len(x))).all() and (partner == -1).all() and (weight == 1).all()
    np.testing.assert_allclose(model.transform(test), peer.transform(test), rtol=1e-9, atol=1e-11)


def test_target_encode_shuffled_hides_the_own_target():
    """An id that says nothing must say nothing, though it names every row."""
    rng = np.random.default_rng(1)
    x, y = np.arange(500.0)[:, None], rng.normal(size=500)
    got = Model("target_encode").resample(x, y, task=REGRESSION)[0][:, 0]
    assert abs(np.corrcoef(got, y)[0, 1]) < 0.2 and len(np.unique(got.round(9))) == 5
    same = Model("target_encode", threads=3).resample(x, y, task=REGRESSION)[0][:, 0]
    assert (got == same).all()


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("kind,peer,params,options,task,noisy", [
    ("leave_one_out", "LeaveOneOutEncoder", {}, {}, BINARY, True),
    ("leave_one_out", "LeaveOneOutEncoder", {}, {}, REGRESSION, True),
    ("ordered_target", "CatBoostEncoder", {"smooth": 3}, {"a": 3}, REGRESSION, True),
    ("ordered_target", "CatBoostEncoder", {}, {}, BINARY, True),
    ("weight_of_evidence", "WOEEncoder", {"regularization": 0.5}, {"regularization": 0.5}, BINARY, False),
    ("james_stein", "JamesSteinEncoder", {}, {}, REGRESSION, False),
    ("james_stein", "JamesSteinEncoder", {"model": "pooled"}, {"model": "pooled"}, REGRESSION, False),
    ("count_encode", "CountEncoder", {}, {}, REGRESSION, False),
    ("count_encode", "CountEncoder", {"normalize": True}, {"normalize": True}, REGRESSION, False),
    ("base_n", "BinaryEncoder", {}, {}, REGRESSION, False),
    ("base_n", "BaseNEncoder", {"base": 3}, {"base": 3}, REGRESSION, False),
])
def test_category_encoders(name, kind, peer, params, options, task, noisy):
    import pandas
    encoders = pytest.importorskip("category_encoders")
    x, y, test, _ = table(name, task)
    if kind == "james_stein":  # of one category theirs divides by 0
        several = [len(np.unique(column)) > 1 for column in x.T]
        x, test = x[:, several], test[:, several]
    theirs = getattr(encoders, peer)(**options)
    target = pandas.Series(y)
    wanted = theirs.fit_transform(frame(x), target).to_numpy(float)
    fitted = task if kind != "count_encode" and kind != "base_n" else None
    model = Model(kind, **params).fit(x, y if fitted else None, task=fitted or "none")
    if noisy:
        np.testing.assert_allclose(Model(kind, **params).resample(x, y, task=task)[0], wanted, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(model.transform(test), theirs.transform(frame(test)).to_numpy(float), rtol=1e-9,
                               atol=1e-11)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("signs", [True, False])
def test_hash_encode(name, signs):
    x, _, test, _ = table(name, REGRESSION)
    model = Model("hash_encode", n_features=16, alternate_sign=signs).fit(x)
    seen = test[[all(v != v or v in set(x[:, j]) for j, v in enumerate(row)) for row in test]]
    rows = [{f"x{j}": str(int(v)) for j, v in enumerate(row) if v == v} for row in seen]
    if len(rows) == 0:
        pytest.skip("one column is an id: no test row is known")
    wanted = FeatureHasher(16, alternate_sign=signs).transform(rows).toarray()
    np.testing.assert_array_equal(model.transform(seen), wanted)


def test_unknown():
    x, y = np.array([[1.0], [2], [1], [2], [3]]), np.array([1.0, 0, 1, 1, 0])
    new = np.array([[9.0], [np.nan]])
    assert np.isnan(Model("target_encode", unknown="missing").fit(x, y, task=BINARY).transform(new)).all()
    with pytest.raises(RuntimeError, match="training did not see"):
        Model("target_encode", unknown="error").fit(x, y, task=BINARY).transform(new)
    with pytest.raises(RuntimeError, match="weight_of_evidence.*binary"):
        Model("weight_of_evidence").fit(x, y, task=REGRESSION)
