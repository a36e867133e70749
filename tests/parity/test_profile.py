"""hone profile's numbers against pandas, scipy and scikit-learn, on real tables; every recipe line that it proposes
trains."""
import json
import os
import subprocess
from functools import lru_cache

import numpy as np
import pytest
from bridge import BUILD
from scipy import stats
from scipy.cluster import hierarchy
from scipy.spatial import distance
from shared_data import DATA
from sklearn.decomposition import PCA
from sklearn.metrics import mutual_info_score, normalized_mutual_info_score

pd = pytest.importorskip("pandas")
yaml = pytest.importorskip("yaml")
HONE = os.environ.get("HONE", str(BUILD / "hone"))
ROWS = 1500
TABLES = {"titanic": ("tabular/titanic/titanic.csv", "Survived"), "ames": ("tabular/ames/ames.csv", "Sale_Price"),
          "adult": ("tabular/adult/adult_train.csv", "income"), "iris": ("tabular/iris/iris.csv", "species"),
          "telco": ("tabular/telco_churn/Telco-Customer-Churn.csv", "Churn")}
TIGHT = {"rtol": 1e-9, "atol": 1e-12}


def hone(*words, **more):
    done = subprocess.run([HONE, *map(str, words)], capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@lru_cache(maxsize=None)
def profiled(name):
    """The profile and the same rows as a frame: numbers as doubles, the rest as texts, None where missing."""
    file, target = TABLES[name]
    if not (DATA / file).exists():
        pytest.skip(f"{DATA / file} is not there")
    profile = json.loads(hone("profile", DATA / file, "--target", target, "--limit", ROWS, "--json"))
    raw = pd.read_csv(DATA / file, dtype=str, nrows=ROWS, keep_default_na=False, skipinitialspace=True)
    frame = {}
    for column in profile["columns"]:
        texts = raw[column["name"]].str.strip()
        texts = texts.where(~texts.isin(["", "NA", "?", "nan", "NaN", "null", "NULL", "None", "N/A", "n/a"]), None)
        number = column["type"] in ("int64", "float64")
        frame[column["name"]] = pd.to_numeric(texts) if number else texts
    return profile, pd.DataFrame(frame)


def close(got, wanted, **more):
    np.testing.assert_allclose(np.array(got, float), np.array(wanted, float), **{**TIGHT, **more})


@pytest.mark.parametrize("name", TABLES)
def test_columns(name):
    profile, frame = profiled(name)
    overview = profile["overview"]
    assert overview["rows"] == len(frame) and overview["duplicate_rows"] == frame.duplicated().sum()
    assert overview["missing"] == frame.isna().sum().sum()
    assert profile["missing"]["complete_rows"] == len(frame.dropna())
    for c in profile["columns"]:
        x = frame[c["name"]]
        present = x.dropna()
        assert (c["missing"], c["distinct"]) == (x.isna().sum(), present.nunique()), c["name"]
        counts = present.value_counts()
        assert [t["count"] for t in c["top"]] == list(counts.iloc[:20])
        assert c["once"] == (counts == 1).sum()
        if c["sort"] == "number":
            x = present.to_numpy(float)
            close([c["mean"], c["sd"], c["min"], c["max"]], [x.mean(), x.std(ddof=1), x.min(), x.max()])
            close(list(c["quantiles"].values()), np.quantile(x, [0, .01, .05, .1, .25, .5, .75, .9, .95, .99, 1]))
            close([c["mad"], c["iqr"]], [stats.median_abs_deviation(x), stats.iqr(x)])
            if x.std() > 0:
                close([c["skewness"], c["kurtosis"]], [stats.skew(x), stats.kurtosis(x)], rtol=1e-8)
                assert c["outliers"]["z"] == (np.abs(x - x.mean()) > 3 * x.std(ddof=1)).sum()
            q1, q3 = np.quantile(x, [.25, .75])
            assert c["outliers"]["iqr"] == ((x < q1 - 1.5 * (q3 - q1)) | (x > q3 + 1.5 * (q3 - q1))).sum()
            assert (c["zeros"], c["negatives"]) == ((x == 0).sum(), (x < 0).sum())
            histogram = c["histogram"]
            assert histogram["counts"] == list(np.histogram(x, histogram["edges"])[0])
            assert sum(histogram["counts"]) == len(x)
            order = counts.sort_index()
            for key, wanted in (("lowest", order.iloc[:5]), ("highest", order.iloc[::-1].iloc[:5])):
                close([[v["value"], v["count"]] for v in c[key]], np.transpose([wanted.index.astype(float), wanted]))
            if "log_histogram" in c:
                log, above = c["log_histogram"], x[x > 0]
                close(log["edges"], np.geomspace(above.min(), above.max(), len(log["edges"])))
                assert log["counts"] == list(np.histogram(above, log["edges"])[0]) and sum(log["counts"]) == len(above)
            if "density" in c:
                at = c["density"]["from"] + c["density"]["step"] * np.arange(len(c["density"]["values"]))
                close(c["density"]["values"], stats.gaussian_kde(x)(at), atol=1e-14)
        elif c["sort"] in ("name", "text"):
            close(c["entropy"], stats.entropy(counts.to_numpy()))
            lengths = present.str.len()
            close([c["length"][k] for k in ("shortest", "longest", "mean")],
                  [lengths.min(), lengths.max(), lengths.mean()])
            if "words" in c:
                own = present.str.lower().str.findall(r"[^\W_]+")
                every, words = own.explode().dropna().value_counts(), c["words"]
                assert [words[k] for k in ("texts", "total", "distinct", "most")] == [
                    len(own), every.sum(), len(every), own.str.len().max()]
                close(words["mean"], own.str.len().mean())
                assert [t["count"] for t in words["top"]] == list(every.iloc[:20])
                assert all(every[t["value"]] == t["count"] for t in words["top"])


@pytest.mark.parametrize("name", TABLES)
def test_missing_together(name):
    profile, frame = profiled(name)
    columns = profile["missing"]["columns"]
    assert sorted(columns) == sorted(frame.columns[frame.isna().any()])
    if columns:
        wanted = frame[columns].isna().corr().to_numpy()
        got = np.array(profile["missing"]["together"], float)
        close(got[np.isfinite(wanted)], wanted[np.isfinite(wanted)])
        for k, slices in enumerate(profile["missing"]["slices"]):
            place = (np.arange(len(frame)) * len(slices) / len(frame)).astype(int)
            assert slices == list(np.bincount(place, frame[columns[k]].isna(), len(slices)).astype(int))
    if len(columns) > 1:
        apart = distance.pdist(frame[columns].isna().to_numpy().T, "hamming")
        close(hierarchy.cophenet(np.array(profile["missing"]["tree"], float)),
              hierarchy.cophenet(hierarchy.linkage(apart, "average")))


def test_tree_of_what_is_missing(tmp_path):
    """scipy's linkage, of columns that are missing in groups: where each two of them are joined (equal distances may be
    joined in another order)."""
    rng = np.random.default_rng(5)
    groups, own = rng.random((700, 4)) < 0.3, rng.random((700, 14)) < rng.uniform(0, 0.2, 14)
    frame = pd.DataFrame(rng.normal(size=(700, 14)), columns=[f"c{k}" for k in range(14)])
    frame = frame.mask(groups[:, np.arange(14) % 4] ^ own)
    frame.to_csv(tmp_path / "t.csv", index=False)
    missing = json.loads(hone("profile", tmp_path / "t.csv", "--json"))["missing"]
    apart = distance.pdist(frame[missing["columns"]].isna().to_numpy().T, "hamming")
    tree = np.array(missing["tree"], float)
    close(hierarchy.cophenet(tree), hierarchy.cophenet(hierarchy.linkage(apart, "average")))
    assert hierarchy.is_valid_linkage(tree)


def test_what_is_said_of_columns(tmp_path):
    """Each kind of warning, where there is reason for it and only there."""
    rng, n = np.random.default_rng(8), 4000
    normal = rng.normal(size=n)
    columns = {
        "constant": ("constant", np.ones(n)), "empty": ("empty", np.full(n, np.nan)), "row_id": ("id_like", np.arange(n)),
        "shuffled": ("unique", rng.permutation(n) + 7), "uniform": ("uniform", rng.random(n)), "normal": (None, normal),
        "skewed": ("skewed", np.exp(2 * rng.normal(size=n))), "zeros": ("zeros", np.where(rng.random(n) < 0.4, 0, normal)),
        "gaps": ("missing", np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n))),
        "infinite": ("infinite", np.where(rng.random(n) < 0.01, np.inf, rng.normal(size=n))),
        "twin": ("equal", normal), "near": ("alike", normal + 0.05 * rng.normal(size=n)),
        "kin": ("correlated", normal + 0.5 * rng.normal(size=n)),
        "uneven": ("uneven", rng.choice(["a", "b", "c"], n, p=[.9, .06, .04])), "even": (None, rng.choice(["x", "y"], n)),
        "nearly": ("nearly_constant", rng.choice(["x", "y"], n, p=[.99, .01])),
        "many": ("high_cardinality", [f"item {k}" for k in rng.integers(0, 300, n)]),
        "codes": ("codes", rng.choice([10, 20, 40, 70], n))}
    pd.DataFrame({name: values for name, (_, values) in columns.items()}).to_csv(tmp_path / "t.csv", index=False)
    said = {}
    for w in json.loads(hone("profile", tmp_path / "t.csv", "--json"))["warnings"]:
        said.setdefault(w.get("column"), set()).add(w["kind"])
    for name, (kind, _) in columns.items():
        assert kind in said.get(name, {None}), (name, said.get(name))
    assert said["shuffled"] == {"unique", "uniform"} and said["uneven"] == {"uneven"} and said["gaps"] == {"missing"}


