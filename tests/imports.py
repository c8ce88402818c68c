"""Which modules a file imports: read from the source, without importing anything."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


@cache
def imports_of(module: str) -> frozenset[str]:
    """Everything a module of ours imports, directly or through others of ours."""
    return imports_from(module_path(module))


def imports_from(path: Path) -> frozenset[str]:
    """Everything a file imports, directly or through modules of ours; packages on their own too."""
    reached, waiting = set(), [path]
    while waiting:
        names = imported_names(waiting.pop())
        waiting += [module_path(name) for name in library_modules(names) if name not in reached]
        reached |= names | {name.split(".")[0] for name in names}
    return frozenset(reached)


def library_modules(names: set[str]) -> set[str]:
    """Those of the names that are modules of `fmnist`, or what tests share."""
    ours = ("fmnist.", "tests.")
    return {name for name in names if name.startswith(ours) and module_path(name)}


def module_path(module: str) -> Path | None:
    stem = ROOT.joinpath(*module.split("."))
    return next((p for p in (stem.with_suffix(".py"), stem / "__init__.py") if p.is_file()), None)


@cache
def imported_names(path: Path) -> set[str]:
    """Dotted names in the import statements of a file, those inside functions included.

    `from a import b` counts as `a` and as `a.b`. What only a type checker reads does not count.
    """
    names = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def statements(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from statements(child)
