"""The recipes of examples/: each beats the same model on the columns as they come, on rows that neither has seen, and
answers one row at a time through the server as it answers them all."""
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HONE_BUILD_DIR", ROOT / "build"))
HONE = BUILD / "hone"
DATA = Path(os.environ.get("HONE_SHARED", ROOT.parent / "shared")) / "data"
EXAMPLES = ROOT / "examples"
TABLES = {
    "titanic": ("tabular/titanic/titanic.csv", "Survived", "roc_auc"),
    "adult": ("tabular/adult/adult_train.csv", "income", "roc_auc"),
    "california_housing": ("tabular/california_housing/housing.csv", "median_house_value", "mae"),
    "ames": ("tabular/ames/ames.csv", "Sale_Price", "mae"),
    "telco_churn": ("tabular/telco_churn/Telco-Customer-Churn.csv", "Churn", "cost"),
    "creditcard": ("fraud/creditcard_ulb_subset/creditcard_subset.csv", "Class", "cost"),
}
COSTS = {"telco_churn": ("Yes", 5, 1), "creditcard": ("1", 122, 2)}  # positive, missed, false alarm: as the recipes say
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("server", "cli")]


def run(*command):
    done = subprocess.run([HONE, *map(str, command)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=TABLES)
def trained(request, tmp_path_factory):
    """Both recipes trained on the same two thirds of the rows; the rest beside them. Payments: the latest are the rest."""
    pd = pytest.importorskip("pandas")
    name = request.param
    file, target, metric = TABLES[name]
    if not (DATA / file).exists():
        pytest.skip(f"{DATA / file} is not there")
    folder = tmp_path_factory.mktemp(name)
    table = pd.read_csv(DATA / file, dtype=str, keep_default_na=False)
    table = table[table[target] != ""].iloc[:12000]
    if name == "creditcard":
        run("data", "split", DATA / file, "--time", "Time", "--test", 0.3, "-o", folder / "{}.csv")
        rest = pd.read_csv(folder / "test.csv", dtype=str, keep_default_na=False)
    else:
        held = np.random.default_rng(1).random(len(table)) < 1 / 3
        table[~held].to_csv(folder / "train.csv", index=False)
        rest = table[held]
        rest.to_csv(folder / "test.csv", index=False)
    for recipe in (name, f"{name}_plain"):
        run("train", "--recipe", EXAMPLES / f"{recipe}.yaml", folder / "train.csv", "--test", 0, "-o",
            folder / f"{recipe}.hone", "--quiet")
    return name, folder, target, metric, rest


def past_of(name, folder):
    """What came before the rows that are answered, where features over time are made of it."""
    return ["--history", folder / "train.csv"] if name == "creditcard" else []


def costs(folder, name, target, rows):
    """What each row's answer costs."""
    import pandas as pd
    positive, missed, alarm = COSTS[name.removesuffix("_plain")]
    run("predict", folder / f"{name}.hone", folder / "test.csv", "-o", folder / f"{name}.csv", *past_of(name, folder))
    said = pd.read_csv(folder / f"{name}.csv", dtype=str)["prediction"].to_numpy()
    truth = rows[target].to_numpy()
    return np.where(truth == said, 0, np.where(truth == positive, missed, alarm))


def test_beats_the_plain_one(trained, capsys):
    name, folder, target, metric, rows = trained
    if metric == "cost":
        ahead = costs(folder, f"{name}_plain", target, rows) - costs(folder, name, target, rows)
        draws = np.random.default_rng(1).integers(0, len(ahead), (1000, len(ahead)))
        low, high = np.quantile(ahead[draws].mean(1), [0.025, 0.975])
        with capsys.disabled():
            print(f"\n{name}: costs {ahead.mean():.3f} less a row than the plain one (95 % interval {low:.3f} to {high:.3f})")
        assert low > 0
        return
    said = json.loads(run("compare", folder / f"{name}.hone", folder / f"{name}_plain.hone", folder / "test.csv", "--metrics",
                          metric, "--json"))
    with capsys.disabled():
        print(f"\n{name}: " + json.dumps(said.get("verdict", said))[:400])
    text = run("compare", folder / f"{name}.hone", folder / f"{name}_plain.hone", folder / "test.csv", "--metrics", metric)
    assert f"{name}.hone is best by {metric}" in " ".join(text.split())
    assert f"clearly better than {folder / name}_plain.hone" in " ".join(text.split())


MISSING = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "none", "?"}  # as the reader has it


def typed(row, schema):
    """A line of text as the JSON that asks for it; what a reader takes for missing is null."""
    made = {}
    for column in schema:
        text, kind = row[column["name"]], column["type"]
        if text.strip() in MISSING:
            made[column["name"]] = None
        elif kind in ("float64", "float32", "int64"):
            made[column["name"]] = float(text) if "." in text or "e" in text else int(text)
        else:
            made[column["name"]] = text
    return made


def spoil(table, schema):
    """Rows as nobody has seen them: nulls, unknown categories, numbers out of range."""
    table = table.copy()
    rng = np.random.default_rng(2)
    for column in schema:
        rows = rng.choice(len(table), 4, replace=False)
        number = column["type"] in ("float64", "float32", "int64")
        place = table.columns.get_loc(column["name"])
        table.iloc[rows[:2], place] = ""
        beyond = 3 * max(float(text) for text in table[column["name"]] if text.strip()) if number else 0
        table.iloc[rows[2:], place] = [str(int(beyond)), "0"] if number else ["never seen", "x y z"]
    return table