@pytest.mark.parametrize("name", TABLES)
def test_any_two(name):
    """The rows that a reader's choice is drawn from are the table's, evenly over the sample, within bounds."""
    profile, frame = profiled(name)
    rows, columns = profile["any_two"]["rows"], profile["any_two"]["columns"]
    assert rows == sorted(set(rows)) and len(rows) == min(len(frame), 100000 // len(columns))
    assert {c["name"] for c in columns} >= set(profile["associations"]["columns"])
    for c in columns:
        own = frame[c["name"]].iloc[rows]
        if "values" in c:
            close([np.nan if v is None else v for v in c["values"]], own, rtol=1e-5)
        else:
            texts = [None if pd.isna(v) else f"{v:.0f}" if isinstance(v, (float, int)) else v for v in own]
            got = [None if k < 0 else c["levels"][k] for k in c["codes"]]
            kept = [k for k, v in enumerate(got) if v != "(others)"]
            assert [got[k] for k in kept] == [texts[k] for k in kept] and len(c["levels"]) <= 12


def levels(column):
    """Codes of at most 50 levels, the rest put together as hone does, -1 where missing."""
    counts = column.value_counts()
    if len(counts) > 50:
        return None
    return pd.Categorical(column, counts.index).codes


@pytest.mark.parametrize("name", TABLES)
def test_associations(name):
    profile, frame = profiled(name)
    columns = profile["associations"]["columns"]
    figures = {k: np.array(v, float) for k, v in profile["associations"].items() if k != "columns"}
    sorts = {c["name"]: c["sort"] for c in profile["columns"]}
    if profile["task"] != "regression":
        sorts[profile["target_column"]] = "name"
    numbers = [k for k, c in enumerate(columns) if sorts[c] == "number"]
    part = frame[[columns[k] for k in numbers]].astype(float)
    at = np.ix_(numbers, numbers)
    for method in ("pearson", "spearman", "kendall"):
        if numbers:
            close(figures[method][at], part.corr(method).to_numpy(), rtol=1e-8, atol=1e-10)
    if numbers:
        one = np.eye(len(numbers))
        close(figures["association"][at], np.abs(figures["spearman"][at]) * (1 - one) + one)
    for a, first in enumerate(columns):
        for b, second in enumerate(columns[:a]):
            kinds = sorts[first], sorts[second]
            if kinds == ("name", "name"):
                x, y = levels(frame[first]), levels(frame[second])
                if x is None or y is None:
                    continue
                kept = (x >= 0) & (y >= 0)
                counts = pd.crosstab(x[kept], y[kept]).to_numpy()
                chi2, _, df, _ = stats.chi2_contingency(counts, correction=False)
                n, (r, k) = counts.sum(), counts.shape
                side = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
                close(figures["cramers_v"][a, b], min(1, np.sqrt(max(0, chi2 / n - df / (n - 1)) / side)))
                close(figures["mutual_information"][a, b], mutual_info_score(x[kept], y[kept]))
                close(figures["normalized_mutual_information"][a, b],
                      min(1, normalized_mutual_info_score(x[kept], y[kept], average_method="min")))
            elif set(kinds) == {"name", "number"}:
                number, group = (first, second) if kinds[0] == "number" else (second, first)
                if levels(frame[group]) is None:
                    continue
                both = frame[[number, group]].dropna().astype({number: float})
                means = both.groupby(group)[number].transform("mean")
                total = ((both[number] - both[number].mean()) ** 2).sum()
                between = ((means - both[number].mean()) ** 2).sum()
                close(figures["correlation_ratio"][a, b] ** 2, between / total, atol=1e-10)
            elif kinds == ("number", "number"):
                both = frame[[first, second]].astype(float)
                bins = []
                for column in both:
                    edges = np.unique(np.quantile(both[column].dropna(), np.arange(1, 10) / 10))
                    bins.append(np.searchsorted(edges, both[column], side="left"))
                kept = both.notna().all(axis=1).to_numpy()
                close(figures["mutual_information"][a, b], mutual_info_score(bins[0][kept], bins[1][kept]),
                      atol=1e-10)


@pytest.mark.parametrize("name", TABLES)
def test_target(name):
    profile, frame = profiled(name)
    target = profile["target"]
    y = frame[profile["target_column"]]
    strengths = [f["association"] for f in target["features"]]
    assert strengths == sorted(strengths, reverse=True)
    if "classes" in target:
        assert {c["name"]: c["count"] for c in target["classes"]} == {str(k): v for k, v in y.value_counts().items()}
    for f in target["features"]:
        x = frame[f["column"]]
        for level in f.get("levels", []):
            own = y[(x.astype(float) == float(level["name"])) if pd.api.types.is_numeric_dtype(x) else (x == level["name"])]
            if level["name"] == "(others)":
                continue
            hits, n = (own.astype(str) == f["class"]).sum(), own.notna().sum()
            wilson = stats.binomtest(int(hits), int(n)).proportion_ci(method="wilson")
            close([level["n"], level["share"], level["low"], level["high"]], [n, hits / n, *wilson], atol=1e-9)
        for box in f.get("boxes", []):
            numeric, by = (x, y) if "classes" in target else (y, x)
            own = numeric[by.astype(str) == box["name"]].dropna().astype(float)
            close([box["n"], box["mean"], box["q1"], box["median"], box["q3"]],
                  [len(own), own.mean(), *np.quantile(own, [.25, .5, .75])])


@pytest.mark.parametrize("name", ["titanic", "ames", "iris"])
def test_projection(name):
    profile, frame = profiled(name)
    projection = profile.get("projection")
    if projection is None:
        assert name == "titanic"
        return
    x = frame[projection["columns"]].astype(float)
    x = ((x - x.mean()) / np.sqrt(((x - x.mean()) ** 2).sum() / len(x))).fillna(0).to_numpy()
    pca = PCA(2, svd_solver="full").fit(x)
    close(projection["explained"], pca.explained_variance_ratio_)
    for k in range(2):
        sign = np.sign(projection["components"][k] @ pca.components_[k])
        close(np.array(projection["components"][k]) * sign, pca.components_[k], atol=1e-9)


@pytest.mark.parametrize("name", ["titanic", "adult", "telco", "ames"])
def test_recipes(name, tmp_path):
    """Each line, beside the target and a model that takes everything, trains."""
    profile, _ = profiled(name)
    seen = set()
    for warning in profile["warnings"]:
        if "recipe" not in warning or warning["kind"] in seen:
            continue
        seen.add(warning["kind"])
        # What a reader would do: the line beside the roles that the page proposes.
        base, line = yaml.safe_load(profile["recipe"]), yaml.safe_load(warning["recipe"])
        whole = {**base, **{k: v for k, v in line.items() if k not in ("data", "roles")}}
        own = line.get("data", {})
        whole["data"] = own if "sql" in own else {**base["data"], **own, "limit": 400}
        for role, columns in line.get("roles", {}).items():
            lists = isinstance(columns, list)
            whole["roles"][role] = sorted({*whole["roles"].get(role, []), *columns}) if lists else columns
        recipe = tmp_path / f"{warning['kind']}.yaml"
        recipe.write_text(json.dumps({**whole, "model": {"gbdt": {"n_estimators": 3}}}))
        hone("train", "--recipe", recipe, "-o", tmp_path / "m.hone", "-q")
    assert seen


def test_threads_and_sample():
    """The same bytes for any number of threads; what is sampled is said, counts stay whole."""
    path = DATA / TABLES["adult"][0]
    if not path.exists():
        pytest.skip(f"{path} is not there")
    one, three = (hone("profile", path, "--target", "income", "--sample", 500, "--json", "--threads", t) for t in (1, 3))
    assert one == three
    profile = json.loads(one)
    assert profile["sampled"] == {"rows": 500, "of": 32561}
    assert sum(t["count"] for t in next(c for c in profile["columns"] if c["name"] == "sex")["top"]) == 32561


def test_texts_that_are_something_else(tmp_path):
    """What a step would read or mend is said, with the step, and each line trains."""
    rng = np.random.default_rng(2)
    n, days = 300, pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, 300), unit="D")
    frame = pd.DataFrame({
        "price": [f"${x:,.2f}" for x in rng.uniform(1, 9999, n)], "day": days.strftime("%d/%m/%Y"),
        "vip": rng.choice(["Yes", "no", "Y", "N"], n), "city": rng.choice(["Berlin", "berlin", "Hamburg"], n),
        "plain": rng.choice(["yes", "no"], n), "name": rng.choice(["A1", "A2", "B 3"], n), "y": rng.normal(size=n)})
    frame.loc[3, "price"] = "on request"
    frame.to_csv(tmp_path / "t.csv", index=False)
    profile = json.loads(hone("profile", tmp_path / "t.csv", "--target", "y", "--json"))
    said = {w["column"]: w for w in profile["warnings"] if "column" in w}
    wanted = {"price": ("numbers_as_text", "parse_number"), "day": ("times_as_text", "parse_time"),
              "vip": ("truth_as_text", "parse_bool"), "city": ("spelling", "clean_categories")}
    for column, (kind, step) in wanted.items():
        line = yaml.safe_load(said[column]["recipe"])
        assert said[column]["kind"] == kind and list(line["steps"][0]) == [step]
        whole = {**yaml.safe_load(profile["recipe"]), **line, "model": {"gbdt": {"n_estimators": 3}}}
        whole["roles"]["ignore"] = [c for c in ("price", "day") if c != column]
        if column == "day":
            whole["steps"].append({"date_parts": {"columns": ["day"]}})
        (tmp_path / "r.json").write_text(json.dumps(whole))
        hone("train", "--recipe", tmp_path / "r.json", "-o", tmp_path / "m.hone", "-q")
    assert "1 are not" in said["price"]["text"] and "the day" in said["day"]["text"]
    assert not {"plain", "name"} & set(said)


