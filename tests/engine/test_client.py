"""The engine against a real, tiny Keras model, which a process of its own makes.

The test process itself never loads TensorFlow.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest

from fmnist import memory_limit
from fmnist.data import catalogue
from fmnist.data.dataset import load_dataset
from fmnist.engine import child as child_process
from fmnist.engine import explanations
from fmnist.engine.child import Dropped, while_wanted
from fmnist.engine.client import Engine, EngineError
from fmnist.engine.line import Request
from fmnist.explain.results import ReceptiveField
from tests.factories import data as data_factory
from tests.waits import wait_for

pytestmark = pytest.mark.slow

PATIENCE = 300.0  # seconds; TensorFlow's import alone may take a minute of a busy computer

MAKE_MODELS = """
import sys
import keras, numpy as np
from keras import layers
from pathlib import Path

folder = Path(sys.argv[1])
images = np.load(folder / "images.npy")[..., None].astype("float32")
for seed, name in enumerate(["first", "second"]):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Rescaling(1 / 255),
        layers.Conv2D(4, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])
    model.save(folder / f"{name}.keras")
    np.save(folder / f"{name}.npy", model.predict(images, verbose=0))
model.layers[-1].bias.assign(np.full(10, np.nan, "float32"))
model.save(folder / "diverged.keras")
keras.Sequential([keras.Input((32, 32, 3)), layers.Flatten(), layers.Dense(5)]).save(
    folder / "other.keras"
)
(folder / "brought" / "own_model.json").write_text("{}")
for times, name in [(60, "greedy"), (1, "modest")]:
    keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.UpSampling2D(times),
        layers.AveragePooling2D(times),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ]).save(folder / "brought" / f"{name}.keras")
"""

PARENT = """
import sys, threading, time
import numpy as np
from fmnist.engine.client import Engine

engine = Engine()
model, images = sys.argv[1], np.zeros((int(sys.argv[2]), 28, 28), np.uint8)
engine.predict(model, images[:1])

def work():
    while True:
        engine.predict(model, images)

if len(images) > 1:
    threading.Thread(target=work, daemon=True).start()
    time.sleep(0.5)
print(engine.pid, flush=True)
time.sleep(600)
"""


@dataclass(frozen=True)
class Models:
    folder: Path
    images: np.ndarray

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.keras"

    def expected(self, name: str) -> np.ndarray:
        return np.load(self.folder / f"{name}.npy")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    folder = tmp_path_factory.mktemp("models")
    images = np.random.default_rng(0).integers(0, 256, (25, 28, 28), dtype=np.uint8)
    np.save(folder / "images.npy", images)
    for own in (folder, folder / "brought"):  # as run folders, of which one was imported
        own.mkdir(exist_ok=True)
        (own / "config.json").write_text("{}")
    subprocess.run([sys.executable, "-c", MAKE_MODELS, str(folder)], check=True, timeout=400)
    return Models(folder, images)


@pytest.fixture(scope="module", autouse=True)
def _memory_of_other_tests_does_not_count() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory_limit, "_available", lambda: 8e9)
        yield


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine()
    engine._own._timeout = engine._imported._timeout = PATIENCE
    yield engine
    engine.close()


def has_ended(pid: int) -> bool:
    """Also a zombie that nobody has reaped."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_predicts_what_the_model_predicts(engine, models):
    prediction = engine.predict(models.path("first"), models.images)
    assert prediction.probabilities.dtype == np.float32
    np.testing.assert_allclose(prediction.probabilities, models.expected("first"), atol=1e-5)
    assert prediction.milliseconds > 0
    one = engine.predict(models.path("second"), models.images[3:4])
    np.testing.assert_allclose(one.probabilities, models.expected("second")[3:4], atol=1e-5)


def test_a_batch_larger_than_a_chunk_keeps_its_order(engine, models):
    probabilities = engine.predict(
        models.path("first"), np.tile(models.images, (81, 1, 1))
    ).probabilities
    np.testing.assert_allclose(probabilities, np.tile(models.expected("first"), (81, 1)), atol=1e-5)


