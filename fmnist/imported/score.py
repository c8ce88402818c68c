"""One imported model checked and scored: `python -m fmnist.imported.score RUN_DIR SCRATCH BYTES`.

A process of its own, started and watched by `fmnist.imported.check`, which holds it to its time and
hears of its progress: one JSON object a line on standard output. The file is opened here and
nowhere else.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fmnist import json_files, memory_limit
from fmnist.data import catalogue
from fmnist.data.dataset import Dataset, DatasetError
from fmnist.files import save_array
from fmnist.imported.archive_check import check_file
from fmnist.imported.config_check import ModelRefused
from fmnist.imported.inputs import Pixels
from fmnist.imported.inspect import find_out, load_model, wrap_model
from fmnist.imported.open_model import OutOfMemory, explained, telling_line
from fmnist.models.keras_import import import_keras
from fmnist.runs import store
from fmnist.training.environment import describe_environment
from fmnist.training.scoring import SCORING_BATCH, score, write_model

Report = Callable[[str, float], None]  # what is being done, and how much of it all is, 0 to 1

_SLICE = 1000  # test images between two reports
_OPENED, _FOUND_OUT = 0.15, 0.45  # of the whole work, once that is done


def score_import(
    run: store.Run, scratch: Path, report: Report = lambda what, fraction: None
) -> dict[str, Any]:
    """Check an imported model, wrap it, and score it once on the whole test set.

    Writes the run's `model.keras`, `own_model.json`, `environment.json`,
    `test_probabilities.npy` and `results.json`; its status is the caller's. `scratch` is an empty
    folder.

    Returns:
        `results.json`.

    Raises:
        DatasetError: there is no data.
        ModelRefused: the model cannot be used.
    """
    assert run.imported_model
    name, imported = run.imported_model.file_name, run.file(store.UPLOADED_FILE)
    check_file(imported, name)
    report("opening it", 0.0)
    dataset = catalogue.load(run.config.dataset)
    model = load_model(imported, name, scratch)
    report("finding out what it expects", _OPENED)
    imported_model = find_out(
        model,
        run.imported_model,
        dataset,
        lambda done: report("finding out what it expects", _OPENED + done * (_FOUND_OUT - _OPENED)),
    )
    pixels = Pixels.of(dataset.train_images)
    with explained(f"{name} cannot be saved as a run"):
        wrapped = wrap_model(
            model, imported_model.effective_inputs, imported_model.effective_outputs, pixels
        )
        write_model(wrapped, run.file("model.keras"))
    environment = {"parameters": model.count_params(), **describe_environment(dataset)}
    json_files.write_json(run.file("environment.json"), environment)
    with explained(f"{name} cannot be run on this computer"):
        probabilities = _predict_test_images(run, dataset, report)
    if not np.isfinite(probabilities).all():
        raise ModelRefused(
            f"{name} returns outputs that are not numbers: its training diverged. Train it again "
            "with a lower learning rate."
        )
    save_array(run.file("test_probabilities.npy"), probabilities)
    results = score(probabilities, dataset.test_labels)
    json_files.write_json(run.file("results.json"), results)
    json_files.write_json(run.file("own_model.json"), imported_model.to_json())
    return results


def _predict_test_images(run: store.Run, dataset: Dataset, report: Report) -> np.ndarray:
    """What the saved model says, float32 (N, 10), in the order of the test images."""
    import keras

    model = keras.models.load_model(run.file("model.keras"), compile=False, safe_mode=True)
    parts, images = [], dataset.test_images[..., None]
    for start in range(0, len(images), _SLICE):
        report("scoring", _FOUND_OUT + start / len(images) * (1 - _FOUND_OUT))
        part = images[start : start + _SLICE]
        parts.append(model.predict(part, batch_size=SCORING_BATCH, verbose=0))
    return np.concatenate(parts)


# -- the process ----------------------------------------------------------------------------------


def main(run_dir: str, scratch: str, most_bytes: str) -> None:
    # Nothing but reports may reach the parent: whatever else prints to stdout goes to stderr.
    target = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    most = int(most_bytes)

    def tell(**what: Any) -> None:
        print(json.dumps(what), file=target, flush=True)

    run = store.read_run(Path(run_dir))
    try:
        assert run.imported_model
        check_file(run.file(store.UPLOADED_FILE), run.imported_model.file_name)
        import_keras()
        memory_limit.limit_memory(most)
        results = score_import(
            run, Path(scratch), lambda what, done: tell(message=what, fraction=done)
        )
        tell(results=results)
    except (OutOfMemory, MemoryError):
        tell(out_of_memory=True)
    except ModelRefused as error:
        tell(refused=str(error))
    except DatasetError as error:
        tell(failed=str(error))
    except OSError as error:
        file_name = error.filename and os.fsdecode(error.filename)
        tell(os_error=[error.errno, error.strerror or str(error), file_name])
    except Exception as error:  # noqa: BLE001 - whatever a stranger's model brings about is told
        traceback.print_exc()
        tell(failed=f"{type(error).__name__}: {telling_line(error)} (details in log.txt)")


def _end_with_parent() -> None:
    """The parent holds our standard input open for as long as it lives."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
