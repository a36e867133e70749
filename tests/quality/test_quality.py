"""Defaults are good: figures on real tables, averaged over seeds 1 to 5 with 80/20 splits, no recipe.

The bounds are those of scikit-learn 1.2.1 with its defaults (5-fold on the same files: telco ROC AUC 0.845
logistic, 0.834 boosting; California RMSE 47,992 boosting, 49,157 forest; Titanic accuracy 0.816 without
derived columns; adult ROC AUC 0.9268), less a margin for the splits."""

import pytest

from program import SHARED, as_json

TABULAR = SHARED / "data/tabular"
pytestmark = pytest.mark.skipif(not TABULAR.is_dir(), reason="the shared data is not there")

TITANIC = """
roles: {target: Survived, id: [PassengerId], ignore: [Ticket]}
steps:
  - derive:
      expressions:
        - "title = regex_extract(Name, ' ([A-Za-z]+)[.]', 1)"
        - "title = if(title in ('Mr', 'Mrs', 'Miss', 'Master'), title, 'rare')"
        - "family = SibSp + Parch + 1"
        - "deck = coalesce(substr(Cabin, 1, 1), 'none')"
        - "age_group = cut(Age, [0, 12, 18, 60, 100], ['child', 'teen', 'adult', 'senior'])"
      drop: [Name, Cabin]
model: gbdt
"""


def mean_over_seeds(metric, tmp_path, *words):
    values = []
    for seed in range(1, 6):
        done = as_json("train", *words, "--seed", seed, "-o", tmp_path / "m.hone")
        values.append(done["metrics"]["test"][metric])
    return sum(values) / len(values)


@pytest.mark.parametrize("model, least", [("logistic", 0.842), ("gbdt", 0.835)])
def test_telco_churn(model, least, tmp_path):
    table = TABULAR / "telco_churn/Telco-Customer-Churn.csv"
    assert mean_over_seeds("roc_auc", tmp_path, table, "--target", "Churn", "--model", model) >= least


@pytest.mark.parametrize("model, most", [("gbdt", 48300), ("random_forest", 49800)])
def test_california_housing(model, most, tmp_path):
    table = TABULAR / "california_housing/housing.csv"
    assert mean_over_seeds("rmse", tmp_path, table, "--target", "median_house_value", "--model", model) <= most


def test_titanic_with_derived_columns(tmp_path):
    recipe = tmp_path / "titanic.yaml"
    recipe.write_text(TITANIC)
    table = TABULAR / "titanic/titanic.csv"
    assert mean_over_seeds("accuracy", tmp_path, table, "--recipe", recipe) >= 0.825


def test_adult_on_its_own_files(tmp_path):
    model = tmp_path / "m.hone"
    as_json("train", TABULAR / "adult/adult_train.csv", "--target", "income", "--model", "gbdt", "--test", 0, "-o", model)
    done = as_json("evaluate", model, TABULAR / "adult/adult_test.csv")
    assert done["metrics"]["test"]["roc_auc"] >= 0.926
