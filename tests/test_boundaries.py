"""The walls: who may import what, and what a page may do. Read from the source, then tried."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import runs as run_factory
from tests.imports import imported_names, imports_of, library_modules

ROOT = Path(__file__).parent.parent
LIBRARY = sorted((ROOT / "fmnist").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
SCREEN = [ROOT / "app.py", *PAGES]

KERAS = {"keras", "tensorflow"}
NEVER_IMPORTS = {
    "fmnist.config": {"numpy", *KERAS},
    "fmnist.terminal": {"numpy", "fmnist.config", "fmnist.runs", *KERAS},
    "fmnist.__main__": {"numpy", "fmnist.config", "fmnist.runs", *KERAS},
    "fmnist.plain_text": {"numpy", "pandas", "plotly", "fmnist.config", *KERAS},
    "fmnist.recipes": KERAS,
    "fmnist.published": KERAS,
    "fmnist.dataset": KERAS,
    "fmnist.dataset_table": KERAS,
    "fmnist.idx": {"fmnist.dataset", *KERAS},
    "fmnist.download": KERAS,
    "fmnist.standin": KERAS,
    "fmnist.catalogue": {"fmnist.runs", *KERAS},
    "fmnist.fetch": {"fmnist.runs", *KERAS},
    "fmnist.rescore": KERAS,
    "fmnist.import_data": {"fmnist.runs", *KERAS},
    "fmnist.import_names": {"fmnist.runs", *KERAS},
    "fmnist.import_source": {"fmnist.runs", *KERAS},
    "fmnist.import_roles": {"fmnist.runs", *KERAS},
    "fmnist.import_parts": {"fmnist.runs", *KERAS},
    "fmnist.import_lines": {"fmnist.dataset", "fmnist.import_source", *KERAS},
    "fmnist.import_table": {"fmnist.dataset", "fmnist.import_source", *KERAS},
    "fmnist.import_csv": {"fmnist.runs", *KERAS},
    "fmnist.import_tables": {"fmnist.runs", *KERAS},
    "fmnist.import_arrays": {"fmnist.runs", *KERAS},
    "fmnist.import_png": {"fmnist.runs", *KERAS},
    "fmnist.import_process": {"fmnist.runs", "fmnist.import_data", *KERAS},
    "fmnist.import_job": {"fmnist.runs", "fmnist.import_data", "pandas", *KERAS},
    "fmnist.import_child": {"fmnist.runs", *KERAS},
    "fmnist.dataset_folder": {"fmnist.runs", *KERAS},
    "fmnist.models": {"fmnist.dataset", "fmnist.runs"},
    "fmnist.augment": {"fmnist.runs"},
    "fmnist.runs": KERAS,
    "fmnist.run_files": KERAS,
    "fmnist.settings": KERAS,
    "fmnist.files": {"fmnist.dataset", "fmnist.runs", *KERAS},
    "fmnist.json_files": {"fmnist.dataset", "fmnist.runs", *KERAS},
    "fmnist.run_reader": {"fmnist.runs", *KERAS},
    "fmnist.run_tables": KERAS,
    "fmnist.own_model_record": {"numpy", *KERAS},
    "fmnist.exit_reason": {"numpy", "fmnist.runs", *KERAS},
    "fmnist.folder": {"numpy", "fmnist.runs", *KERAS},
    "fmnist.status": {"fmnist.runs", *KERAS},
    "fmnist.launch": {"fmnist.jobs", *KERAS},
    "fmnist.turns": {"fmnist.jobs", *KERAS},
    "fmnist.dispatcher": {"fmnist.jobs", "fmnist.train", *KERAS},
    "fmnist.process": {"fmnist.jobs", "fmnist.train", *KERAS},
    "fmnist.own_model_refusals": KERAS,
    "fmnist.keras_config": {"numpy", "h5py", "fmnist.runs", *KERAS},
    "fmnist.keras_file": {"numpy", "h5py", "fmnist.runs", *KERAS},
    "fmnist.keras_weights": {"fmnist.runs", *KERAS},
    "fmnist.memory_limit": {"numpy", "fmnist.runs", *KERAS},
    "fmnist.engine": KERAS,
    "fmnist.engine_frames": {"fmnist.runs", *KERAS},
    "fmnist.bundle": {"fmnist.model_card", *KERAS},
    "fmnist.scoring": {"fmnist.train", "fmnist.jobs", "fmnist.figures"},
    "fmnist.batches": {"fmnist.train", "fmnist.jobs", "fmnist.figures"},
    "fmnist.train": {"fmnist.jobs", "fmnist.figures"},
    "fmnist.jobs": KERAS,
    "fmnist.evaluate": {"fmnist.runs", *KERAS},
    "fmnist.ground": {"fmnist.dataset", "fmnist.runs", "fmnist.sketch", *KERAS},
    "fmnist.photo": {"fmnist.dataset", "fmnist.runs", *KERAS},
    "fmnist.sketch": {"fmnist.photo", *KERAS},
    "fmnist.templates": KERAS,
    "fmnist.drawings": {"fmnist.runs", *KERAS},
    "fmnist.doubt": {"fmnist.runs", *KERAS},
    "fmnist.strokes": KERAS,
    "fmnist.corrections": KERAS,
    "fmnist.taught_record": {"numpy", "fmnist.runs", *KERAS},
    "fmnist.teaching": KERAS,
    "fmnist.lessons": KERAS,
    "fmnist.head": {"fmnist.teach", "fmnist.jobs", "fmnist.figures"},
    "fmnist.teach": {"fmnist.train", "fmnist.jobs", "fmnist.figures"},
    "fmnist.figures": {"fmnist.runs", *KERAS},
    "fmnist.images": KERAS,
}
# What no page calls: statistics, selections and models are the library's, and so are files.
COMPUTES = {
    "argmax", "argmin", "argpartition", "average", "bincount", "corr", "cov", "cumsum", "dot",
    "einsum", "exp", "fit", "fit_transform", "groupby", "histogram", "log", "matmul", "mean",
    "median", "merge", "norm", "percentile", "pivot", "pivot_table", "quantile", "sort_values",
    "sqrt", "std", "sum", "unique", "value_counts", "var",
}  # fmt: skip
TOUCHES_FILES = {
    "copytree", "fromfile", "mkdir", "open", "read_bytes", "read_csv", "read_json", "rmdir",
    "rmtree", "savez", "symlink_to", "touch", "unlink", "write_bytes", "write_text",
}  # fmt: skip
NOT_FOR_PAGES = {
    "csv", "gzip", "h5py", "json", "multiprocessing", "os", "pickle", "psutil", "scipy", "shutil",
    "sklearn", "sqlite3", "subprocess", "tempfile", "zipfile",
}  # fmt: skip
# What reads its text as Markdown, and what may hold words of a person or a file.
MARKDOWN = {
    "badge", "button", "caption", "checkbox", "error", "expander", "header", "info", "markdown",
    "metric", "page_link", "popover", "progress", "subheader", "success", "title", "toast",
    "toggle", "warning", "write",
}  # fmt: skip
STRANGE = re.compile(
    r"\b(title|(?<!recipe\.)name|file_name|message|damaged|problem|error|class_names|names\[|wanted|"
    r"refusal|failure|reason|environment)\b"
)
# What a package is called where it is installed from, if not as it is imported.
DISTRIBUTIONS = {
    "PIL": "pillow",
    "sklearn": "scikit-learn",
}
# Needed without being imported: the backend of Keras, pytest's plugins, what `make lint` runs.
NEVER_IMPORTED = {
    "tensorflow", "pytest-timeout", "pytest-xdist", "ruff", "mypy", "types-psutil",
}  # fmt: skip


@pytest.mark.parametrize("module", NEVER_IMPORTS)
def test_the_library_keeps_to_its_walls(module):
    crossed = imports_of(module) & NEVER_IMPORTS[module]
    assert not crossed, f"{module} imports {sorted(crossed)}, itself or through another module"


@pytest.mark.parametrize("path", [*LIBRARY, *SCREEN], ids=lambda path: path.name)
def test_only_the_door_leads_to_the_commands(path):
    """`fmnist/__main__.py` parses as they do, and imports each only when it is called."""
    if "commands" not in path.parts:
        named = {name for name in imported_names(path) if name.startswith("fmnist.commands.")}
        allowed = {"fmnist.commands.parser", "fmnist.commands.parser.Parser"}
        assert not named - (allowed if path.name == "__main__.py" else set())


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.name)
def test_the_library_knows_no_screen(path):
    names = imported_names(path)
    assert not {name for name in names if name.split(".")[0] in ("streamlit", "pages", "app")}


@pytest.mark.parametrize("path", SCREEN, ids=lambda path: path.name)
def test_no_page_leads_to_tensorflow(path):
    reached = imported_names(path) | {
        name for module in library_modules(imported_names(path)) for name in imports_of(module)
    }
    assert not reached & KERAS


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_computes_nothing_and_touches_no_file(path):
    assert not called_names(path) & (COMPUTES | TOUCHES_FILES)
    assert not {name.split(".")[0] for name in imported_names(path)} & NOT_FOR_PAGES


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("frame.groupby('label').mean()", {"groupby", "mean"}),
        ("np.linalg.norm(a - b)", {"norm"}),
        ("total = sum(row)", {"sum"}),
        ("share = len(a) and np.mean(a)", {"mean"}),
        ("Path('x').open()", {"open"}),
        ("with open('x') as file: file.read()", {"open"}),
        ("run.file('notes.json').write_text(text)", {"write_text"}),
        ("label = probabilities.argmax()", {"argmax"}),
        ("st.write(figures.plot_curves(history), run.title)", set()),
    ],
)
def test_what_counts_as_computing(tmp_path, line, said):
    (tmp_path / "page.py").write_text(line, encoding="utf-8")
    assert called_names(tmp_path / "page.py") & (COMPUTES | TOUCHES_FILES) == said


@pytest.mark.parametrize("path", SCREEN, ids=lambda path: path.name)
def test_what_a_page_shows_of_a_persons_words_is_only_text(path):
    """What is not a literal passes `plain_text.markdown` where Streamlit reads Markdown."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    shown = [
        (call.lineno, value)
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in MARKDOWN
        for argument in text_arguments(call)
        for value in open_values(argument)
    ]
    assert [(line, value) for line, value in shown if STRANGE.search(value)] == []


