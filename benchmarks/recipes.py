"""Every recipe on the real dataset, beside what its source published: the table of docs/RECIPES.md.

`python -m benchmarks.recipes [NAME …] [--seed N] [--runs-dir DIR]`: trains the named recipes (all
without a name) with the command that a person would give, keeps one line of figures per recipe in
`benchmarks/recipes.csv`, and puts the table of all lines into the page.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile

from benchmarks import _command
from benchmarks._table import ROOT
from fmnist import formats
from fmnist.config import TrainConfig
from fmnist.data.dataset import STANDARD
from fmnist.evaluation.evaluate import wilson_interval
from fmnist.published import Published, same_figures_of
from fmnist.recipes import RECIPES, find_recipe
from fmnist.runs import outputs
from fmnist.runs.store import Run

TABLE = ROOT / "benchmarks" / "recipes.csv"
PAGE = ROOT / "docs" / "RECIPES.md"
BEGIN, END = "<!-- recipes: begin -->", "<!-- recipes: end -->"
COLUMNS = (
    "recipe",
    "parameters",
    "test_accuracy",
    "test_images",
    "test_loss",
    "train_accuracy",
    "val_accuracy",
    "seconds",
    "precision",
    "hardware",
    "seed",
    "git_commit",
    "others",
    "config",
)


def read_line(run: Run) -> dict[str, object]:
    """The figures of a finished run of a recipe."""
    recipe = find_recipe(run.config)
    history, results = outputs.read_history(run), outputs.read_results(run)
    environment = outputs.read_environment(run)
    ours = same_figures_of(recipe.published or Published(), history, results).figures()
    return {
        "recipe": recipe.name,
        "parameters": environment["parameters"],
        "test_accuracy": results["test_accuracy"],
        "test_images": len(outputs.read_probabilities(run)),
        "test_loss": results["test_loss"],
        "train_accuracy": history["accuracy"].iloc[-1],
        "val_accuracy": history["val_accuracy"].iloc[-1],
        "seconds": results["seconds"],
        "precision": environment["precision"],
        "hardware": describe_hardware(environment["hardware"]),
        "seed": run.config.seed,
        "git_commit": environment["git_commit"],
        # where a source counts by epochs: its own epochs, our figures
        "others": "; ".join(
            f"{figure.label}: {formats.percent(figure.value)}"
            for figure in ours
            if ", epoch " in figure.label
        ),
        "config": json.dumps(run.config.to_json()),
    }


def describe_hardware(hardware: dict[str, object]) -> str:
    """What did the arithmetic: the GPUs where there are any, else the processor."""
    return ", ".join(hardware["gpus"]) or f"{hardware['cpu']}, {hardware['cores']} cores"


def keep(row: dict[str, object]) -> None:
    """Put a line into both tables, in the place of the recipe's earlier one."""
    lines = {line["recipe"]: line for line in read_table()} | {row["recipe"]: row}
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(lines[name] for name in RECIPES if name in lines)
    write_page()


def read_table() -> list[dict[str, str]]:
    """The lines of recipes as they now stand: a line of other settings says nothing about them."""
    if not TABLE.exists():
        return []
    with TABLE.open(newline="", encoding="utf-8") as file:
        return [line for line in csv.DictReader(file) if _is_current(line)]


def _is_current(line: dict[str, str]) -> bool:
    try:
        recipe = find_recipe(TrainConfig.from_json(json.loads(line["config"])))
    except ValueError:  # a setting that there was then
        return False
    return recipe is not None and recipe.name == line["recipe"]


def format_table(rows: list[dict[str, str]]) -> str:
    """Markdown: a line per recipe, ours beside the published figures."""
    lines = [
        "| recipe | parameters | accuracy | published | seconds | published | hardware | seed |",
        "|---|--:|--:|--:|--:|--:|---|--:|",
    ]
    for row in rows:
        published = RECIPES[row["recipe"]].published or Published()
        accuracy, count = float(row["test_accuracy"]), int(row["test_images"])
        low, high = wilson_interval(round(accuracy * count), count)
        ours = f"{100 * accuracy:.2f} % ({100 * low:.1f}–{100 * high:.1f})"
        if row["others"]:
            ours += f"; {row['others']}"
        lines.append(
            f"| `{row['recipe']}` | {int(row['parameters']):,} | {ours} "
            f"| {_published_accuracy(published)} | {float(row['seconds']):,.0f} "
            f"| {_published_seconds(published)} "
            f"| {row['hardware']}, {row['precision']} | {row['seed']} |"
        )
    return "\n".join(lines)


def _published_accuracy(published: Published) -> str:
    over = "over " if published.is_lower_bound else ""
    known = [
        f"{figure.label}: {over}{formats.percent(figure.value)}"
        for figure in published.figures()
        if figure.kind == "accuracy" and figure.label not in ("Training accuracy",)
    ]
    return "; ".join(known).replace("Test accuracy: ", "") or "–"


def _published_seconds(published: Published) -> str:
    if published.seconds:
        return f"{published.seconds:,.0f}"
    return f"{published.seconds_per_epoch:g} per epoch" if published.seconds_per_epoch else "–"


def write_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    table = format_table(read_table())
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs-dir", help="keep the run folders there")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(RECIPES))
    if unknown:
        parser.error(f"no recipe {', '.join(unknown)}: there are {', '.join(RECIPES)}")
    of_photographs = [name for name, recipe in RECIPES.items() if recipe.config.dataset == STANDARD]
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.names or of_photographs:
            run = _command.train(
                ("--recipe", name, "--seed", str(options.seed)), options.runs_dir or scratch
            )
            row = read_line(run)
            keep(row)
            print(f"{name}: {100 * row['test_accuracy']:.2f} %, {row['seconds']:.0f} s", flush=True)


if __name__ == "__main__":
    main()
