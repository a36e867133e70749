"""The steps against scikit-learn's transformers, on random columns with missing and unseen values."""
import bridge
import numpy as np
import pytest
from models import Model
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler)


def numbers(seed, n=501, columns=4):
    """Columns of very unlike size, one constant, with a tenth missing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, columns)) * 10.0 ** np.arange(-3, columns - 3) + 1
    x[:, -1] = np.round(x[:, -1])
    x[:, 0] = 7
    x[rng.random(x.shape) < 0.1] = np.nan
    return x


def texts(seed, n, letters):
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, len(letters) + 1)
    return [str(t) for t in rng.choice(list(letters), n, p=share / share.sum())]


def named(x):
    return {f"c{j}": x[:, j] for j in range(x.shape[1])}


def compare(got, wanted, tolerance=1e-12):
    got = np.column_stack(list(got.values()))
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("step,params,peer", [
    ("standard_scale", {}, StandardScaler()),
    ("standard_scale", {"with_mean": False}, StandardScaler(with_mean=False)),
    ("standard_scale", {"with_sd": False}, StandardScaler(with_std=False)),
    ("min_max_scale", {}, MinMaxScaler()),
    ("min_max_scale", {"low": -1, "high": 3, "clip": True}, MinMaxScaler((-1, 3), clip=True)),
    ("robust_scale", {}, RobustScaler()),
    ("robust_scale", {"quantile_low": 0.1, "quantile_high": 0.95}, RobustScaler(quantile_range=(10, 95))),
    ("impute", {"strategy": "mean"}, SimpleImputer(strategy="mean")),
    ("impute", {"strategy": "median"}, SimpleImputer(strategy="median")),
    ("impute", {"strategy": "most_frequent"}, SimpleImputer(strategy="most_frequent")),
    ("impute", {"strategy": "constant", "fill_value": -1}, SimpleImputer(strategy="constant", fill_value=-1)),
])
def test_numbers(step, params, peer, seed):
    train, test = numbers(seed), numbers(seed + 100, 77)
    got = bridge.step(step, named(train), named(test), **params)
    exact = step == "impute" and params["strategy"] != "mean"
    compare(got, peer.fit(train).transform(test), 0 if exact else 1e-11)


@pytest.mark.parametrize("columns", [1, 4, 13])
@pytest.mark.parametrize("step", ["standard_scale", "min_max_scale", "robust_scale", "impute", "normalize",
                                  "clip_outliers", "power_transform", "quantile_transform"])
def test_matrices(step, columns):
    """A row-major matrix comes out as its columns do, to the bit; floats as floats, the nearest to what doubles give."""
    train, test = numbers(4, 501, columns), numbers(5, 131, columns)
    if step == "normalize":
        train, test = np.nan_to_num(train), np.nan_to_num(test)
    for kind in (np.float64, np.float32):
        one, two = train.astype(kind), test.astype(kind)
        model = Model(step, threads=2).fit(one)
        rows = model.transform(two)
        assert rows.dtype == kind
        assert model.transform(np.asfortranarray(two)).tobytes() == rows.tobytes()
        assert np.concatenate([model.transform(two[i:i + 1]) for i in range(20)]).tobytes() == rows[:20].tobytes()
        assert model.transform(two.astype(np.float64)).tobytes() == rows.tobytes()
        np.testing.assert_allclose(rows, Model(step).fit(one.astype(float)).transform(two.astype(float)),
                                   rtol=1e-6 if kind == np.float32 else 0, atol=1e-12)


def test_impute_indicator():
    train, test = numbers(1), numbers(2, 50)
    train[:, 1] = np.arange(len(train))
    peer = SimpleImputer(strategy="median", add_indicator=True).fit(train)
    got = bridge.step("impute", named(train), named(test), indicator="auto")
    assert list(got) == ["c0", "c1", "c2", "c3", "c0_missing", "c2_missing", "c3_missing"]
    compare(got, peer.transform(test), 0)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("params,options", [
    ({}, {"handle_unknown": "ignore"}),
    ({"drop": "first"}, {"handle_unknown": "ignore", "drop": "first"}),
    ({"drop": "if_binary"}, {"handle_unknown": "ignore", "drop": "if_binary"}),
    ({"min_count": 40}, {"handle_unknown": "ignore", "min_frequency": 40}),
    ({"min_count": 40, "unknown": "infrequent"}, {"handle_unknown": "infrequent_if_exist", "min_frequency": 40}),
    ({"max_categories": 3}, {"handle_unknown": "ignore", "max_categories": 3}),
    ({"max_categories": 1}, {"handle_unknown": "ignore", "max_categories": 1}),
    ({"max_categories": 3, "drop": "first"}, {"handle_unknown": "ignore", "max_categories": 3, "drop": "first"}),
])
@pytest.mark.filterwarnings("ignore:Found unknown categories")
def test_one_hot(params, options, seed):
    train = {"a": texts(seed, 300, "pqrstuvwx"), "b": texts(seed + 1, 300, "yn"), "c": texts(seed + 2, 300, "ABCDEF")}
    test = {"a": texts(seed + 3, 90, "pqrzy"), "b": texts(seed + 4, 90, "ynm"), "c": texts(seed + 5, 90, "GABCD")}

    def stack(table):
        return np.array(list(table.values()), dtype=object).T

    peer = OneHotEncoder(sparse_output=False, **options).fit(stack(train))
    compare(bridge.step("one_hot", train, test, **params), peer.transform(stack(test)), 0)


def test_one_hot_names():
    train = {"Contract": ["One year", "Monthly", None, "Two year", "Monthly"]}
    got = bridge.step("one_hot", train)
    assert list(got) == ["Contract=Monthly", "Contract=One year", "Contract=Two year", "Contract_missing"]
    np.testing.assert_array_equal(got["Contract_missing"], [0, 0, 1, 0, 0])
    got = bridge.step("one_hot", train, min_count=2, missing="ignore")
    assert list(got) == ["Contract=Monthly", "Contract_other"]


@pytest.mark.parametrize("seed", [1, 2])
def test_ordinal(seed):
    train = {"a": texts(seed, 200, "pqrst"), "b": texts(seed + 1, 200, "ynm")}
    test = {"a": texts(seed + 3, 60, "pqrzy"), "b": texts(seed + 4, 60, "yxn")}

    def stack(table):
        return np.array(list(table.values()), dtype=object).T

    for name, value in (("minus_one", -1), ("missing", np.nan)):
        peer = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=value).fit(stack(train))
        compare(bridge.step("ordinal", train, test, unknown=name), peer.transform(stack(test)), 0)
    peer = OrdinalEncoder(categories=[list("tsrqp")], handle_unknown="use_encoded_value", unknown_value=-1)
    a_train, a_test = {"a": train["a"]}, {"a": test["a"]}
    peer.fit(stack(a_train))
    compare(bridge.step("ordinal", a_train, a_test, order=list("tsrqp")), peer.transform(stack(a_test)), 0)


def test_categories_imputed():
    train = {"a": ["x", "y", None, "y", None]}
    assert list(bridge.step("impute", train)["a"]) == [0, 1, 1, 1, 1]
    # "missing" stands before x and y, so their codes move up
    assert list(bridge.step("impute", train, strategy="constant")["a"]) == [1, 2, 0, 2, 0]
    with pytest.raises(RuntimeError, match="column 'a'.*no mean"):
        bridge.step("impute", train, strategy="mean")


def test_all_missing():
    train = {"ok": np.arange(3.0), "void": np.full(3, np.nan)}
    with pytest.raises(RuntimeError, match="column 'void' has no value"):
        bridge.step("impute", train)
    assert list(bridge.step("impute", train, strategy="constant", fill_value=4)["void"]) == [4, 4, 4]
    np.testing.assert_array_equal(bridge.step("standard_scale", train)["void"], [np.nan] * 3)