def test_a_model_written_anew_is_loaded_anew(engine, models, tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(models.path("first").read_bytes())
    engine.predict(path, models.images[:1])
    path.write_bytes(models.path("second").read_bytes())
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000))
    probabilities = engine.predict(path, models.images).probabilities
    np.testing.assert_allclose(probabilities, models.expected("second"), atol=1e-5)


def test_a_killed_child_is_replaced(engine, models):
    engine.predict(models.path("first"), models.images)
    killed = psutil.Process(engine.pid)
    killed.kill()
    probabilities = engine.predict(models.path("first"), models.images).probabilities
    np.testing.assert_allclose(probabilities, models.expected("first"), atol=1e-5)
    assert engine.pid != killed.pid
    assert not killed.is_running()  # reaped: not even a zombie is left


def test_a_child_killed_in_the_middle_of_a_request_is_replaced(engine, models):
    engine.predict(models.path("first"), models.images)
    child = psutil.Process(engine.pid)
    child.suspend()  # the request reaches a child that cannot answer it any more
    killer = threading.Timer(0.3, child.kill)
    killer.start()
    probabilities = engine.predict(models.path("first"), models.images).probabilities
    killer.join()
    np.testing.assert_allclose(probabilities, models.expected("first"), atol=1e-5)


def test_a_child_that_gives_no_answer_is_ended(engine, models, monkeypatch):
    engine.predict(models.path("first"), models.images)
    monkeypatch.setattr(engine._own, "_timeout", 0.5)
    child = psutil.Process(engine.pid)
    child.suspend()
    with pytest.raises(EngineError, match=r"did not answer within 0\.5 s"):
        engine.predict(models.path("first"), models.images)
    assert not engine.alive
    assert not child.is_running()


