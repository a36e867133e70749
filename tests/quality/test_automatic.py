"""auto_features and auto_select on real tables: a model with the step beside the same model without it, on a third of
the rows that neither has seen. The losses of the same rows say whether it loses, and by how much it wins."""
import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from program import SHARED, as_json, good  # noqa: E402

pd = pytest.importorskip("pandas")
TABLES = {
    "california_housing": ("california_housing/housing.csv", "median_house_value"),
    "adult": ("adult/adult_train.csv", "income"),
    "concrete": ("concrete/concrete.csv", "strength"),
    "telco_churn": ("telco_churn/Telco-Customer-Churn.csv", "Churn"),
    "breast_cancer": ("breast_cancer/breast_cancer.csv", "diagnosis"),
}
PREPARED = [{"impute": {"columns": "numeric", "strategy": "median"}}, {"impute": {"columns": "category", "strategy": "most_frequent"}},
            {"standard_scale": {"columns": "numeric"}}, {"one_hot": {"columns": "category", "max_categories": 20}}]
STRAIGHT = {"regression": "ridge", "binary": "logistic"}
BOOSTED = {"gbdt": {"n_estimators": 150, "early_stopping": "off"}}
# Where the columns as they come don't tell all: the 95 % interval of the gain must exclude 0.
WINS = {("auto_features", "california_housing", "straight"), ("auto_features", "concrete", "straight"),
        ("auto_features", "california_housing", "boosted")}


def rows_of(name, folder):
    file, target = TABLES[name]
    if not (SHARED / "data/tabular" / file).exists():
        pytest.skip(f"{file} is not there")
    table = pd.read_csv(SHARED / "data/tabular" / file, dtype=str, keep_default_na=False).iloc[:9000]
    held = np.random.default_rng(1).random(len(table)) < 1 / 3
    table[~held].to_csv(folder / "train.csv", index=False)
    table[held].to_csv(folder / "test.csv", index=False)
    return table[held][target].to_numpy(), target


def losses(folder, truth, target, task, steps, model):
    """Of each row held out: log loss, or squared error; and what the first step says it did."""
    recipe = {"data": {"path": str(folder / "train.csv")},
              "roles": {"target": target, "task": task, "ignore": ["customerID"] if target == "Churn" else []},
              "split": {"test": 0}, "steps": steps, "model": model, "seed": 1}
    (folder / "r.json").write_text(json.dumps(recipe))
    good("train", "--recipe", folder / "r.json", "-o", folder / "m.hone", "-q")
    good("predict", folder / "m.hone", folder / "test.csv", "-o", folder / "said.csv")
    said = pd.read_csv(folder / "said.csv")
    if task == "regression":
        return (said["prediction"].to_numpy() - truth.astype(float)) ** 2
    chances = np.select([truth == name[len("probability_"):] for name in said if name.startswith("probability_")],
                        [said[name] for name in said if name.startswith("probability_")])
    return -np.log(np.clip(chances, 1e-15, 1))


@pytest.mark.parametrize("judge", ["straight", "boosted"])
@pytest.mark.parametrize("name", TABLES)
def test_they_lose_nothing_and_win_where_there_is_more(tmp_path, capsys, name, judge):
    truth, target = rows_of(name, tmp_path)
    task = "regression" if name in ("california_housing", "concrete") else "binary"
    model = STRAIGHT[task] if judge == "straight" else BOOSTED
    plain = losses(tmp_path, truth, target, task, PREPARED, model)
    for step in ("auto_features", "auto_select"):
        own = losses(tmp_path, truth, target, task, [{step: {}}, *PREPARED], model)
        gain = (plain - own) / plain.mean()
        draws = np.random.default_rng(1).integers(0, len(gain), (1000, len(gain)))
        low, high = np.quantile(gain[draws].mean(1), [0.025, 0.975])
        with capsys.disabled():
            print(f"\n{step}, {name}, {judge}: {100 * gain.mean():.2f} % less loss "
                  f"(95 % interval {100 * low:.2f} to {100 * high:.2f})")
        assert high >= 0, "it loses, beyond noise"
        assert (step, name, judge) not in WINS or low > 0
    shown = as_json("show", tmp_path / "m.hone")
    made = next(s for s in shown["steps"] if s.get("kind", s.get("name")) == "auto_select")
    assert "kept" in json.dumps(made)