def text_arguments(call: ast.Call) -> list[ast.AST]:
    """What a call of Streamlit shows: its label or body; of a progress bar, the second argument."""
    position = 1 if call.func.attr == "progress" else 0
    labels = [keyword.value for keyword in call.keywords if keyword.arg == "label"]
    return [*call.args[position : position + 1], *labels]


def open_values(node: ast.AST) -> Iterator[str]:
    """The expressions whose text an argument consists of, those aside that `markdown` made."""
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield from open_values(part.value if isinstance(part, ast.FormattedValue) else part)
    elif isinstance(node, ast.BinOp | ast.IfExp | ast.BoolOp):
        for part in ast.iter_child_nodes(node):
            yield from open_values(part)
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "markdown":
        return
    elif isinstance(node, ast.expr) and not isinstance(node, ast.Constant):
        yield ast.unparse(node)


@pytest.mark.parametrize("path", SCREEN, ids=lambda path: path.name)
def test_a_page_is_short_and_says_its_question(path):
    source = path.read_text(encoding="utf-8")
    if not path.name.startswith("_"):
        assert len(source.splitlines()) <= (40 if path.name == "app.py" else 120)
    assert ast.get_docstring(ast.parse(source))


def test_visiting_every_page_loads_no_tensorflow(lab):
    run_dir = run_factory.write_run(lab.runs_dir)
    pages = [path.name for path in PAGES if not path.name.startswith("_")]
    script = """
import json, sys
from streamlit.testing.v1 import AppTest

run_id, *pages = sys.argv[1:]
app = AppTest.from_file("app.py", default_timeout=120).run()
seen = [[str(error.value) for error in app.exception]]
for page in pages:
    app.switch_page(f"pages/{page}")
    app.query_params["run"] = run_id
    seen.append([str(error.value) for error in app.run().exception])
loaded = sorted({"keras", "tensorflow"} & sys.modules.keys())
print(json.dumps({"exceptions": sum(seen, []), "visited": len(seen), "loaded": loaded}))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, run_dir.name, *pages],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer == {"exceptions": [], "visited": 1 + len(pages), "loaded": []}


def test_requirements_are_exactly_what_the_app_imports():
    imported = third_party([*LIBRARY, *SCREEN])
    assert requirements("requirements.txt") - NEVER_IMPORTED == imported - NEVER_IMPORTED


def test_tests_and_benchmarks_import_nothing_that_is_not_required():
    paths = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    required = requirements("requirements.txt") | requirements("requirements-dev.txt")
    assert third_party(paths) <= required
    assert requirements("requirements-dev.txt") - NEVER_IMPORTED <= third_party(paths)


def requirements(file_name: str) -> set[str]:
    lines = (ROOT / file_name).read_text(encoding="utf-8").splitlines()
    return {re.split(r"[<>=!~\[; ]", line)[0] for line in lines if line and line[0].isalpha()}


def third_party(paths: list[Path]) -> set[str]:
    """The distributions that hold what these files import from outside the repository."""
    ours = {"app", "benchmarks", "fmnist", "pages", "tests"}
    tops = {name.split(".")[0] for path in paths for name in imported_names(path)}
    return {DISTRIBUTIONS.get(top, top) for top in tops - ours - sys.stdlib_module_names}


def called_names(path: Path) -> set[str]:
    """The last name of everything a file calls: `open` for both `open()` and `path.open()`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {ast.unparse(call.func).rsplit(".", 1)[-1] for call in calls}
