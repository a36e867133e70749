"""Real tables as matrices, whole: numbers as they are, categories as codes in the order of their texts, missing as NaN."""
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

DATA = Path(os.environ.get("HONE_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"

# file, target, columns left out
TABLES = {
    "telco_churn": ("tabular/telco_churn/Telco-Customer-Churn.csv", "Churn", ["customerID"]),
    "titanic": ("tabular/titanic/titanic.csv", "Survived", ["PassengerId", "Name", "Ticket", "Cabin"]),
    "adult": ("tabular/adult/adult_train.csv", "income", []),
    "breast_cancer": ("tabular/breast_cancer/breast_cancer.csv", "diagnosis", []),
    "iris": ("tabular/iris/iris.csv", "species", []),
    "digits": ("tabular/digits/digits.csv", None, []),
    "california_housing": ("tabular/california_housing/housing.csv", "median_house_value", []),
    "concrete": ("tabular/concrete/concrete.csv", "strength", []),
    "diabetes": ("tabular/diabetes/diabetes.csv", "target", []),
    "creditcard": ("fraud/creditcard_ulb_subset/creditcard_subset.csv", "Class", []),
}


def as_numbers(column):
    """A pyarrow column as doubles; texts as codes."""
    import pyarrow
    import pyarrow.compute as compute
    if pyarrow.types.is_string(column.type) or pyarrow.types.is_dictionary(column.type):
        texts = column.cast("string").combine_chunks()
        levels = sorted(t for t in compute.unique(texts).to_pylist() if t not in (None, ""))
        return compute.index_in(texts, pyarrow.array(levels)).cast("float64").to_numpy(zero_copy_only=False)
    return column.cast("float64").combine_chunks().to_numpy(zero_copy_only=False)


@lru_cache(maxsize=None)
def table(name):
    """x [n, p] and y [n], rounded to what a float32 holds (scikit-learn's trees look at nothing finer)."""
    from pyarrow import csv
    file, target, without = TABLES[name]
    path = DATA / file
    if not path.exists():
        pytest.skip(f"{path} is not there")
    read = csv.read_csv(path)
    target = target or read.column_names[-1]
    x = np.column_stack([as_numbers(read[c]) for c in read.column_names if c not in (target, *without)])
    return x.astype(np.float32).astype(np.float64), as_numbers(read[target])


def split(name, seed, most=2000):
    """At most so many rows to train and as many to test, at random."""
    x, y = table(name)
    order = np.random.default_rng(seed).permutation(len(y))
    half = min(most, len(y) // 2)
    train, test = order[:half], order[half:2 * half]
    return x[train], y[train], x[test], y[test]
