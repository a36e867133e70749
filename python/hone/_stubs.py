"""Type stubs of the package, from the declarations: `python _stubs.py PROGRAM` prints them, and with `data` behind it
those of hone.data."""

import json
import subprocess
import sys

try:
    from ._catalog import COMMON, figures, generators, methods, specs
except ImportError:  # run as a program, by the build
    from _catalog import COMMON, figures, generators, methods, specs

HEAD = '''\
# Emitted from the declarations by hone/_stubs.py; do not edit.
from os import PathLike
from typing import Any, Callable, Literal, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

__version__: str

class Error(Exception):
    code: str
    message: str
    param: str | None
    file: str | None
    column: str | None
    row: int | None

class NotFittedError(Error, ValueError, AttributeError): ...
class Warning(UserWarning): ...

class Table:
    columns: list[str]
    types: list[str]
    shape: tuple[int, int]
    def __len__(self) -> int: ...
    def matrix(self) -> NDArray[np.float64]: ...
    def hash(self) -> str: ...
    def save(self, path: str | PathLike[str]) -> None: ...
    def to_pandas(self) -> Any: ...
    def to_polars(self) -> Any: ...
    def to_arrow(self) -> Any: ...
    def to_dict(self) -> dict[str, NDArray[Any]]: ...
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...
    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...

class Page:
    html: str
    def save(self, path: str | PathLike[str]) -> None: ...

class Profile(Page):
    numbers: dict[str, Any]
    warnings: list[dict[str, Any]]
    def __getitem__(self, section: str) -> Any: ...

def profile(
    data: Any, *, target: str | None = None, compare: Any = None, sample: int = 10000, most: int = 30, rows: int = 5,
    threads: int = 0, seed: int = 0,
) -> Profile: ...

class Model:
    task: str
    target: str | None
    classes: list[Any]
    schema: list[dict[str, Any]]
    threads: int
    def predict(self, rows: Any) -> Any: ...
    def predict_json(self, rows: Any) -> Any: ...
    def evaluate(
        self, rows: Any, *, metrics: str | Sequence[str] | None = None, errors: int = 0, plots: bool = False,
        allow_extra: bool = False, decision: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]: ...
    def report(
        self, rows: Any, *, metrics: str | Sequence[str] | None = None, errors: int = 10, allow_extra: bool = False,
        decision: Mapping[str, Any] | None = None,
    ) -> Page: ...
    def update(self, rows: Any, *, allow_extra: bool = False) -> dict[str, Any]: ...
    def verify(self) -> tuple[int, int]: ...
    def rules(self, part: int = 0) -> str: ...
    def drawing(self, part: int = 0) -> str: ...
    importances: dict[str, float]
    def describe(self) -> dict[str, Any]: ...
    def log(self, markdown: bool = False) -> str: ...
    def save(self, path: str | PathLike[str]) -> None: ...
    def to_bytes(self) -> bytes: ...
    @staticmethod
    def from_bytes(data: bytes) -> Model: ...

def load(path: str | PathLike[str], *, threads: int = 0) -> Model: ...
def train(
    data: Any = None,
    *,
    target: str | None = None,
    model: str | Mapping[str, Any] | Estimator | None = None,
    steps: Sequence[Any] | None = None,
    recipe: str | PathLike[str] | Mapping[str, Any] | None = None,
    seed: int | None = None,
    threads: int = 0,
) -> Model: ...
def read(
    path: str | PathLike[str],
    *,
    format: str | None = None,
    delimiter: str | None = None,
    header: str | None = None,
    encoding: str | None = None,
    missing: str | Sequence[str] | None = None,
    limit: int = 0,
    table: str | int | None = None,
    query: str | None = None,
    quote: str | None = None,
    escape: str | None = None,
    comment: str | None = None,
    decimal: str | None = None,
    skip_rows: int = 0,
    range: str | None = None,
) -> Table: ...
def compare(
    models: Mapping[str, Any] | Sequence[Any], data: Any, *, metrics: str | Sequence[str] | None = None,
    threads: int = 0, seed: int = 0, **options: Any,
) -> dict[str, Any]: ...
def learning_curve(
    data: Any,
    *,
    target: str | None = None,
    model: str | Mapping[str, Any] | Estimator | None = None,
    steps: Sequence[Any] | None = None,
    recipe: str | PathLike[str] | Mapping[str, Any] | None = None,
    seed: int | None = None,
    threads: int = 0,
    **options: Any,
) -> dict[str, Any]: ...
def sql(query: str, *, missing: str | Sequence[str] | None = None, limit: int = 0) -> Table: ...
def limit_memory(size: str | int | None) -> None: ...
def table(data: Any) -> Table: ...
from . import data as data, metrics as metrics, model_selection as model_selection

def kinds() -> list[dict[str, Any]]: ...

class Step:
    name: str | None
    frames: str
    def fit(self, frame: Any, y: Any = None, **options: Any) -> Any: ...
    def transform(self, frame: Any, state: Any) -> Any: ...
    def __call__(self, **options: Any) -> Any: ...

def step(
    name: str, transform: Callable[[Any, Any], Any], fit: Callable[..., Any] | None = None, frames: str = "pandas",
) -> Step: ...
def register(own: Step | type[Step]) -> Any: ...
def unregister(name: str) -> None: ...

class Pipeline:
    steps: list[tuple[Any, ...]]
    named_steps: dict[str, Any]
    model_: Model
    classes_: NDArray[Any]
    def __init__(
        self, steps: Sequence[Any], *, random_state: int | None = None, n_jobs: int | None = None,
    ) -> None: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Self: ...
    def fit(self, X: Any, y: Any) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[np.float64]: ...
    def score(self, X: Any, y: Any) -> float: ...
    def save(self, path: str | PathLike[str]) -> None: ...

class Estimator:
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Self: ...
    def save(self, path: str | PathLike[str]) -> None: ...
    def model(self) -> Model: ...
    def describe(self) -> dict[str, Any]: ...
    def __getattr__(self, name: str) -> Any: ...
'''

