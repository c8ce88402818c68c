"""A scored run as one HTML file that opens anywhere, offline: figures, settings, model card.

Nothing in it runs and nothing is fetched: its Content-Security-Policy allows styles and the images
that it carries. What people typed is escaped wherever it stands.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from fmnist import formats
from fmnist.config import FIELDS, TrainConfig
from fmnist.data import catalogue
from fmnist.data.dataset import Dataset
from fmnist.evaluation.evaluate import Evaluation, evaluate, normalised, select
from fmnist.evaluation.model_card import ModelCard, compute_model_card
from fmnist.evaluation.model_card_text import format_model_card
from fmnist.export.svg import draw_curves
from fmnist.images import image_png, png_address
from fmnist.plain_text import clean, for_html
from fmnist.runs import outputs, receipt
from fmnist.runs.store import Run
from fmnist.runs.tables import format_value

WORST = 40  # images shown
_STRONGEST = 0.75  # opacity of a cell
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"


def find_data(run: Run) -> str | None:
    """The short name of the dataset that a run was scored on; None where it is not here."""
    wanted = run.config.dataset
    fingerprint = outputs.read_fingerprint(run)
    return catalogue.find_by_fingerprint(fingerprint, (wanted,)) if fingerprint else wanted


def make_report(run: Run, data: Dataset) -> str:
    """The file as text. data: what the run was scored on.

    Raises:
        RunDamaged: its probabilities cannot be read.
        ValueError: they do not belong to these test images.
    """
    class_names = outputs.read_class_names(run)
    evaluation = evaluate(data.test_labels, outputs.read_probabilities(run), class_names)
    card = compute_model_card(run, data.test_labels)
    is_trained = not (run.imported_model or run.fine_tuned)
    parts = [
        _render_head(run, card),
        _render_tiles(run, evaluation, card),
        _render_curves(run) if is_trained else "",
        _render_matrix(evaluation),
        _render_classes(evaluation),
        _render_images(evaluation, data.test_images),
        _render_settings(run.config) if is_trained else "",
        _render_card(card),
        _render_receipt(run),
    ]
    css = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(run.title)} · Fashion-MNIST Lab</title>\n<style>\n{css}</style>\n</head>\n"
        "<body>\n<main>\n" + "\n".join(part for part in parts if part) + "\n</main>\n</body>\n"
        "</html>\n"
    )


def _text(text: Any) -> str:
    """Somebody's words as HTML."""
    return escape(clean(str(text)))


def _render_head(run: Run, card: ModelCard) -> str:
    tags = "".join(f'<span class="tag">{_text(tag)}</span>' for tag in run.tags)
    note = f"<p>{_text(run.note)}</p>" if run.note else ""
    data = f"{card.dataset or 'unknown data'} (fingerprint {card.dataset_fingerprint or 'unknown'})"
    about = f"Run {run.run_id} · {run.origin} · {data}"
    warning = "Trained and scored on the stand-in: no figure here is about real photographs."
    standin = f"<p><b>{warning}</b></p>" if card.trained_on_standin else ""
    return f'<h1>{_text(run.title)}</h1>\n<p class="quiet">{_text(about)}</p>{standin}{note}{tags}'


def _render_tiles(run: Run, evaluation: Evaluation, card: ModelCard) -> str:
    low, high = map(formats.percent, evaluation.accuracy_interval)
    macs = outputs.read_environment(run).get("macs_per_image")
    tiles = [
        (formats.percent(evaluation.accuracy), f"test accuracy; 95 % interval {low} to {high}"),
        (formats.count(evaluation.errors), f"errors in {len(evaluation.labels):,} test images"),
        (formats.loss(evaluation.loss), "test loss (cross-entropy)"),
        (formats.percent(card.calibration_error), "expected calibration error"),
    ]
    if card.parameters:
        tiles += [(formats.count(card.parameters), "parameters")]
    if type(macs) is int:
        tiles += [(f"{macs / 1e6:,.3g} M", "multiply-adds for one image")]
    if card.seconds is not None:
        tiles += [(formats.duration(card.seconds), "of training")]
    cells = "".join(
        f"<div><b>{_text(value)}</b><span>{label}</span></div>" for value, label in tiles
    )
    return f'<div class="tiles">{cells}</div>'


def _render_curves(run: Run) -> str:
    history = outputs.read_history(run)
    kept = outputs.read_results(run).get("best_epoch") if run.config.keep == "best" else None
    kept = None if kept is None or run.status.status == "stopped" else int(kept)
    charts = []
    for name, title, describe in (
        ("accuracy", "Accuracy", _as_percent),
        ("loss", "Loss (cross-entropy)", lambda value: f"{value:.3g}"),
    ):
        curves = {"val": history[f"val_{name}"].tolist(), "train": history[name].tolist()}
        charts += [draw_curves(curves, title, describe, kept)]
    if not any(charts):
        return ""
    figures = "".join(f"<figure>{chart}</figure>" for chart in charts)
    mark = " The dashed line is the epoch whose weights were kept." if kept is not None else ""
    return (
        f'<h2>Curves</h2>\n<p class="quiet">Solid: validation. Dotted: training.{mark}</p>\n'
        f'<div class="charts">{figures}</div>'
    )


