"""Help, version, kinds, schema, completion, man: all derived from declarations."""

import json
import re
import shutil
import subprocess

import jsonschema
import pytest

from program import ROOT, as_json, good, plain_environment, refused, run

VERBS = ["train", "predict", "evaluate", "update", "compare", "curve", "show", "verify", "sample", "serve", "init", "data", "profile", "plot", "kinds",
         "schema", "completion", "version", "help"]
SUB_VERBS = {"data": ["head", "describe", "convert", "sql", "join", "split", "dedupe", "diff", "register", "list", "show", "remove", "validate",
                      "expect", "gen"]}
ALL_VERBS = VERBS + [f"{group} {verb}" for group, verbs in SUB_VERBS.items() for verb in verbs]


def test_overview():
    text = good("--help")
    assert text == good() == good("help") == good("-h")
    assert re.findall(r"^  ([a-z]+) {2,}", text.split("verbs\n")[1].split("\n\n")[0], re.M) == VERBS
    assert "hone train churn.csv --target Churn" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("verb", ALL_VERBS + ["man"])
def test_help_of_a_verb(verb):
    words = verb.split()
    text = good(*words, "--help")
    assert text == good("help", *words) == good(*words, "-h")
    assert text.startswith(f"hone {verb}: ")
    assert f"usage: hone {verb}" in text
    for part in ("flags of every verb", "example", "exit codes", "--json", "--threads", "--seed", "--quiet"):
        assert part in text
    assert f"hone {verb}" in text.split("\nexample\n")[1]
    assert re.search(r"^  0  done", text, re.M) and re.search(r"^  2  used wrongly", text, re.M)
    body = text.split("\nexample\n")[0]
    assert max(map(len, body.splitlines())) <= 80
    assert not re.search(r"[ \t]$", text, re.M)


def test_help_as_golden_text():
    assert good("completion", "--help") == """\
hone completion: print a script that completes commands in a shell

usage: hone completion SHELL [flags]

flags
  SHELL  The shell to complete in. (one of bash, zsh, fish; required)

flags of every verb
      --json         Print one JSON object on standard output, everything else
                     on standard error.
      --threads N    Threads to compute with; results don't depend on it.
                     (integer in [1, 1024] or all; default all)
      --memory SIZE  Memory to keep to, such as 512M or 4G: what is beyond lies
                     in a file in the temporary folder, with the same results.
                     (integer >= 1 or all, bytes; default all)
      --seed N       Seed of everything random: one seed, one input, the same
                     bytes. (integer >= 0; default 0)
  -q, --quiet        Print results and errors only.
  -v, --verbose      Say more about what is done.
  -h, --help         Print this and stop.

example
  hone completion bash > /etc/bash_completion.d/hone
  hone completion zsh > /usr/local/share/zsh/site-functions/_hone
  hone completion fish > ~/.config/fish/completions/hone.fish

exit codes
  0  done
  2  used wrongly: an unknown flag, an illegal value
  3  the data, the recipe or the model file is at fault
  4  something failed: disk full, no permission, out of memory, interrupted
"""


@pytest.mark.parametrize("group", SUB_VERBS)
def test_help_of_a_group(group):
    text = good(group, "--help")
    listed = text.split("\nverbs\n")[1].split("\n\n")[0]
    assert re.findall(r"^  (\w+) {2,}", listed, re.M) == SUB_VERBS[group]


def test_help_follows_the_width():
    wide = good("train", "--help", env=plain_environment(COLUMNS="200"))
    assert 80 < max(len(line) for line in wide.split("\nexample\n")[0].splitlines()) <= 100
    narrow = good("train", "--help", env=plain_environment(COLUMNS="60"))
    assert max(len(line) for line in narrow.split("\nflags\n")[1].split("\nexample\n")[0].splitlines()) <= 62


def test_help_as_json():
    help_of_train = as_json("train", "--help")
    assert help_of_train["name"] == "train"
    assert set(help_of_train["exit_codes"]) == {"0", "2", "3", "4"}
    assert help_of_train["flags"]["properties"]["output"]["x-letter"] == "o"
    assert [v["name"] for v in as_json("--help")["verbs"]] == VERBS