NUMBERS = "NDArray[np.float64]"
RETURNS = {
    "predict": {"classifier": "NDArray[Any]", "clusterer": "NDArray[np.int64]", "detector": "NDArray[np.int64]"},
    "fit_predict": {},
    "score": {"classifier": "float", "regressor": "float"},
}


def signature(spec, method):
    weight = ", sample_weight: Any = None" if "weights" in spec.can else ""
    supervised = spec.sort in ("classifier", "regressor", "ranker") or spec.target
    y = ", y: Any" if supervised else ", y: Any = None"
    group = ", group: Any = None" if spec.sort == "ranker" else ""
    if method == "fit":
        held = ", *, X_val: Any = None, y_val: Any = None, sample_weight_val: Any = None"
        held = held if "validation" in spec.can else ""
        held += ", group_val: Any = None" if held and group else ""
        return f"(self, X: Any{y}{weight}{group}{held}) -> Self"
    if method == "partial_fit":
        classes = ", classes: Any = None" if spec.sort == "classifier" else ""
        return f"(self, X: Any{y}{classes}{weight}{group}) -> Self"
    if method == "score":
        return "(self, X: Any, y: Any, sample_weight: Any = None) -> float"
    if method in ("predict", "fit_predict"):
        labels = {"classifier": "NDArray[Any]", "clusterer": "NDArray[np.int64]", "detector": "NDArray[np.int64]"}
        more = y + weight if method == "fit_predict" else ""
        return f"(self, X: Any{more}) -> {labels.get(spec.sort, NUMBERS)}"
    if method == "fit_transform":
        return f"(self, X: Any{y}{weight}) -> Any"
    if method == "set_output":
        return "(self, *, transform: Literal['default', 'pandas', 'polars'] | None = None) -> Self"
    if method == "fit_resample":
        return "(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any"
    if method == "sample":
        return "(self, n_samples: int = 1) -> tuple[NDArray[np.float64], NDArray[np.int64]]"
    if method == "kneighbors":
        return "(self, X: Any = None, n_neighbors: int | None = None, return_distance: bool = True) -> Any"
    if method == "get_feature_names_out":
        return "(self, input_features: Any = None) -> NDArray[np.object_]"
    return f"(self, X: Any) -> {'Any' if 'transform' in method else NUMBERS}"


