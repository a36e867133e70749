"""Columns made of columns, against scikit-learn and pandas."""
import numpy as np
import pandas as pd
import pytest
from frames import fit, transform
from models import Model
from shared_data import mixed
from sklearn.preprocessing import PolynomialFeatures


@pytest.mark.parametrize("name", ["iris", "breast_cancer", "concrete", "diabetes"])
@pytest.mark.parametrize("params,options", [
    ({}, {}), ({"degree": 3}, {}), ({"interaction_only": True, "degree": 3}, {"interaction_only": True}),
    ({"include_bias": False}, {"include_bias": False}),
    ({"degree": 3, "min_degree": 2}, {"degree": (2, 3)})], ids=str)
def test_polynomial(name, params, options):
    x, _ = mixed(name)
    x = x[:200, :6]
    peer = PolynomialFeatures(**{"degree": params.get("degree", 2), **options}).fit(x)
    model = Model("polynomial_features", **params).fit(x)
    np.testing.assert_allclose(model.transform(x), peer.transform(x), rtol=1e-14)
    frame = pd.DataFrame(x, columns=list("abcdef")[:x.shape[1]])
    made = transform(fit("polynomial_features", frame, **params), frame)
    assert list(made.columns) == list(peer.get_feature_names_out(frame.columns))


def test_polynomial_refuses_too_many():
    with pytest.raises(RuntimeError, match="set 'degree' lower"):
        Model("polynomial_features", degree=10).fit(np.ones((3, 60)))


def test_dates():
    rng = np.random.default_rng(1)
    when = pd.Series(pd.to_datetime(rng.integers(-10**9, 4 * 10**9, 2000), unit="s"))
    when[5] = pd.NaT
    frame = pd.DataFrame({"t": when, "x": np.arange(2000.0)})
    parts = ["year", "quarter", "month", "week", "day", "day_of_year", "weekday", "hour", "minute", "is_weekend",
             "cyclical"]
    made = transform(fit("date_parts", frame, parts=parts, since="2000-01-01"), frame)
    there = when.notna()
    t = when[there].dt
    wanted = {"year": t.year, "quarter": t.quarter, "month": t.month, "week": t.isocalendar().week, "day": t.day,
              "day_of_year": t.dayofyear, "weekday": t.day_of_week, "hour": t.hour, "minute": t.minute,
              "is_weekend": t.day_of_week >= 5, "hour_sin": np.sin(2 * np.pi * t.hour / 24),
              "weekday_cos": np.cos(2 * np.pi * t.day_of_week / 7), "month_sin": np.sin(2 * np.pi * (t.month - 1) / 12),
              "days": (when[there] - pd.Timestamp("2000-01-01")) / pd.Timedelta(days=1)}
    for name, values in wanted.items():
        got = made[f"t_{name}"]
        assert pd.isna(got[5])
        np.testing.assert_allclose(got[there].astype(float), values.astype(float), atol=1e-12, rtol=1e-12)
    assert "t" not in made and list(made["x"]) == list(frame["x"])


def test_texts():
    texts = pd.Series(["Braund, Mr. Owen Harris", "A  b", "", "123 abc", None, "ÄÖ ü", "x"] * 9 + ["last one"])
    frame = pd.DataFrame({"s": texts})
    made = transform(fit("text_parts", frame, parts=["length", "words", "digits", "upper_share"]), frame)
    known = texts.dropna()
    for name, values in {"length": known.str.len(), "words": known.str.split().str.len(),
                         "digits": known.str.count("[0-9]"),
                         "upper_share": known.str.count("[A-Z]") / known.str.len().clip(lower=1)}.items():
        np.testing.assert_allclose(made[f"s_{name}"][known.index].astype(float), values.astype(float))
        assert made[f"s_{name}"][texts.isna()].isna().all()