def test_version():
    assert good("version") == good("--version") == good("-V")
    assert as_json("version") == {"version": good("version").split()[1]}


def test_unknown_verb():
    assert refused(2, "trian") == "hone: error: there is no verb 'trian'; did you mean 'train'?"
    assert refused(2, "qqqqqqqqq") == "hone: error: there is no verb 'qqqqqqqqq'; 'hone --help' lists them"
    assert "write the verb first" in refused(2, "--json", "train")
    assert refused(2, "data", "haed") == "hone data: error: there is no verb 'haed'; did you mean 'head'?"
    assert refused(2, "help", "data", "haed") == "hone data: error: there is no verb 'haed'; did you mean 'head'?"
    assert "say what to do, as in 'hone data head'" in refused(2, "data")
    assert "as in 'hone data head --top'" in refused(2, "data", "--top")
    assert "did you mean 'evaluate'?" in refused(2, "help", "evalute")


# ---- kinds ----------------------------------------------------------------------------------------


def test_kinds():
    text = good("kinds")
    for name in ("gbdt", "logistic", "ridge", "kmeans", "impute", "one_hot", "roc_auc", "rmse"):
        assert re.search(rf"^  {name} ", text, re.M), name
    assert max(map(len, text.splitlines())) <= 80


def test_every_kind_says_all_about_itself():
    catalog = as_json("kinds")
    assert len({kind["name"] for kind in catalog["kinds"]}) == len(catalog["kinds"]) > 10
    for kind in catalog["kinds"]:
        assert as_json("kinds", kind["name"]) == kind
        text = good("kinds", kind["name"])
        assert text.startswith(f"{kind['name']}: {kind['title']}\n")
        for name, parameter in kind["parameters"]["properties"].items():
            assert re.search(rf"^  {name}\b", text, re.M), (kind["name"], name)
            assert parameter["description"].endswith("."), (kind["name"], name)
        assert f"## `{kind['name']}`" in good("kinds", kind["name"], "--markdown")
        assert kind["doc"].rstrip().endswith(".")
        assert kind["sort"] == ("model" if kind["tasks"] else "step")
    for metric in catalog["metrics"]:
        assert as_json("kinds", metric["name"]) == metric
        assert metric["title"] in good("kinds", metric["name"])


def test_expressions_are_documented():
    """docs/EXPRESSIONS.md holds what the program says of every function; the examples are tested by test_expr.c."""
    text = (ROOT / "docs" / "EXPRESSIONS.md").read_text()
    assert good("kinds", "functions", "--markdown").strip() in text


def test_functions_of_expressions():
    functions = as_json("kinds", "functions")["functions"]
    assert functions == as_json("kinds")["functions"] and len(functions) > 10
    text = good("kinds", "functions")
    for function in functions:
        assert function["signature"] in text and function["doc"] in text


def test_all_kinds_as_markdown():
    text = good("kinds", "--markdown")
    for kind in as_json("kinds")["kinds"]:
        assert f"## `{kind['name']}`: {kind['title']}" in text
    assert "## Metrics" in text and "## Functions of expressions" in text


def test_defaults_are_legal():
    for kind in as_json("kinds")["kinds"]:
        for name, parameter in kind["parameters"]["properties"].items():
            if "default" in parameter:
                jsonschema.validate(parameter["default"], parameter, jsonschema.Draft202012Validator)


def test_unknown_kind():
    assert refused(2, "kinds", "gbtd").endswith("'gbtd'; did you mean 'gbdt'?")
    assert "'hone kinds' lists them" in refused(2, "kinds", "qqqqqqqq")


# ---- schema ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema():
    return json.loads(good("schema"))