def rows(cell, n, width):
    """A table of so many rows and columns as CSV."""
    lines = [[cell(i, j) for j in range(width)] for i in range(n)]
    return "\n".join(",".join(map(str, line)) for line in [[f"c{j}" for j in range(width)], *lines]) + "\n"


BAD = {"empty": "a,b\n", "one row": "a,b\n1,x\n", "all missing": "a,b\n,\n,\n", "one column": "a\n" + "1\n2\n" * 30,
       "huge": "a,b\n" + "1e308,1\n-1e308,2\n" * 30, "constant": "a,b\n" + "1,x\n" * 40,
       "wide": rows(lambda i, j: i * j % 7, 20, 2000), "long texts": rows(lambda i, j: "x" * 5000 + str(i + j), 30, 2),
       "infinite": "a,b\n1,1\ninf,2\n-inf,3\n2,4\n"}


@pytest.mark.parametrize("name", BAD)
def test_bad_data(name, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(BAD[name])
    done = subprocess.run([HONE, "profile", path, "-o", tmp_path / "t.html", "--specs", tmp_path / "s.json"],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 3) and (done.returncode == 0 or "error" in done.stderr), done.stderr
    if done.returncode == 0:
        assert "</html>" in (tmp_path / "t.html").read_text()
        json.loads((tmp_path / "s.json").read_text())


@pytest.mark.parametrize("name", ["titanic", "adult", "telco"])
def test_beside_another_table(name, tmp_path):
    """Two parts of a table: Kolmogorov and Smirnov's distance and chi squared are scipy's, the rest follows."""
    file, target = TABLES[name]
    if not (DATA / file).exists():
        pytest.skip(f"{DATA / file} is not there")
    raw = pd.read_csv(DATA / file, dtype=str, nrows=4000, keep_default_na=False, skipinitialspace=True)
    here, there = raw.iloc[::2], raw.iloc[1::2].sort_values(raw.columns[-1]).iloc[:len(raw) // 3]
    there = there.drop(columns=raw.columns[1]).assign(new=1)
    here.to_csv(tmp_path / "a.csv", index=False)
    there.to_csv(tmp_path / "b.csv", index=False)
    beside = json.loads(hone("profile", tmp_path / "a.csv", "--compare", tmp_path / "b.csv", "--json"))["beside"]
    assert beside["only_here"] == [raw.columns[1]] and beside["only_there"] == ["new"] and beside["rows"] == len(there)
    distances = [column["distance"] for column in beside["columns"]]
    assert distances == sorted(distances, reverse=True)
    words = {"", "?", "NA", "None", "NaN", "null", "N/A", "n/a", "nan", "NULL"}
    for column in beside["columns"]:
        a, b = (part[column["name"]].map(lambda v: None if v.strip() in words else v.strip()) for part in (here, there))
        np.testing.assert_allclose(column["missing"], [a.isna().mean(), b.isna().mean()], **TIGHT)
        a, b = a.dropna(), b.dropna()
        if column["sort"] == "number":
            a, b = a.astype(float), b.astype(float)
            test = stats.ks_2samp(a, b, method="asymp")
            np.testing.assert_allclose(column["distance"], test.statistic, **TIGHT)
            assert column["p"] == pytest.approx(test.pvalue, abs=0.03)
            np.testing.assert_allclose(column["mean"], [a.mean(), b.mean()], **TIGHT)
            np.testing.assert_allclose(np.sum(column["shares"], 1), 1, **TIGHT) if "shares" in column else None
        elif column["sort"] == "name":
            shares = pd.concat([a.value_counts(normalize=True), b.value_counts(normalize=True)], axis=1).fillna(0)
            np.testing.assert_allclose(column["distance"], shares.diff(axis=1).iloc[:, 1].abs().sum() / 2, **TIGHT)
            np.testing.assert_allclose(column["unseen"], (~b.isin(a)).mean(), **TIGHT)
            if len(shares) > 1:
                counts = pd.concat([a.value_counts(), b.value_counts()], axis=1).fillna(0).to_numpy()
                np.testing.assert_allclose(column["p"], stats.chi2_contingency(counts, correction=False).pvalue, rtol=1e-6,
                                           atol=1e-12)
    same = json.loads(hone("profile", tmp_path / "a.csv", "--compare", tmp_path / "a.csv", "--json"))["beside"]
    assert not any(column.get("differs") or column["distance"] for column in same["columns"])


def test_duplicates_are_listed(tmp_path):
    frame = pd.DataFrame({"a": [1, 2, 1, 3, 2, 1, 9], "b": ["x", "y", "x", "z", "y", "x", None]})
    frame.to_csv(tmp_path / "d.csv", index=False)
    profile = json.loads(hone("profile", tmp_path / "d.csv", "--json"))
    assert profile["duplicates"] == [{"row": 0, "times": 3, "cells": [1, "x"]}, {"row": 1, "times": 2, "cells": [2, "y"]}]
    assert profile["overview"]["duplicate_rows"] == 3
