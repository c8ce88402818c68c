"""What is in these pictures? One JSON line per file.

    python -m fmnist predict [--run RUN_ID_OR_DIR] [--sketch] FILE…

Exit code 0: every file has a prediction. 1: some could not be read (their line has an `error`).
2: no prediction at all (no model, or bad arguments), with one line on stderr.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fmnist.commands.parser import Parser
from fmnist.drawing import drawing_model
from fmnist.drawing.photo import photo_to_image
from fmnist.drawing.preprocess import sketch_to_image
from fmnist.engine.client import Engine, EngineError
from fmnist.evaluation import prediction
from fmnist.evaluation.uncertainty import read_threshold
from fmnist.images import MAX_FILE_BYTES, ImageError, read_image
from fmnist.runs import outputs, store
from fmnist.terminal import say


def find_model(run: str | None = None, *, sketch: bool = False) -> Path:
    """The `model.keras` of a run id or run folder; of the bundled run, or else the newest completed
    one, without. For a sketch, without a run, the model for drawings.

    Raises ValueError with one sentence when there is none.
    """
    if run is None and sketch and drawing_model.DRAWING_MODEL.is_file():
        return drawing_model.find_drawing_model()[0]
    if run is None:
        with contextlib.suppress(store.RunNotFound):
            return _model_of(store.load_run(store.BUNDLED_ID).run_dir)
        for candidate in store.list_runs():
            if candidate.status.status == "completed" and candidate.has_model:
                return candidate.file("model.keras")
        raise ValueError(
            f"There is no completed run in {store.runs_dir()}: train one with "
            "`python -m fmnist train`, or name a run's folder with --run."
        )
    if Path(run).is_dir():
        return _model_of(Path(run))
    return _model_of(store.load_run(run).run_dir)


def _model_of(run_dir: Path) -> Path:
    model = run_dir / "model.keras"
    if not model.is_file():
        raise ValueError(f"The run {run_dir.name} has no model.keras: its training did not finish.")
    return model


def read_file(path: Path, sketch: bool) -> np.ndarray:
    """The 28×28 image (uint8) of a picture file, of a drawing or of a photograph.

    Raises ImageError when the file cannot be read, or nothing in it stands out.
    """
    try:
        with path.open("rb") as file:
            picture = read_image(file.read(MAX_FILE_BYTES + 1))
    except OSError as error:
        raise ImageError(f"The file cannot be read: {error.strerror}.") from error
    prepared = sketch_to_image(picture) if sketch else photo_to_image(picture)
    if prepared.is_empty:
        raise ImageError(
            "The picture is empty: nothing stands out from its background. Expected one item on a "
            "plain background."
        )
    return prepared.image


def predict_files(files: Sequence[Path], model: Path, sketch: bool, engine: Engine) -> int:
    """Print one JSON line per file; returns how many could not be read.

    model: a run's `model.keras`; the run says what its classes are called.
    """
    class_names = outputs.read_class_names(store.read_run(model.parent))
    threshold = read_threshold(model)
    # A model that cannot be opened is no matter of a file: this says so before any is read.
    engine.predict(model, np.zeros((1, 28, 28), np.uint8))
    unread = 0
    for path in files:
        try:
            image = read_file(path, sketch)
        except ImageError as error:
            unread += 1
            line = {"file": str(path), "error": str(error)}
        else:
            probabilities = engine.predict(model, image[np.newaxis]).probabilities[0]
            line = {
                "file": str(path),
                **prediction.describe_prediction(probabilities, class_names, threshold),
            }
        print(json.dumps(line), flush=True)
    return unread


def build_parser() -> Parser:
    parser = Parser(
        prog="python -m fmnist predict",
        description="Classify pictures of garments, one JSON line per file.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="PNG, JPEG, …")
    parser.add_argument(
        "--run",
        metavar="RUN_ID_OR_DIR",
        help="which run's model is used (default: the bundled run, else the newest "
        "completed; for drawings, the model for drawings)",
    )
    parser.add_argument(
        "--sketch",
        action="store_true",
        help="the files show drawings (default: a 28×28 grey image is taken as it is, any other "
        "picture as a photo of one item on a plain background)",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    engine = Engine()
    try:
        model = find_model(options.run, sketch=options.sketch)
        unread = predict_files(options.files, model, options.sketch, engine)
    except (EngineError, ValueError) as error:
        say(f"{parser.prog}: {error}")
        return 2
    finally:
        engine.close()
    return 1 if unread else 0
