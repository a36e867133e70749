"""What the declarations say, in the forms that classes and their stubs need. Imports nothing heavy: the build
runs it to write the stubs."""

import keyword
import re
import textwrap
from dataclasses import dataclass, field

CLASSIFY = {"binary", "multiclass"}
COMMON = {
    "random_state": ("None or int", "Seed; None is 0. The same seed gives the same bits, for any n_jobs."),
    "n_jobs": ("None or int", "Threads; None or -1: all processors."),
}
# What scikit-learn's classes are told and no answer depends on: taken and not looked at.
NO_EFFECT = {"copy", "copy_X", "copy_x", "copy_X_train", "verbose", "verbose_interval", "memory", "precompute",
             "shrinking", "compute_full_tree", "leaf_size"}


@dataclass
class Param:
    name: str     # in Python
    key: str      # in hone
    default: object
    none: bool    # None is the word "none"
    type: str     # as an annotation
    doc: str
    aliases: tuple
    objective: bool  # may be a function instead: a loss of one's own


@dataclass
class Spec:
    """A class to be: one kind, for one sort of task."""

    name: str
    kind: str
    sort: str     # "classifier", "regressor", "ranker", "clusterer", "detector", "recommender", "transformer"
    tasks: tuple
    can: frozenset
    hooks: frozenset
    params: list
    title: str
    doc: str
    references: list = field(default_factory=list)
    target: frozenset = frozenset()  # transformers: the tasks whose target they learn from


def _types(schema):
    """The annotation of one value that a JSON Schema allows."""
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_types(part) for part in schema["anyOf"]))
    if "enum" in schema:
        return "Literal[" + ", ".join(repr(word) for word in schema["enum"]) + "]"
    kind = schema.get("type")
    if kind == "array":
        return f"Sequence[{_types(schema.get('items', {}))}]"
    if kind == "object":
        return "Mapping[str, float]"
    return {"integer": "int", "number": "float", "boolean": "bool", "string": "str"}.get(kind, "Any")


def _words(schema):
    return [word for part in schema.get("anyOf", [schema]) for word in part.get("enum", [])]


def _param(key, schema):
    default, none = schema.get("default"), "none" in _words(schema)
    if default == [] or default == {} or (none and default == "none"):
        default = None
    if isinstance(default, list):
        default = tuple(default)
    annotation = _types(schema)
    if default is None or none:
        annotation += " | None"
    if key == "class_weight":
        annotation += " | Mapping[Any, float]"
    objective = schema.get("x-objective", False)
    if objective:
        annotation += " | Callable[..., Any]"
    name = key + "_" if keyword.iskeyword(key) else key
    return Param(name, key, default, none, annotation, schema.get("description", ""),
                 tuple(schema.get("x-aliases", ())), objective)


def _sort(name, tasks):
    """By the name's ending, where the kind has several sorts of task; else by the task."""
    for ending, sort, wanted in (("Classifier", "classifier", CLASSIFY), ("Regressor", "regressor", {"regression"}),
                                 ("Ranker", "ranker", {"rank"})):
        if name.endswith(ending) and wanted & tasks:
            return sort, wanted & tasks
    for sort, wanted in (("classifier", CLASSIFY), ("regressor", {"regression"}), ("ranker", {"rank"}),
                         ("clusterer", {"cluster"}), ("detector", {"anomaly"}), ("recommender", {"rules"})):
        if wanted & tasks:
            return sort, wanted & tasks
    return "transformer", set()


@dataclass
class Generator:
    """A function to be of hone.data: one generator of tables."""

    name: str     # in Python
    kind: str
    params: list
    target: str   # what its target's columns are called
    classes: bool
    title: str
    doc: str
    references: list


def generators(declared):
    """The functions of all generators of a catalog."""
    return [Generator(g["class_name"], g["name"],
                      [_param(key, schema) for key, schema in g["parameters"].get("properties", {}).items()],
                      g["target"], g["classes"], g["title"], g["doc"], g.get("references", [])) for g in declared]


@dataclass
class Figure:
    """A function to be of hone.metrics: one metric, or several that settings tell apart."""

    name: str
    inputs: tuple   # names of the two arrays
    metrics: list   # [(settings, declaration)], the default first
    options: list   # [(name, default, required, annotation, doc)]

    @property
    def per_class(self):
        return any(settings.get("average") == "binary" for settings, _ in self.metrics)

    def choose(self, given):
        """The declaration that is meant, with the name that the library knows it by under "told"."""
        for settings, metric in self.metrics:
            if all(given.get(key) == value for key, value in settings.items()):
                break
        else:
            names = {key: sorted({settings[key] for settings, _ in self.metrics}) for key in self.metrics[0][0]}
            raise ValueError(f"{self.name}: " + ", ".join(
                f"{key}={given.get(key)!r}" for key in names) + " is no choice; there are " + ", ".join(
                f"{key} in {allowed}" for key, allowed in names.items()))
        told = re.split("[@(]", metric["name"])[0]
        argument = metric.get("argument")
        if argument and (value := given.get(argument["name"])) is not None:
            told += f"@{int(value)}" if argument["type"] == "integer" else f"({value!r})"
        elif "@" in metric["name"] and not argument.get("required"):
            told = metric["name"]
        return {**metric, "told": told}

    def docstring(self, width=100):
        fill = lambda text, indent="": textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent)
        metric = self.metrics[0][1]
        better = "The greater the better" if metric["greater_is_better"] else "The smaller the better"
        lines = [metric["title"] + ".", "", fill(f"{metric['doc']} {better}."), "", "Parameters", "----------"]
        lines += [f"{name} : array" for name in self.inputs]
        for name, default, required, kind, doc in self.options:
            lines += [f"{name} : {kind}" + ("" if required else f", default={default!r}"), fill(doc, "    ")]
        return "\n".join(lines + ["", "Notes", "-----", "In the program and in recipes: " + ", ".join(
            f"'{declared['name']}'" for _, declared in self.metrics) + "."] + _references(
            metric.get("references"), fill))