def _as_percent(fraction: float) -> str:
    return f"{100 * fraction:.4g} %"


def _render_matrix(evaluation: Evaluation) -> str:
    names = [_text(name) for name in evaluation.class_names]
    fractions = normalised(evaluation.confusion_matrix, "rows")
    head = "".join(f'<th scope="col"><span>{name}</span></th>' for name in names)
    rows = []
    for true, name in enumerate(names):
        cells = []
        for guess, count in enumerate(evaluation.confusion_matrix[true].tolist()):
            colour = "right" if guess == true else "wrong"
            # the root: a few mistakes are to be seen beside hundreds
            depth = _STRONGEST * float(np.sqrt(fractions[true, guess]))
            style = f' style="background:rgba(var(--{colour}),{depth:.2f})"' if count else ""
            said = f"{name} called {names[guess]}: {count:,}"
            cells += [f'<td{style} title="{said}">{f"{count:,}" if count else ""}</td>']
        rows += [f'<tr><th scope="row">{name}</th>{"".join(cells)}</tr>']
    return (
        "<h2>What is taken for what</h2>\n"
        '<p class="quiet">Rows are the true classes, columns the predicted ones.</p>\n'
        f'<div class="wide"><table class="matrix"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _render_classes(evaluation: Evaluation) -> str:
    rows = "".join(_render_class(row) for row in evaluation.report.to_dict("records"))
    return (
        "<h2>Class by class</h2>\n"
        '<p class="quiet">Recall: the fraction of a class that is recognised. Precision: the '
        "fraction of the predictions of a class that are correct.</p>\n"
        '<div class="wide"><table><thead><tr><th>Class</th><th>Recall</th><th>Precision</th>'
        f"<th>F1</th><th>Images</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _render_class(row: dict[str, Any]) -> str:
    recall = float(row["recall"])
    bar = f'<span class="bar"><i style="width:{100 * recall:.0f}%"></i></span>'
    return (
        f"<tr><td>{_text(row['class'])}</td><td>{formats.percent(recall)}{bar}</td>"
        f"<td>{formats.percent(float(row['precision']))}</td>"
        f"<td>{formats.percent(float(row['f1']))}</td><td>{int(row['support']):,}</td></tr>"
    )


def _render_images(evaluation: Evaluation, images: np.ndarray) -> str:
    """The mistakes that the model is surest of."""
    worst = select(evaluation, show="wrong", sort="mistake")[:WORST].tolist()
    if not worst:
        return ""
    names, figures = evaluation.class_names, []
    for index in worst:
        true = names[int(evaluation.labels[index])]
        guess = names[int(evaluation.predictions[index])]
        said = f"Test image {index}: {true}, taken for {guess}"
        sure = formats.percent(float(evaluation.confidence[index]))
        figures.append(
            f'<figure><img src="{png_address(image_png(images[index]))}" alt="{_text(said)}">'
            f"<figcaption>{_text(true)} → <b>{_text(guess)}</b><br>"
            f"<small>{sure} · no. {index:,}</small></figcaption></figure>"
        )
    return (
        "<h2>The mistakes it is surest of</h2>\n"
        '<p class="quiet">True class → predicted class, the confidence of the prediction, and the '
        f'place in the test set.</p>\n<div class="images">{"".join(figures)}</div>'
    )


def _render_settings(config: TrainConfig) -> str:
    rows = []
    for name, field in FIELDS.items():
        if name == "name":
            continue
        value = getattr(config, name)
        changed = ' class="changed"' if value != field.default else ""
        rows.append(
            f"<tr{changed}><td>{name.replace('_', ' ')}</td><td>{_text(format_value(value))}</td>"
            f"<td>{_text(field.metadata['bounds'].help)}</td></tr>"
        )
    return (
        "<h2>Settings</h2>\n"
        '<p class="quiet">In bold: what differs from the default.</p>\n'
        '<div class="wide"><table class="settings"><thead><tr><th>Setting</th><th>Value</th>'
        f"<th></th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _render_card(card: ModelCard) -> str:
    from markdown_it import MarkdownIt

    text = re.sub("^#", "##", for_html(format_model_card(card)), flags=re.MULTILINE)
    _, _, body = text.partition("\n")  # its title is the page's
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(body)
    return f'<h2>Model card</h2>\n<div class="card">{html}</div>'


def _render_receipt(run: Run) -> str:
    try:
        paper = receipt.read_receipt(run)
    except receipt.NoReceipt:
        return ""
    return (
        f"<h2>Receipt</h2>\n<p>SHA-256 of the predictions: <code>"
        f"{_text(paper.get('predictions_sha256'))}</code></p>\n"
        f"<p>SHA-256 of the receipt: <code>{_text(paper.get('sha256'))}</code></p>"
    )
