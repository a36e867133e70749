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
}
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("server", "cli")]


def run(*command):
    done = subprocess.run([HONE, *map(str, command)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=TABLES)
def trained(request, tmp_path_factory):
    """Both recipes trained on the same two thirds of the rows; the rest beside them."""
    pd = pytest.importorskip("pandas")
    name = request.param
    file, target, metric = TABLES[name]
    if not (DATA / file).exists():
        pytest.skip(f"{DATA / file} is not there")
    folder = tmp_path_factory.mktemp(name)
    table = pd.read_csv(DATA / file, dtype=str, keep_default_na=False)
    table = table[table[target] != ""].iloc[:12000]
    held = np.random.default_rng(1).random(len(table)) < 1 / 3
    table[~held].to_csv(folder / "train.csv", index=False)
    table[held].to_csv(folder / "test.csv", index=False)
    for recipe in (name, f"{name}_plain"):
        run("train", "--recipe", EXAMPLES / f"{recipe}.yaml", folder / "train.csv", "--test", 0, "-o",
            folder / f"{recipe}.hone", "--quiet")
    return name, folder, target, metric, table[held]


def costs(folder, name, target, rows):
    """A leaver who is missed costs five, a gift to one who stays one."""
    import pandas as pd
    run("predict", folder / f"{name}.hone", folder / "test.csv", "-o", folder / f"{name}.csv")
    said = pd.read_csv(folder / f"{name}.csv")["prediction"].to_numpy()
    truth = rows[target].to_numpy()
    return np.where(truth == said, 0, np.where(truth == "Yes", 5, 1))


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
    import csv
    from serving import Server
    name, folder, target, _, rows = trained
    model = folder / f"{name}.hone"
    schema = json.loads(run("show", model, "--json"))["schema"]
    table = spoil(rows.iloc[:60], schema)
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


def test_payments_are_tested_on_the_latest(tmp_path):
    """Velocity features are read with the rows and kept in the recipe; on these rows, which the columns as they come tell
    nearly all about, they are no worse."""
    table = DATA / "fraud/creditcard_ulb_subset/creditcard_subset.csv"
    if not table.exists():
        pytest.skip(f"{table} is not there")
    said = {}
    for name in ("creditcard", "creditcard_plain"):
        said[name] = json.loads(run("train", "--recipe", EXAMPLES / f"{name}.yaml", table, "-o", tmp_path / f"{name}.hone",
                                    "--json"))
    model = json.loads(run("show", tmp_path / "creditcard.hone", "--json"))
    assert "same_hour" in {column["name"] for column in model["schema"]} and len(model["recipe"]["data"]["windows"]) == 7
    shown = [json.loads(run("show", tmp_path / f"{name}.hone", "--json"))["metrics"]["test"]["pr_auc"] for name in said]
    assert shown[0] > shown[1] - 0.01 and shown[0] > 0.85


def test_baskets(tmp_path):
    table = DATA / "tabular/groceries/groceries.csv"
    if not table.exists():
        pytest.skip(f"{table} is not there")
    run("train", "--recipe", EXAMPLES / "groceries.yaml", table, "-o", tmp_path / "g.hone", "--quiet")
    rules = json.loads(run("show", tmp_path / "g.hone", "--json"))["model"]["fitted"]["rules"]
    assert len(rules) > 50 and all(rule["confidence"] >= 0.25 and rule["support"] >= 0.005 for rule in rules)
