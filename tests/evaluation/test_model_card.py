"""A card's figures against counts by hand and scikit-learn; its words; its command."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import log_loss, precision_recall_fscore_support

from fmnist import json_files
from fmnist.config import TrainConfig
from fmnist.data.dataset import load_dataset
from fmnist.evaluation.calibration import compute_calibration_error
from fmnist.evaluation.evaluate import evaluate
from fmnist.evaluation.model_card import compute_model_card
from fmnist.evaluation.model_card_text import format_model_card
from fmnist.runs import store
from fmnist.runs.fine_tuned_record import Comparison, FineTuned
from tests.factories import data as data_factory
from tests.factories import runs as run_factory

ROOT = Path(__file__).parents[2]
NBSP = "\N{NO-BREAK SPACE}"
# Eight shirts, two coats: five shirts are right; two go to T-shirt/top, one to Coat. One coat is
# right, one is called Pullover.
LABELS = np.array([6] * 8 + [4] * 2, np.uint8)
PREDICTIONS = np.array([6, 6, 6, 6, 6, 0, 0, 4, 4, 2])


def ten_predictions(run: store.Run) -> np.ndarray:
    """Put `PREDICTIONS` into the run, each with a confidence of 0.7, 0.6 or 0.55; float32 (10,
    10).
    """
    confidence = np.array([0.7] * 5 + [0.6] * 3 + [0.55] * 2)
    probabilities = np.repeat((1 - confidence)[:, None] / 9, 10, axis=1)
    probabilities[np.arange(10), PREDICTIONS] = confidence
    np.save(run.file("test_probabilities.npy"), probabilities.astype(np.float32))
    return probabilities.astype(np.float32)


# -- figures --------------------------------------------------------------------------------------


def test_the_figures_of_ten_answers(made):
    probabilities = ten_predictions(made)
    card = compute_model_card(made, LABELS)
    assert (card.test_images, card.errors, card.accuracy) == (10, 4, 0.6)
    # Wilson's interval of 6 in 10, from its formula with z = 1.96.
    assert card.accuracy_interval == pytest.approx((0.3127, 0.8318), abs=1e-4)
    assert card.loss == pytest.approx(log_loss(LABELS, probabilities, labels=range(10)), abs=1e-6)
    shirt, coat = card.classes[6], card.classes[4]
    assert (shirt.recall, shirt.precision, shirt.images) == (5 / 8, 1.0, 8)
    assert (coat.recall, coat.precision, coat.images) == (1 / 2, 1 / 2, 2)
    precision, recall, _, _ = precision_recall_fscore_support(
        LABELS, PREDICTIONS, labels=range(10), zero_division=0
    )
    np.testing.assert_allclose([score.precision for score in card.classes], precision)
    np.testing.assert_allclose([score.recall for score in card.classes], recall)
    # Classes without images have no recall to be weakest with.
    assert (card.worst_class, card.worst_class_confusions) == (coat, (("Pullover", 1),))
    assert (card.shirts, card.shirt_confusions) == (8, (2, 0, 1))


def test_the_calibration_error_of_ten_answers(made):
    evaluation = evaluate(LABELS, ten_predictions(made))
    # Bins of 1/15: 0.7 lies in (10/15, 11/15], 0.6 and 0.55 in (8/15, 9/15].
    # 5 right of 5 at 0.7 and 1 right of 5 at (3 × 0.6 + 2 × 0.55) / 5 = 0.58.
    expected = 5 / 10 * abs(1 - 0.7) + 5 / 10 * abs(1 / 5 - 0.58)
    assert compute_calibration_error(evaluation) == pytest.approx(expected, abs=1e-6)


def test_what_the_folder_says_is_on_the_card(made, labels):
    environment = json.loads(made.file("environment.json").read_text())
    environment |= {
        "precision": "bfloat16",
        "versions": {"python": "3.11.7", "keras": "3.12.0"},
        "hardware": {"cpu": "A CPU", "cores": 8, "memory_gb": 32.5, "gpus": ["A GPU"]},
        "git_commit": "0123abc",
    }
    json_files.write_json(made.file("environment.json"), environment)
    config = TrainConfig(filters=(8, 16), flip_average=True, seed=7, epochs=3)
    json_files.write_json(made.file("config.json"), config.to_json())
    card = compute_model_card(store.read_run(made.run_dir), labels)
    assert card.hardware == "A GPU, A CPU, 8 cores, 32.5 GB of memory"
    assert (card.precision, card.seed, card.git_commit) == ("bfloat16", 7, "0123abc")
    assert card.versions == (("python", "3.11.7"), ("keras", "3.12.0"))
    assert (card.epochs_done, card.epochs, card.best_epoch, card.seconds) == (3, 3, 2, 6.0)
    assert (card.parameters, card.train_images, card.test_images) == (7850, 540, 200)
    assert card.dataset_fingerprint == environment["dataset_fingerprint"]
    assert card.averages_flips
    text = format_model_card(card)
    for said in (
        "# Model card: conv-8-16\n",
        f"**Test accuracy:** 80.0{NBSP}% (95 % interval 73.9{NBSP}% to 85.0{NBSP}%): 40 errors in",
        "**Averages flips:** yes",
        f"**Epochs:** 3 of 3, in 6.0{NBSP}s; the weights kept are those of the best epoch (3, by",
        "**Network:** Convolutions of 8 and 16 filters",
        "a softmax over the ten classes. 7,850 parameters.",
        f"(fingerprint {environment['dataset_fingerprint']}): 540 images to train on; 10 % of",
        "**Precision:** bfloat16",
        "**Versions:** python 3.11.7, keras 3.12.0",
        "--filters 8,16 ",
        "Drawings are not photographs",
    ):
        assert said in text


def test_the_limits_name_the_worst_class_and_the_shirts(made):
    ten_predictions(made)
    text = format_model_card(compute_model_card(made, LABELS))
    assert (
        f"worst class is Coat: of 2 images 50.0{NBSP}% are recognised, most others taken for "
        "Pullover (1)." in text
    )
    assert "of 8 shirts it takes 2 for T-shirts/tops, 0 for pullovers and 1 for coats." in text
    assert f"| Shirt | 62.5{NBSP}% | 100.0{NBSP}% | 8 |" in text


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "one that points to the right may be missed"),
        ({"augmentation": "flip+shift"}, "it was trained on mirrored ones as well"),
        ({"flip_average": True}, "it was trained on mirrored ones as well"),
        ({"augmentation": "shift"}, "one that points to the right may be missed"),
    ],
)
def test_what_is_said_of_shoes_depends_on_the_flips(lab, labels, settings, said):
    run = store.read_run(run_factory.write_run(lab.runs_dir, **settings))
    assert said in format_model_card(compute_model_card(run, labels))


@pytest.mark.parametrize("content", ["{}", "[]", '{"hardware": [], "versions": 3, "seed": "x"}'])
def test_a_senseless_environment_is_unknown(made, labels, content):
    made.file("environment.json").write_text(content)
    text = format_model_card(compute_model_card(made, labels))
    assert "**Hardware:** unknown" in text
    assert "**Versions:** unknown" in text


def test_a_name_means_nothing_to_markdown(made, labels):
    named = replace(made, notes={"name": "*a* <b>|`c`"})
    first = format_model_card(compute_model_card(named, labels)).splitlines()[0]
    assert first == r"# Model card: \*a\* \<b\>\|\`c\`"


def test_a_card_of_the_standin_says_that_its_figures_are(lab, labels):
    run_dir = run_factory.write_run(lab.runs_dir, dataset="stand-in")
    text = format_model_card(compute_model_card(store.read_run(run_dir), labels))
    assert "20 errors in 200 test images of the stand-in, each classified once" in text
    limits = text.split("## What it is not for")[1]
    assert limits.strip().startswith("- It was trained and scored on the stand-in: generated")
    assert "shop photographs" not in limits
    assert "--dataset stand-in" in text


def test_labels_of_other_images_are_refused(made):
    with pytest.raises(ValueError, match="expected"):
        compute_model_card(made, LABELS)


def test_a_card_of_other_classes_names_no_garment(lab):
    run_dir = run_factory.write_run(
        lab.runs_dir,
        "20260101-000000-a",
        dataset="shapes",
        accuracy=0.8,
        class_names=data_factory.SHAPE_NAMES,
    )
    card = compute_model_card(store.read_run(run_dir), load_dataset(lab.data_dir).test_labels)
    text = format_model_card(card)
    assert "which of the ten classes of shapes" in text
    assert "| upright bar |" in text
    assert "--dataset shapes" in card.command
    for word in ("garment", "shirt", "shoe", "Shirt", "Fashion-MNIST's"):
        assert word not in text
    assert f"Its worst class is {card.worst_class.name}" in text
    assert card.worst_class.name in data_factory.SHAPE_NAMES


def test_the_card_of_an_imported_model_claims_nothing_about_its_training(lab, labels):
    run = store.read_run(run_factory.write_imported_run(lab.runs_dir, accuracy=0.8))
    card = format_model_card(compute_model_card(run, labels))
    assert "imported from a file, theirs.keras" in card
    assert "28 × 28 in, values 0 to 1; logits (a softmax follows)" in card
    assert "7,850" in card
    assert f"80.0{NBSP}%" in card
    assert "whether it was trained on mirrored ones as well is not known" in card
    for claim in ("fmnist train", "Seed", "Epochs", "learning rate", "Averages flips", "Hardware"):
        assert claim not in card


def test_the_card_of_a_fine_tuned_model_says_what_it_learned(lab, labels):
    run_dir = run_factory.write_run(lab.runs_dir)
    fine_tuned = FineTuned(
        14, started_from="0123456789abcdef", photographs=Comparison(200, 150, 9, 12)
    )
    json_files.write_json(run_dir / "taught.json", fine_tuned.to_json())
    card = format_model_card(compute_model_card(store.read_run(run_dir), labels))
    assert "## How it was fine-tuned" in card
    assert "fine-tuned on 14 corrections" in card
    assert "- **Test photographs:** 147 of 200 right, before 150 (9 gained, 12 lost)" in card
    assert "How to train it again" not in card
    assert "It was trained on grey shop photographs" not in card