def test_served_as_in_a_batch(trained, tmp_path):
    """One row at a time through the server gives the bits of the batch, whatever the rows hold."""
    name, folder, target, _, rows = trained
    for recipe in (name, f"{name}_plain"):
        served_as_in_a_batch(recipe, folder, rows, tmp_path)


def with_windows(name, folder, model, schema, rows):
    """The rows with the features over time that they must bring along, as hone makes them."""
    import pandas as pd
    lacking = [column["name"] for column in schema if column["name"] not in rows]
    if not lacking:
        return rows.iloc[:60]
    run("predict", model, folder / "test.csv", *past_of(name, folder), "--keep", ",".join(lacking), "-o",
        folder / "windows.csv")
    made = pd.read_csv(folder / "windows.csv", dtype=str, keep_default_na=False)[lacking]
    return pd.concat([rows.reset_index(drop=True), made], axis=1).iloc[:60]


def served_as_in_a_batch(name, folder, rows, tmp_path):
    import csv
    from serving import Server
    model = folder / f"{name}.hone"
    schema = json.loads(run("show", model, "--json"))["schema"]
    table = spoil(with_windows(name, folder, model, schema, rows), schema)
    table.to_csv(tmp_path / "rows.csv", index=False)
    run("predict", model, tmp_path / "rows.csv", "-o", tmp_path / "answers.csv", "--allow-extra", "--quiet")
    with open(tmp_path / "answers.csv") as file:
        batch = list(csv.DictReader(file))
    server = Server(model, folder=tmp_path)
    try:
        for (_, row), wanted in zip(table.iterrows(), batch, strict=True):
            answer = server.post("/predict", typed(row, schema))
            assert answer.status == 200, answer.body
            said = answer.json()
            if "probabilities" not in said:
                assert float(wanted["prediction"]) == said["prediction"]
                continue
            assert wanted["prediction"] == str(said["prediction"])
            shown = {key.removeprefix("probability_"): value for key, value in wanted.items() if "probability" in key}
            for label, value in said["probabilities"].items():
                if label in shown:
                    assert float(shown[label]) == value
    finally:
        server.kill()


def test_features_over_time_when_asked(trained, tmp_path):
    """The latest payments with the past named are answered with the bits of the whole file in one; a payment alone brings
    its features along, or is told which."""
    name, folder, target, _, rows = trained
    if name != "creditcard":
        pytest.skip("no windows")
    from serving import Server
    model = folder / "creditcard.hone"
    whole = [*open(folder / "train.csv"), *list(open(folder / "test.csv"))[1:]]
    (tmp_path / "whole.csv").write_text("".join(whole))
    answers = run("predict", model, tmp_path / "whole.csv").splitlines()
    after = run("predict", model, folder / "test.csv", "--history", folder / "train.csv").splitlines()
    assert answers[-len(rows):] == after[1:]
    alone = run("predict", model, folder / "test.csv").splitlines()
    assert len(alone) == len(after) and alone[1:60] != after[1:60]
    said = json.loads(run("train", "--recipe", EXAMPLES / "creditcard.yaml", tmp_path / "whole.csv", "-o", tmp_path / "m.hone",
                          "--json"))
    assert abs(said["rows_test"] - len(rows)) < 20 and said["decision"]["threshold"] < 0.5
    server = Server(model, folder=tmp_path)
    try:
        row = {key: float(value) for key, value in rows.iloc[0].items() if key != "Class"}
        refused = server.post("/predict", row)
        assert refused.status in (400, 422) and b"n_minute, n_hour, same_hour" in refused.body and b"--history" in refused.body
        windows = ("n_minute", "n_hour", "same_hour", "same_day", "mean_before", "last_same", "clock")
        assert server.post("/predict", row | dict.fromkeys(windows)).status == 200
    finally:
        server.kill()


def test_baskets(tmp_path):
    table = DATA / "tabular/groceries/groceries.csv"
    if not table.exists():
        pytest.skip(f"{table} is not there")
    run("train", "--recipe", EXAMPLES / "groceries.yaml", table, "-o", tmp_path / "g.hone", "--quiet")
    rules = json.loads(run("show", tmp_path / "g.hone", "--json"))["model"]["fitted"]["rules"]
    assert len(rules) > 50 and all(rule["confidence"] >= 0.25 and rule["support"] >= 0.005 for rule in rules)
    lines = ["whole milk,yogurt", "never seen,whole milk", "x y z", "rolls/buns,sausage,root vegetables,soda", "citrus fruit"]
    (tmp_path / "b.csv").write_text("\n".join(lines) + "\n")
    from serving import Server
    batch = [line.split(",") for line in run("predict", tmp_path / "g.hone", tmp_path / "b.csv").splitlines()[1:]]
    server = Server(tmp_path / "g.hone", folder=tmp_path)
    try:
        for line, (item, confidence) in zip(lines, batch, strict=True):
            said = server.post("/predict", {"c0": line}).json()
            assert (said["prediction"] or "", said["confidence"]) == (item, float(confidence))
        assert server.post("/predict", {"c0": None}).json()["prediction"] is None
    finally:
        server.kill()