def start_halted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every child is suspended as it starts."""
    start = child_process._start_child

    def start_and_halt(most_bytes: int) -> subprocess.Popen:
        process = start(most_bytes)
        psutil.Process(process.pid).suspend()
        return process

    monkeypatch.setattr(child_process, "_start_child", start_and_halt)


def test_warm_waits_for_no_answer_and_the_next_request_is_answered(engine, models, monkeypatch):
    engine.close()
    with monkeypatch.context() as patch:
        start_halted(patch)
        engine.warm(models.path("first"))
    assert not engine.is_awake(models.path("second"))
    psutil.Process(engine.pid).resume()
    probabilities = engine.predict(models.path("second"), models.images).probabilities
    np.testing.assert_allclose(probabilities, models.expected("second"), atol=1e-5)
    assert engine.is_awake(models.path("second"))
    engine.close()
    assert not engine.is_awake(models.path("second"))


def test_warming_alone_wakes_it_with_every_model_asked_for(engine, models):
    engine.close()
    engine.warm(models.path("first"))
    engine.warm(models.path("second"))
    wait_for(lambda: engine.is_awake(models.path("first")), "the child to be awake")
    expected = {str(models.path(name).resolve()) for name in ("first", "second")}
    wait_for(lambda: engine._own._warmed >= expected, "both models")


def test_closing_does_not_wait_for_what_is_being_warmed(engine, models, monkeypatch):
    engine.close()
    start_halted(monkeypatch)
    engine.warm(models.path("first"))
    engine.close()  # it would wait for ever
    assert not engine.alive


def test_the_child_ends_with_its_parent_idle_or_busy(models):
    arguments = [sys.executable, "-c", PARENT, str(models.path("first"))]
    parents = [
        subprocess.Popen([*arguments, images], stdout=subprocess.PIPE, text=True)
        for images in ("1", "20000")
    ]
    for parent in parents:
        with parent:
            child = int(parent.stdout.readline())
            assert psutil.pid_exists(child)
            parent.kill()
            parent.wait()
            wait_for(lambda pid=child: has_ended(pid), "the child to end")


def test_two_threads_at_once_get_their_own_answers(engine, models):
    wrong = []

    def ask(name: str) -> None:
        for i in range(25):
            got = engine.predict(models.path(name), models.images[i : i + 1]).probabilities
            if not np.allclose(got, models.expected(name)[i : i + 1], atol=1e-5):
                wrong.append((name, i))

    threads = [threading.Thread(target=ask, args=[name]) for name in ("first", "second") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "There is no model at .*No such file"),
        (b"", "not a Keras model that can be opened"),
        (b"PK\x03\x04 not a zip file at all", "not a Keras model that can be opened"),
    ],
    ids=["missing", "empty", "junk"],
)
def test_a_file_that_is_no_model_is_one_sentence(engine, models, tmp_path, content, message):
    path = tmp_path / "model.keras"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EngineError, match=message) as caught:
        engine.predict(path, models.images)
    assert "\n" not in str(caught.value)


def test_a_truncated_model_is_one_sentence_and_the_child_lives_on(engine, models, tmp_path):
    pid = None
    content = models.path("first").read_bytes()
    path = tmp_path / "model.keras"
    for kept in (len(content) // 3, len(content) - 30):
        path.write_bytes(content[:kept])
        with pytest.raises(EngineError, match="damaged, cut short"):
            engine.predict(path, models.images)
        pid = pid or engine.pid_of_imported
    assert engine.pid_of_imported == pid is not None


def test_a_model_of_another_shape_is_refused(engine, models):
    with pytest.raises(EngineError, match=r"from \(None, 32, 32, 3\) to \(None, 5\); expected"):
        engine.predict(models.path("other"), models.images)


def test_answers_that_are_not_numbers_are_refused(engine, models):
    with pytest.raises(EngineError, match="its training diverged"):
        engine.predict(models.path("diverged"), models.images)


@pytest.mark.parametrize(
    "images",
    [np.zeros((2, 28, 28)), np.zeros((28, 28), np.uint8), np.zeros((0, 28, 28), np.uint8)],
    ids=["float", "no batch axis", "none"],
)
def test_other_images_are_refused_before_they_are_sent(engine, models, images):
    with pytest.raises(ValueError, match="expected"):
        engine.predict(models.path("first"), images)


def test_neighbours_are_the_nearest_training_images(engine, lab):
    train = load_dataset().train_images
    indices, distances = engine.neighbours(train[[5, 17]], k=3)
    assert indices.shape == distances.shape == (2, 3)
    np.testing.assert_array_equal(indices[:, 0], [5, 17])
    flat = train.reshape(len(train), -1).astype(np.float64) / 255
    by_hand = np.sort(np.linalg.norm(flat - flat[5], axis=1))[:3]
    np.testing.assert_allclose(distances[0], by_hand, atol=1e-3)
    with pytest.raises(EngineError, match="expected 1 to 600"):
        engine.neighbours(train[:1], k=601)


def test_neighbours_are_those_of_the_dataset_named(engine, lab):
    images, labels = data_factory.make_split(30, 77)
    entry = catalogue.add_dataset("Shapes", data_factory.SHAPE_NAMES, [images, labels] * 2, {})
    indices, distances = engine.neighbours(images[[4]], k=1, dataset=entry.slug)
    assert indices[0, 0] == 4
    assert distances[0, 0] == pytest.approx(0, abs=1e-4)  # it is found by scalar products
    _, distances = engine.neighbours(images[[4]], k=1)
    assert distances[0, 0] > 1
    with pytest.raises(EngineError, match="There is no dataset 'gone'"):
        engine.neighbours(images[[4]], dataset="gone")


def test_neighbours_without_a_dataset_say_what_is_missing(engine, lab, monkeypatch, tmp_path):
    monkeypatch.setenv("FMNIST_DATA_DIR", str(tmp_path))
    with pytest.raises(EngineError, match=r"train-images-idx3-ubyte\.gz"):
        engine.neighbours(np.zeros((1, 28, 28), np.uint8))


def test_a_closed_engine_has_no_process(engine):
    engine.warm()
    child = psutil.Process(engine.pid)
    engine.close()
    assert not engine.alive
    assert engine.pid is None
    assert not child.is_running()


# -- imported models ------------------------------------------------------------------------------


def test_an_answer_that_costs_gigabytes_ends_with_a_sentence_and_gives_its_memory_back(
    engine, models
):
    images = np.tile(models.images, (40, 1, 1))
    engine.predict(models.path("first"), models.images)
    own = engine.pid
    engine.predict(models.path("brought/modest"), images)
    imported = engine.pid_of_imported
    bound = memory_limit.bound_of_one()
    with pytest.raises(EngineError, match=rf"needs more than {bound / 1e9:.1f} GB of memory"):
        engine.predict(models.path("brought/greedy"), images)
    assert engine.pid_of_imported is None
    assert not psutil.pid_exists(imported)
    assert engine.pid == own, "the models trained here are answered for by another process"
    assert len(engine.predict(models.path("brought/modest"), images).probabilities) == 1000
    assert psutil.Process(engine.pid_of_imported).memory_info().rss < bound


def test_an_imported_model_that_never_answers_is_ended_and_keeps_nobody_waiting(
    engine, models, monkeypatch
):
    engine.predict(models.path("brought/modest"), models.images)
    engine.predict(models.path("first"), models.images)
    monkeypatch.setattr(engine._imported, "_timeout", 1275.0)
    psutil.Process(engine.pid_of_imported).suspend()
    said = []

    def ask() -> None:
        with pytest.raises(EngineError) as caught:
            engine.predict(models.path("brought/modest"), models.images)
        said.append(str(caught.value))

    thread = threading.Thread(target=ask)
    thread.start()
    timer = wait_for(lambda: find_timer(1275.0), "it to be asked")
    engine.predict(models.path("first"), models.images)
    assert said == [], "it was answered meanwhile"
    timer.function(*timer.args)  # the time is up
    thread.join()
    assert "did not answer within 1275 s and was ended; the model is too slow" in said[0]
    assert engine.pid_of_imported is None


def find_timer(seconds: float) -> threading.Timer | None:
    """The one that was set to so many seconds."""
    timers = [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
    return next((timer for timer in timers if timer.interval == seconds), None)


def test_a_process_that_holds_a_lot_is_ended_when_nobody_asks(engine, models, monkeypatch):
    monkeypatch.setattr("fmnist.engine.child._MUCH_MEMORY", 1)
    monkeypatch.setattr("fmnist.engine.child._IDLE_AFTER", 0.1)
    engine.predict(models.path("brought/modest"), models.images)
    engine.predict(models.path("first"), models.images)
    wait_for(lambda: engine.pid_of_imported is None, "its end")
    assert engine.alive


def test_looks_inside_a_network(engine, models):
    image = models.images[0]
    network = explanations.ask_network(engine, models.path("first"), image)
    assert [(layer.kind, layer.shape) for layer in network.layers] == [
        ("Rescaling", (28, 28, 1)),
        ("Conv2D", (26, 26, 4)),
        ("Flatten", (2704,)),
        ("Dense", (10,)),
    ]
    convolution = network.layers[1]
    assert (convolution.kernel, convolution.macs) == ((3, 3, 1, 4), 26 * 26 * 4 * 9)
    assert convolution.field == ReceptiveField(3, 1, 0)
    np.testing.assert_allclose(network.probabilities, models.expected("first")[0], atol=1e-5)
    inside = explanations.ask_maps(engine, models.path("first"), image, convolution.name)
    assert inside.maps.shape == (4, 26, 26) and inside.kernels.shape == (3, 3, 1, 4)
    np.testing.assert_array_equal(inside.maps[list(convolution.channels)], convolution.maps)
    found = explanations.ask_attribution(engine, models.path("first"), image)
    assert [(site.layer, site.rows) for site in found.sites] == [(convolution.name, 26)]
    assert found.cams.shape == (1, 10, 28, 28) and found.occlusion.shape == (10, 28, 28)
    np.testing.assert_allclose(found.probabilities, models.expected("first")[0], atol=1e-5)
    excited = engine.excite(models.path("first"), models.images[:3], convolution.name)
    np.testing.assert_allclose(excited.values[0], inside.maps.max(axis=(1, 2)), atol=1e-5)
    flat = inside.maps.reshape(4, -1)
    np.testing.assert_allclose(flat[range(4), excited.places[0]], excited.values[0], atol=1e-5)
    target = int(np.argsort(found.probabilities)[-2])
    search = explanations.ask_patch(engine, models.path("first"), image, target)
    np.testing.assert_allclose(search.before, found.probabilities, atol=1e-5)
    assert search.patch.probabilities.argmax() == target
    painted = engine.predict(models.path("first"), search.patch.paint(image)[None])
    np.testing.assert_allclose(painted.probabilities[0], search.patch.probabilities, atol=1e-5)
    with pytest.raises(EngineError, match="no layer “nothing”"):
        explanations.ask_maps(engine, models.path("first"), image, "nothing")


def test_a_request_that_waits_and_is_no_longer_wanted_is_dropped(engine, models):
    engine.predict(models.path("first"), models.images)
    child = psutil.Process(engine.pid)
    is_wanted, answers, dropped = threading.Event(), [], []
    is_wanted.set()

    def ask_first() -> None:
        answers.append(engine.predict(models.path("first"), models.images).probabilities)

    def ask_second() -> None:
        with while_wanted(is_wanted.is_set), pytest.raises(Dropped):
            engine.predict(models.path("second"), models.images)
        dropped.append(True)

    requests = engine._own._requests
    child.suspend()
    first = threading.Thread(target=ask_first)
    first.start()
    wait_for(lambda: engine._own._requests == requests + 1, "the first request")
    second = threading.Thread(target=ask_second)
    second.start()
    is_wanted.clear()
    wait_for(lambda: dropped, "the second one to be dropped while the first is still at work")
    child.resume()
    first.join()
    second.join()
    np.testing.assert_allclose(answers[0], models.expected("first"), atol=1e-5)
    assert engine._own._requests == requests + 1, "the process never heard of the second"
    engine.predict(models.path("second"), models.images)  # what this thread asks is wanted


def test_predictions_that_wait_are_asked_in_one_request_and_each_gets_its_own(engine, models):
    expected = models.expected("first")
    engine.predict(models.path("first"), models.images)
    child = psutil.Process(engine.pid)
    answers: dict[int, np.ndarray] = {}

    def ask(number: int) -> None:
        image = models.images[number : number + 1]
        answers[number] = engine.predict(models.path("first"), image).probabilities

    requests = engine._own._requests
    child.suspend()
    people = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    people[0].start()
    wait_for(lambda: engine._own._requests == requests + 1, "the first request")
    for person in people[1:]:
        person.start()
    wait_for(lambda: len(engine._own._line._waiting) == 3, "the others to wait")
    child.resume()
    for person in people:
        person.join()
    assert engine._own._requests == requests + 2, "three of the four went together"
    for number in range(4):
        np.testing.assert_allclose(answers[number], expected[number : number + 1], atol=1e-5)


def test_of_those_that_wait_together_only_the_one_to_blame_fails(engine, models, monkeypatch):
    asked = engine._own._answer

    def answer(operation, header, arrays):
        if (arrays["images"] == 255).all(axis=(1, 2)).any():
            raise EngineError("too white")
        return asked(operation, header, arrays)

    monkeypatch.setattr(engine._own, "_answer", answer)
    header = {"model": str(models.path("first"))}
    white = np.full((1, 28, 28), 255, np.uint8)
    requests = [
        Request(who, "predict", header, {"images": images})
        for who, images in (("ann", models.images[:1]), ("ben", white))
    ]
    engine._own._serve(requests)
    np.testing.assert_allclose(
        requests[0].answer()[1]["probabilities"], models.expected("first")[:1], atol=1e-5
    )
    with pytest.raises(EngineError, match="too white"):
        requests[1].answer()
