"""The program of a run: no word of a person becomes code, and a notebook is one that opens."""

import ast
import json
import re
import runpy

import numpy as np
import pytest

from fmnist.data.dataset import load_dataset
from fmnist.export.script import NotExportable, make_notebook, make_script, why_not
from fmnist.recipes import RECIPES
from fmnist.runs import store
from tests.factories import runs as run_factory

HOSTILE = [
    '"""\nimport os; os.abort()\n"""',
    "'); import os #",
    "coding: utf-7",
    "*/ --> </script><script>alert(1)</script>",
    "a\u2028import os\u2029b\x85c\x0cd\re",
    "\\N{BULLET} \\x0a {0} %s $x$ `id`",
    "\u202etxt.exe \ud800 \x00 ünïcödé 服 😀",
    "# -*- coding: latin-1 -*-",
]


def code_of(script: str) -> str:
    """What Python makes of a script, read as it would read the file."""
    return ast.dump(ast.parse(script.encode("utf-8")))


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_is_never_code(made, title):
    plain, same = make_script(made), json.loads(make_notebook(made))
    notes = json.dumps({"name": title})
    made.file("notes.json").write_text(notes, encoding="utf-8")
    run = store.read_run(made.run_dir)
    assert code_of(make_script(run)) == code_of(plain)
    notebook = json.loads(make_notebook(run))
    assert code_cells(notebook) == code_cells(same)
    assert all(cell["cell_type"] == "markdown" for cell in notebook["cells"][:1])
    assert not re.search(r"(?<!\\)<", notebook["cells"][0]["source"][0])


def test_what_a_damaged_environment_says_is_never_code(made):
    plain = make_script(made)
    environment = json.loads(made.file("environment.json").read_text())
    environment |= {
        "versions": {"keras": "3; import os", "tensorflow": ["x"], "numpy": '2"\nimport os'},
        "dataset_fingerprint": '"); import os; ("',
        "precision": "'; import os",
        "onednn": "1",
        "parameters": "7\nimport os",
    }
    made.file("environment.json").write_text(json.dumps(environment), encoding="utf-8")
    script = make_script(store.read_run(made.run_dir))
    assert "import os;" not in script
    assert "digest" in plain
    assert "digest" not in script


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_a_program_without_the_lab(lab, name):
    config = {key: value for key, value in vars(RECIPES[name].config).items() if key != "name"}
    run = store.read_run(run_factory.write_run(lab.runs_dir, **config))
    script = make_script(run)
    tree = ast.parse(script)
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([each.name for each in node.names] if isinstance(node, ast.Import)
                     else [node.module])
    }  # fmt: skip
    assert imported == {"gzip", "hashlib", "math", "os", "pathlib", "keras", "numpy", "tensorflow"}
    assert max(map(len, script.splitlines())) <= 100
    assert ast.get_docstring(tree)


def test_the_notebook_is_as_its_format_asks(made):
    notebook = json.loads(make_notebook(made))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", each) for each in ids)
    for cell in notebook["cells"]:
        wanted = {"cell_type", "id", "metadata", "source"}
        is_code = cell["cell_type"] == "code"
        assert set(cell) == (wanted | {"execution_count", "outputs"} if is_code else wanted)
        assert all(isinstance(line, str) for line in cell["source"])
    # the same code as the script's, in the same order
    assert code_of("\n".join(code_cells(notebook))) == code_of(
        "\n".join(make_script(made).split('"""\n', 1)[1:])
    )


def code_cells(notebook: dict) -> list[str]:
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def test_the_data_of_the_script_are_those_of_the_lab(lab, made, tmp_path):
    """Its reading and its split, run as they stand, without TensorFlow."""
    script = make_script(made)
    data = script[script.index("DATA_DIR =") : script.index("# -- Batches")]
    start = "import gzip, hashlib, os\nfrom pathlib import Path\nimport numpy as np\nSEED = 0\n"
    (tmp_path / "part.py").write_text(start + data, encoding="utf-8")
    found = runpy.run_path(str(tmp_path / "part.py"))
    dataset = load_dataset(lab.data_dir)
    for name in ("train_images", "train_labels", "test_images", "test_labels"):
        np.testing.assert_array_equal(found[name], getattr(dataset, name))
    from fmnist.data.samples import split_train_val

    train, val = split_train_val(600, made.config.validation_fraction, made.config.seed)
    np.testing.assert_array_equal(found["train"], train)
    np.testing.assert_array_equal(found["val"], val)
    assert len(val) == 60


def test_other_data_are_told(lab, made, tmp_path, capsys):
    environment = json.loads(made.file("environment.json").read_text())
    environment["dataset_fingerprint"] = "0123456789abcdef"
    made.file("environment.json").write_text(json.dumps(environment), encoding="utf-8")
    script = make_script(store.read_run(made.run_dir))
    data = script[script.index("DATA_DIR =") : script.index("# -- Training and")]
    start = "import gzip, hashlib, os\nfrom pathlib import Path\nimport numpy as np\n"
    (tmp_path / "part.py").write_text(start + data, encoding="utf-8")
    runpy.run_path(str(tmp_path / "part.py"))
    assert "not the images that the run was trained on" in capsys.readouterr().out


def test_a_model_from_elsewhere_has_no_program(lab):
    run = store.read_run(run_factory.write_imported_run(lab.runs_dir))
    assert "trained elsewhere" in why_not(run)
    with pytest.raises(NotExportable, match="trained elsewhere"):
        make_script(run)


def test_a_stopped_run_says_so(lab):
    run = store.read_run(run_factory.write_run(lab.runs_dir, status="stopped"))
    assert "stopped by hand; this trains all its epochs" in make_script(run)