def stubs(kinds):
    lines = [HEAD]
    for spec in specs(kinds):
        params = [(p.name, p.type, p.default) for p in spec.params]
        params += [(n, "int | None", None) for n in COMMON if all(p.name != n for p in spec.params)]
        lines.append(f"class {spec.name}(Estimator):")
        if spec.sort == "classifier":
            lines.append("    classes_: NDArray[Any]")
        lines += [f"    {name}: {kind}" for name, kind, _ in params]
        lines += ["    def __init__(", "        self,", "        *,"]
        lines += [f"        {name}: {kind} = {default!r}," for name, kind, default in params]
        lines += ["    ) -> None: ...", *(f"    def {m}{signature(spec, m)}: ..." for m in methods(spec)), ""]
    return "\n".join(lines)


DATA = '''\
# Emitted from the declarations by hone/_stubs.py; do not edit.
from os import PathLike
from typing import Any, Literal, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from . import read as read, sql as sql

def describe(data: Any, *, target: str | None = None, threads: int = 0) -> list[dict[str, Any]]: ...
def register(name: str, data: Any, *, folder: str | None = None) -> str: ...
def validate(data: Any, expect: str | PathLike[str] | Mapping[str, Any]) -> dict[str, Any]: ...
def expect(data: Any) -> dict[str, Any]: ...
'''


def data_stubs(declared):
    lines = [DATA]
    for spec in generators(declared):
        first = [p for p in spec.params if p.name in ("n_samples", "n_features")]
        rest = [p for p in spec.params if p not in first]
        lines += [f"def {spec.name}("]
        lines += [f"    {p.name}: {p.type} = {p.default!r}," for p in first]
        lines += ["    *,", *(f"    {p.name}: {p.type} = {p.default!r}," for p in rest)]
        lines += ["    random_state: Any = None,", "    n_jobs: int | None = None,", ") -> Any: ..."]
    return "\n".join(lines) + "\n"


METRICS = '''\
# Emitted from the declarations by hone/_stubs.py; do not edit.
from typing import Any, Literal, Sequence

def __call__() -> list[dict[str, Any]]: ...
'''


def metric_stubs(declared):
    lines = [METRICS]
    for spec in figures(declared):
        options = [f"{name}: {kind}" + ("" if required else f" = {default!r}")
                   for name, default, required, kind, _ in spec.options]
        lines += [f"def {spec.name}(", *(f"    {name}: Any," for name in spec.inputs), "    *,",
                  *(f"    {option}," for option in options), f") -> {'Any' if spec.per_class else 'float'}: ..."]
    return "\n".join(lines) + "\n"


def declared(*words):
    return json.loads(subprocess.run([sys.argv[1], *words], check=True, capture_output=True).stdout)


if __name__ == "__main__":
    if sys.argv[2:] == ["data"]:
        sys.stdout.write(data_stubs(declared("data", "gen", "--json")["generators"]))
        sys.exit()
    schema = declared("schema")
    if sys.argv[2:] == ["metrics"]:
        sys.stdout.write(metric_stubs(schema["x-metrics"]))
        sys.exit()
    for kind in schema["x-kinds"]:
        kind["parameters"] = schema["$defs"][kind["name"]]
    sys.stdout.write(stubs(schema["x-kinds"]))