def test_interactions():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(300, 3)), columns=["a", "b c", "d"])
    frame.loc[3, "d"] = 0.0
    frame.loc[4, "a"] = np.nan
    made = transform(fit("interactions", frame, operations=["product", "ratio", "difference", "sum"], eps=0.01), frame)
    for i, j in (("a", "b c"), ("a", "d"), ("b c", "d")):
        below = frame[j].where(frame[j].abs() >= 0.01, np.where(frame[j] < 0, -0.01, 0.01))
        for sign, wanted in {"*": frame[i] * frame[j], "/": frame[i] / below, "-": frame[i] - frame[j],
                             "+": frame[i] + frame[j]}.items():
            np.testing.assert_array_equal(made[f"{i}{sign}{j}"], wanted)
    assert list(made.columns[:3]) == ["a", "b c", "d"] and made.shape[1] == 15
    named = transform(fit("interactions", frame, operations=["ratio"], pairs=["d, a"]), frame)
    assert list(named.columns) == ["a", "b c", "d", "d/a"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_aggregate(seed):
    """Figures by key as pandas' groupby has them, on training rows and on others; unknown keys get those of all."""
    rng = np.random.default_rng(seed)

    def make(n, letters):
        frame = pd.DataFrame({"k": rng.choice(list(letters), n), "m": rng.integers(0, 3, n), "x": rng.normal(size=n),
                              "z": rng.integers(0, 9, n).astype(float)})
        frame.loc[rng.random(n) < 0.1, "x"] = np.nan
        return frame

    train, test = make(400, "abcdef"), make(100, "abcxyz")
    names = ["mean", "std", "min", "max", "median", "sum", "count"]
    model = fit("aggregate", train, by=["k", "m"], values=["x", "z"], statistics=[*names, "difference", "ratio"])
    for frame in (train, test):
        made = transform(model, frame)
        for column in "xz":
            learned = train.groupby(["k", "m"])[column].agg(names)
            wanted = frame[["k", "m"]].join(learned, on=["k", "m"])
            for name in names:
                everywhere = 0 if name == "count" else train[column].agg(name)
                values = wanted[name].fillna(everywhere)
                np.testing.assert_allclose(made[f"{column} {name} by k,m"], values, rtol=1e-12, atol=1e-12)
            mean = wanted["mean"].fillna(train[column].mean())
            np.testing.assert_allclose(made[f"{column} difference by k,m"], frame[column] - mean, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(made[f"{column} ratio by k,m"], frame[column] / mean, rtol=1e-9, atol=1e-12)
    few = transform(fit("aggregate", train, by=["k"], values=["x"], min_count=10**6, keep_keys=False), test)
    np.testing.assert_allclose(few["x mean by k"], train.x.mean())
    assert "k" not in few


def test_what_gains_is_found():
    """A ratio, a weekday, a logarithm and how often a name occurs, each the whole of what there is to tell."""
    rng = np.random.default_rng(4)
    n = 1500
    names = rng.choice([f"n{i:02d}" for i in range(40)], n, p=np.arange(1, 41) ** 2 / np.sum(np.arange(1, 41) ** 2))
    frame = pd.DataFrame({"a": rng.uniform(1, 10, n), "b": rng.uniform(1, 10, n), "c": rng.normal(size=n),
                          "amount": rng.lognormal(3, 1.2, n), "name": names,
                          "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**7, n), unit="s")})
    frame["name"] = frame["name"].astype("category")
    often = frame["name"].map(frame["name"].value_counts()).astype(float)
    for y, names in ((frame["a"] / frame["b"], {"a_per_b"}), (frame["when"].dt.day_of_week, {"when_weekday", "when_weekday_sin"}),
                     (np.log1p(frame["amount"]), {"log_amount"}), (often, {"name_count"})):
        y = np.asarray(y, float) + 0.1 * np.std(y) * rng.normal(size=n)
        model = fit("auto_features", frame, y, task="regression")
        made = transform(model, frame)
        new = [name for name in made.columns if name not in frame.columns]
        assert names & set(new[:2]), (names, new)
        assert "when" not in made and not names & {"a", "b"}
    noise = fit("auto_features", frame, rng.normal(size=n), task="regression")
    assert set(transform(noise, frame).columns) == set(frame.columns) - {"when"}