def _options(inputs, metrics):
    """What else the function of these metrics is told."""
    tasks = {task for _, metric in metrics for task in metric["tasks"]}
    options = []
    for key in metrics[0][0]:
        allowed = list(dict.fromkeys(settings[key] for settings, _ in metrics))
        kind = "Literal[" + ", ".join(map(repr, allowed)) + "]" + (" | None" if "binary" in allowed else "")
        options.append((key, allowed[0], False, kind, "Which of " + ", ".join(allowed) + (
            "; None: of each class." if "binary" in allowed else ".")))
    argument = metrics[0][1].get("argument")
    if argument:
        options.append((argument["name"], None if argument["required"] else argument.get("default"),
                        argument["required"], "int" if argument["type"] == "integer" else "float", argument["doc"]))
    if tasks & {"binary", "multiclass"}:
        options.append(("labels", None, False, "Sequence[Any] | None", "All classes, where not all of them occur."))
        options.append(("pos_label", None, False, "Any", "The positive one of two classes; None: the last."))
    if "rank" in tasks:
        options.append(("group", None, False, "Any", "What rows are ranked within; of a matrix each row."))
    if inputs[0] != "labels_true":
        options.append(("sample_weight", None, False, "Any", "How much each row counts."))
    return sorted(options, key=lambda option: not option[2])


def figures(declared):
    """The functions of all metrics of a catalog."""
    found = {}
    for metric in declared:
        usual = (metric.get("aliases") or re.split("[@(]", metric["name"])[0]).split()[0]
        for text in metric.get("functions") or [f"{usual}(y_true, y_pred)"]:
            name, arguments = text.rstrip(")").split("(", 1)
            parts = [part.strip() for part in arguments.split(",")]
            settings = dict(part.split("=") for part in parts if "=" in part)
            settings = {key: value.strip("'") for key, value in settings.items()}
            inputs = tuple(part for part in parts if "=" not in part)
            found.setdefault(name, (inputs, []))[1].append((settings, metric))
    return [Figure(name, inputs, metrics, _options(inputs, metrics)) for name, (inputs, metrics) in found.items()]


def camel(name):
    return "".join(part.capitalize() for part in re.split("[_ ]", name))


def specs(kinds):
    """The classes of all kinds of a catalog."""
    made = []
    for kind in kinds:
        params = [_param(key, schema) for key, schema in kind["parameters"].get("properties", {}).items()]
        rest = set(kind["tasks"])
        for name in (kind.get("class_names") or camel(kind["name"])).split():
            sort, tasks = _sort(name, rest)
            rest -= tasks
            made.append(Spec(name, kind["name"], sort, tuple(t for t in kind["tasks"] if t in tasks),
                             frozenset(kind["capabilities"]), frozenset(kind["hooks"]), params, kind["title"],
                             kind["doc"], kind.get("references", []), frozenset(kind.get("target", []))))
    return made


def methods(spec):
    """Names of the methods that its class has, in order."""
    hooks, names = spec.hooks, ["fit"]
    if "update" in hooks:
        names.append("partial_fit")
    if "predict" in hooks:
        names.append("predict")
    if spec.sort == "classifier":
        if "probabilities" in spec.can:
            names += ["predict_proba", "predict_log_proba"]
        if "probabilities" not in spec.can or "gives_probabilities" in hooks:
            names.append("decision_function")
    if spec.sort in ("classifier", "regressor"):
        names.append("score")
    if spec.sort == "detector" and "predict" in hooks:
        names += ["decision_function", "score_samples"]
    if spec.sort in ("clusterer", "detector"):
        names.append("fit_predict")
    if "transform" in hooks:
        names += ["transform", "fit_transform", "get_feature_names_out", "set_output"]
    if "resample" in hooks and spec.sort == "transformer":
        names.append("fit_resample")
    if "inverse" in hooks:
        names.append("inverse_transform")
    if "neighbors" in hooks:
        names.append("kneighbors")
    if "sample" in hooks:
        names.append("sample")
    return names


def docstring(spec, width=100):
    """In numpydoc's form."""
    fill = lambda text, indent="": textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent)
    lines = [spec.title + ".", "", fill(spec.doc), "", "Parameters", "----------"]
    for p in spec.params:
        lines += [f"{p.name} : {p.type}, default={p.default!r}", fill(p.doc, "    ")]
        if p.aliases:
            lines.append(fill("Also called " + ", ".join(p.aliases) + ".", "    "))
    for name, (kind, doc) in COMMON.items():
        if all(p.name != name for p in spec.params):
            lines += [f"{name} : {kind}, default=None", fill(doc, "    ")]
    if isinstance(spec, Generator):
        lines += ["", "Notes", "-----", f"In the program this is 'hone data gen {spec.kind}'."]
        return "\n".join(lines + _references(spec.references, fill))
    can = [word for word in ("missing", "categories", "sparse") if word in spec.can]
    lines += ["", "Notes", "-----"]
    lines.append(fill("Takes " + {"missing": "missing values", "categories": "categories", "sparse":
                                  "sparse matrices"}[can[0]] + "".join(
        f", {dict(categories='categories', sparse='sparse matrices')[c]}" for c in can[1:]) + ".")
        if can else "Takes numbers without gaps.")
    lines.append(f"In the program and in recipes this is '{spec.kind}'.")
    return "\n".join(lines + _references(spec.references, fill))


def _references(references, fill):
    return ["", "References", "----------", *(fill(r) for r in references)] if references else []