def test_schema_is_a_schema(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    for kind in schema["$defs"].values():
        jsonschema.Draft202012Validator.check_schema(kind)
    for verb in schema["x-verbs"]:
        jsonschema.Draft202012Validator.check_schema(verb["flags"])
    assert good("schema") == good("schema", "--threads", "1")
    assert as_json("schema") == schema


def test_schema_checks_recipes(schema):
    validator = jsonschema.Draft202012Validator(schema)
    legal = [{}, {"roles": {"target": "y", "id": ["a"]}}, {"model": "gbdt"}, {"split": {"test": 0.3}},
             {"model": {"gbdt": {"n_estimators": 300, "max_depth": "none"}}},
             {"steps": [{"impute": {"columns": "numeric"}}, "drop_constant"]}, {"metrics": ["rmse"], "seed": 7}]
    illegal = [{"modle": "gbdt"}, {"roles": {"traget": "y"}}, {"model": {"gbdt": {"n_estimators": 0}}},
               {"model": {"gbdt": {"max_depth": "some"}}}, {"model": {"impute": {}}}, {"split": {"test": 1}},
               {"steps": {"impute": {}}}, {"seed": -1}]
    for recipe in legal:
        assert validator.is_valid(recipe), recipe
    for recipe in illegal:
        assert not validator.is_valid(recipe), recipe


def test_committed_schema_is_up_to_date():
    committed = ROOT / "api" / "schema.json"
    if not committed.exists():
        pytest.skip("api/schema.json is not there")
    assert committed.read_text() == good("schema")


# ---- shells and manual pages ----------------------------------------------------------------------


def complete(words, cword):
    """What bash offers for the word at cword."""
    quoted = " ".join(f"'{w}'" for w in words)
    script = f"{good('completion', 'bash')}\nCOMP_WORDS=({quoted}); COMP_CWORD={cword}; _hone\n" \
             "printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not there")
def test_completion_in_bash():
    assert complete(["hone", "pre"], 1) == ["predict"]
    assert set(VERBS) <= set(complete(["hone", ""], 1))
    assert complete(["hone", "train", "--mod"], 2) == ["--model"]
    assert complete(["hone", "train", "--model", "gb"], 3) == ["gbdt"]
    assert complete(["hone", "train", "--task", "b"], 3) == ["binary"]
    assert "--keep" in complete(["hone", "predict", "--"], 2)
    assert complete(["hone", "kinds", "log_l"], 2) == ["log_loss"]
    assert complete(["hone", "kinds", "logis"], 2) == ["logistic"]
    assert complete(["hone", "help", "ev"], 2) == ["evaluate"]
    assert complete(["hone", "completion", ""], 2) == ["bash", "zsh", "fish"]
    assert complete(["hone", "data", "des"], 2) == ["describe"]
    assert complete(["hone", "data", "describe", "--to"], 3) == ["--top"]
    assert complete(["hone", "data", "head", "--header", "a"], 4) == ["auto"]
    assert complete(["hone", "data", "gen", "mo"], 3) == ["moons"]


@pytest.mark.parametrize("shell, checker", [("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]),
                                            ("fish", ["fish", "--no-execute"])])
def test_completion_parses(shell, checker, tmp_path):
    script = tmp_path / "script"
    script.write_text(good("completion", shell))
    assert as_json("completion", shell)["script"] == script.read_text()
    if not shutil.which(checker[0]):
        pytest.skip(f"{shell} is not there")
    subprocess.run([*checker, script], check=True)


def test_completion_of_an_unknown_shell():
    message = refused(2, "completion", "fihs")
    assert "SHELL must be one of bash, zsh, fish, not 'fihs'; did you mean 'fish'?" in message
    assert "SHELL is required" in refused(2, "completion")


def test_manual_pages(tmp_path):
    folder = tmp_path / "man"
    good("man", folder)
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        ["hone.1", *(f"hone-{v.replace(' ', '-')}.1" for v in ALL_VERBS)])
    if not shutil.which("groff"):
        pytest.skip("groff is not there")
    for page in folder.iterdir():
        done = subprocess.run(["groff", "-man", "-ww", "-Tascii", "-P-cbou", page], capture_output=True, text=True)
        assert done.stderr == "", page
        assert "NAME" in done.stdout and "EXIT STATUS" in done.stdout
