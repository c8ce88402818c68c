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
PAGES = sorted((ROOT / "pages").rglob("*.py"))
TOP = [path for path in PAGES if path.parent.name == "pages" and path.name != "__init__.py"]
SCREEN = [ROOT / "app.py", *PAGES]

# What stands on the ground, and the packages from the lowest floor up: one imports only what
# stands below it. Each names what it never imports besides, itself or through another module.
KERAS = {"keras", "tensorflow"}
GROUND = {
    "config", "files", "formats", "glossary", "images", "json_files", "json_lines", "memory_limit",
    "pace", "plain_text", "published", "recipes", "sharing", "teacher_key", "terminal",
}  # fmt: skip
NEVER_IMPORTS = {
    "models": {"pandas", "plotly"},
    "data": {"plotly", *KERAS},
    "runs": {"plotly", *KERAS},
    "explain": {"pandas", "plotly", "fmnist.data", "fmnist.runs"},
    "engine": {"pandas", "plotly"},
    "evaluation": {"plotly", *KERAS},
    "classroom": {"plotly", *KERAS},
    "figures": {"fmnist.runs", *KERAS},
    "export": {"plotly", "fmnist.engine", "fmnist.figures", *KERAS},
    "training": {"fmnist.runs.jobs", "fmnist.figures", "fmnist.engine"},
    "imported": {"fmnist.figures", "fmnist.engine"},
    "drawing": {"fmnist.figures", "fmnist.imported"},
    "analysis": {"fmnist.figures"},
    "sweeps": {"plotly", "fmnist.engine", "fmnist.figures", "fmnist.training", *KERAS},
    "commands": {"fmnist.figures"},
}
# Of packages in which some modules hold TensorFlow, those that pages and commands start from.
NEVER_KERAS = {
    "fmnist.__main__", "fmnist.engine.child", "fmnist.engine.client", "fmnist.engine.explanations",
    "fmnist.engine.rescore", "fmnist.explain.by_hand", "fmnist.explain.contrast",
    "fmnist.explain.edits", "fmnist.explain.results", "fmnist.explain.sentences",
    "fmnist.explain.smallest_patch", "fmnist.engine.filters", "fmnist.engine.frames",
    "fmnist.explain.excitement", "fmnist.engine.features",
}  # fmt: skip
# Five lines each, for commands as they are in print: they stand above everything.
SIGNPOSTS = {"train", "predict", "dataset", "standin", "verify"}
# What the library does to what is somebody else's or everybody's.
CONCERNS_OTHERS = {
    "annotate_run", "corrections.clear", "corrections.remove", "delete_dataset", "delete_run",
    "delete_sweep", "driving.resume", "driving.start_sweep", "sweep.request", "remove_person",
    "move_up", "rename_run", "request_stop", "rescore_import", "reset_import", "stop_run",
    "write_drawing_run", "write_parallel_trainings", "write_queue_order",
}  # fmt: skip
TAKES_BACK_ONES_OWN = {"correction.py: corrections.remove"}  # of the drawing just drawn
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
    "axe_playwright_python": "axe-playwright-python",
    "markdown_it": "markdown-it-py",
    "mlflow": "mlflow-skinny",
    "sklearn": "scikit-learn",
    "streamlit_drawable_canvas": "streamlit-drawable-canvas",
}
# Imported only where a person has installed it.
OPTIONAL = {"mlflow-skinny", "ray"}
# Needed without being imported: the backend of Keras, pytest's plugins, what `make lint` runs.
NEVER_IMPORTED = {
    "tensorflow", "pytest-rerunfailures", "pytest-timeout", "pytest-xdist", "ruff", "mypy",
    "types-psutil",
}  # fmt: skip


MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in LIBRARY
}


def package_of(module: str) -> str:
    """The package a module of the library lies in; its own name where it lies in none."""
    return module.split(".")[1] if module.count(".") else ""


def floor(module: str) -> int:
    """0 for what stands on the ground, then one more for each package."""
    package = package_of(module)
    if package in SIGNPOSTS or package == "__main__":
        return len(NEVER_IMPORTS) + (2 if package in SIGNPOSTS else 1)
    return list(NEVER_IMPORTS).index(package) + 1 if package in NEVER_IMPORTS else 0


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_its_place(module):
    known = {"", "__main__", *GROUND, *SIGNPOSTS, *NEVER_IMPORTS}
    assert package_of(module) in known, f"{module} belongs to no floor: move it, or add its package"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_stands_below_it(module):
    upwards = [
        name
        for name in library_modules(imported_names(MODULES[module]))
        if (package_of(name) != package_of(module) and floor(name) >= floor(module) > 0)
        or floor(name) > floor(module)
    ]
    assert not upwards, f"{module} imports {sorted(upwards)} from a floor that is not below its own"


@pytest.mark.parametrize("module", [name for name in MODULES if package_of(name) in NEVER_IMPORTS])
def test_the_library_keeps_to_its_walls(module):
    walls = NEVER_IMPORTS[package_of(module)] | (KERAS if module in NEVER_KERAS else set())
    crossed = {
        name
        for name in imports_of(module)
        for wall in walls
        if name == wall or name.startswith(f"{wall}.")
    }
    assert not crossed, f"{module} imports {sorted(crossed)}, itself or through another module"


def test_no_import_leads_back_to_where_it_started():
    circles = [name for name in MODULES if name in library_reach(name)]
    assert not circles, f"{circles} import each other in a circle"


def library_reach(module: str) -> set[str]:
    """The library's modules that one imports, directly or through others."""
    return library_modules(set(imports_of(module)))


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.name)
def test_a_file_of_the_library_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


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


def test_pages_change_what_concerns_others_in_one_place_which_asks_who_it_is():
    """`allowed` asks; whoever calls the library directly could be anybody."""
    asking = ROOT / "pages" / "_shared" / "allowed.py"
    direct = {
        f"{path.name}: {ast.unparse(node)}"
        for path in SCREEN
        if path != asking
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and not ast.unparse(node).startswith("allowed.")
        if {node.attr, ast.unparse(node)} & CONCERNS_OTHERS
    }
    assert direct == TAKES_BACK_ONES_OWN


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
    longest = 40 if path.name == "app.py" else 120 if path in TOP else 200
    assert len(source.splitlines()) <= longest
    assert ast.get_docstring(ast.parse(source))


def test_visiting_every_page_loads_no_tensorflow(lab):
    run_dir = run_factory.write_run(lab.runs_dir)
    pages = [path.name for path in TOP]
    script = """
import json, sys
from streamlit.testing.v1 import AppTest

run_id, *pages = sys.argv[1:]
app = AppTest.from_file("app.py", default_timeout=120).run()
slow = sorted({"scipy", "sklearn"} & sys.modules.keys())  # not for the first page
seen = [[str(error.value) for error in app.exception]]
for page in pages:
    app.switch_page(f"pages/{page}")
    app.query_params["run"] = run_id
    seen.append([str(error.value) for error in app.run().exception])
loaded = sorted({"keras", "tensorflow", "optuna", "ray"} & sys.modules.keys())
print(json.dumps([sum(seen, []), len(seen), loaded, slow]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, run_dir.name, *pages],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer == [[], 1 + len(pages), [], []]


def test_requirements_are_exactly_what_the_app_imports():
    imported = third_party([*LIBRARY, *SCREEN])
    assert requirements("requirements.txt") - NEVER_IMPORTED == imported - NEVER_IMPORTED - OPTIONAL


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
