"""Real tables for parity tests, as numpy arrays out of the shared folder, or a skip without it: classes, numbers and
standard give complete rows of numeric columns, codes categories alone, mixed both with gaps."""
from functools import lru_cache

import numpy as np
import pytest
from program import SHARED

DATA = SHARED / "data"
FOLDER = DATA / "tabular"
CLASSES = {"iris": ("iris.csv", "species"), "wine": ("wine.csv", "class"), "digits": ("digits.csv", "digit"),
           "breast_cancer": ("breast_cancer.csv", "diagnosis"), "penguins": ("penguins.csv", "species"),
           "letter": ("letter.csv", None), "german_credit": ("credit.csv", "default")}
NUMBERS = {"diabetes": ("diabetes.csv", "target"), "boston": ("boston.csv", "MEDV"),
           "concrete": ("concrete.csv", "strength"), "auto_mpg": ("mpg.csv", "mpg"),
           "insurance": ("insurance.csv", "charges"), "winequality_white": ("winequality-white.csv", "quality")}
# For mixed: file, target (None: the last column), columns left out.
MIXED = {
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


@lru_cache(maxsize=None)
def columns(name, file):
    """{column: numpy array}, rows with missing values left out of tables of numbers."""
    csv = pytest.importorskip("pyarrow.csv")
    path = FOLDER / name / file
    if not path.exists():
        pytest.skip(f"{path} is not there")
    options = csv.ConvertOptions(null_values=["", "NA", "?"], strings_can_be_null=True)
    table = csv.read_csv(path, convert_options=options)
    return {key: table[key].to_numpy() for key in table.column_names}


def split(name, file, target):
    """Numeric columns as a matrix and the target, of the rows that have them all."""
    table = dict(columns(name, file))
    y = table.pop(target or next(iter(table)))
    x = np.column_stack([v.astype(np.float64) for v in table.values() if v.dtype.kind in "fib"])
    full = np.isfinite(x).all(1) & np.array([v is not None and v == v for v in y])
    return np.ascontiguousarray(x[full]), y[full]


def classes(name):
    """x float64 of the numeric columns, y class indices."""
    x, y = split(name, *CLASSES[name])
    return x, np.unique(y, return_inverse=True)[1]


def numbers(name):
    """x float64 of the numeric columns, y float64."""
    x, y = split(name, *NUMBERS[name])
    return x, y.astype(np.float64)


def codes(name, file, target):
    """x int64 codes of all columns taken as categories, y class indices."""
    table = {key: np.unique([str(v) for v in values], return_inverse=True)[1]
             for key, values in columns(name, file).items()}
    y = table.pop(target)
    return np.column_stack(list(table.values())).astype(np.int64), y


def scaled(x):
    sd = x.std(0)
    return (x - x.mean(0)) / np.where(sd > 0, sd, 1)


@lru_cache(maxsize=None)
def standard(name):
    """x with mean 0 and standard deviation 1 in each column (those that vary), y as numbers or class indices."""
    x, y = classes(name) if name in CLASSES else numbers(name)
    return scaled(x[:, x.std(0) > 0]), y.astype(np.float64)


# ---- categories and gaps ----


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
def mixed(name):
    """x [n, p] and y [n], whole: numbers, categories as codes in the order of their texts, missing as NaN; rounded to
    what a float32 holds (scikit-learn's trees look at nothing finer)."""
    from pyarrow import csv
    file, target, without = MIXED[name]
    path = DATA / file
    if not path.exists():
        pytest.skip(f"{path} is not there")
    read = csv.read_csv(path)
    target = target or read.column_names[-1]
    x = np.column_stack([as_numbers(read[c]) for c in read.column_names if c not in (target, *without)])
    return x.astype(np.float32).astype(np.float64), as_numbers(read[target])


def halves(name, seed, most=2000):
    """At most so many rows to train and as many to test, at random."""
    x, y = mixed(name)
    order = np.random.default_rng(seed).permutation(len(y))
    half = min(most, len(y) // 2)
    train, test = order[:half], order[half:2 * half]
    return x[train], y[train], x[test], y[test]
