"""A made engine in the place of the process that holds TensorFlow, for the pages' tests."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.runtime.pages_manager import PagesManager

from fmnist.engine import explanations
from fmnist.engine.client import EngineError, Prediction
from fmnist.engine.frames import Answer
from fmnist.explain.results import (
    Attribution,
    Excitement,
    LayerMaps,
    LayerOnImage,
    NetworkOnImage,
    Patch,
    PatchSearch,
    ReceptiveField,
    Site,
)
from pages._shared import engine as _engine


class FakeEngine:
    """Answers at once, or says why not; the real engine has tests of its own.

    Every image is a "Bag" with this confidence; the nearest images are the first ones. `asked`
    keeps the arguments of each prediction, `sought` those of each search for neighbours,
    `excited` of how many images it was asked what excites a filter.
    """

    def __init__(self) -> None:
        self.confidence = 0.9
        self.error: str | None = None
        self.convolves = True
        self.awake = True
        self.asked: list[tuple] = []
        self.sought: list[tuple] = []
        self.excited: list[int] = []

    def is_awake(self, model_path: Path) -> bool:
        return self.awake

    def warm(self, model_path: Path | None = None) -> None:
        pass

    def predict(self, model_path: Path, images: np.ndarray) -> Prediction:
        self._refuse()
        self.asked.append((model_path, images))
        probabilities = np.full((len(images), 10), (1 - self.confidence) / 9, np.float32)
        probabilities[:, 8] = self.confidence
        return Prediction(probabilities, 2.3)

    def neighbours(
        self, images: np.ndarray, k: int = 8, dataset: str | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        self._refuse()
        self.sought.append((images, k, dataset))
        return np.arange(k)[None], np.linspace(0, 1, k, dtype=np.float32)[None]

    def explain(self, model_path: Path, image: np.ndarray, what: str, **about: Any) -> Answer:
        """A convolution that shows the image itself, then the ten classes: a "Bag" by its middle,
        with T-shirt/top in sight.
        """
        self._refuse()
        probabilities = self.predict(model_path, image[np.newaxis]).probabilities[0]
        seen = image[np.newaxis].astype(np.float32) / 255
        if what == "patch":
            after = np.roll(probabilities, about["target"] - 8)
            patch = Patch(4, 6, 3, 255, after) if about["target"] != 9 else None
            return explanations.pack_patch(PatchSearch(patch, probabilities, 500))
        if what == "maps":
            kernels = np.zeros((3, 3, 1, 1), np.float32)
            kernels[1, 1] = 0.5
            return explanations.pack_maps(LayerMaps(seen, kernels))
        if what == "network":
            field = ReceptiveField(3, 1, -1)
            convolution = LayerOnImage(
                "conv_1", "Conv2D", (28, 28, 1), 10, 7056, (3, 3, 1, 1), field, seen, (0,)
            )
            classes = LayerOnImage(
                "probabilities", "Dense", (10,), 7850, 7840, (784, 10), None, probabilities, ()
            )
            return explanations.pack_network(
                NetworkOnImage((convolution, classes), probabilities, 1)
            )
        cams, falls = np.zeros((1, 10, 28, 28), np.float32), np.zeros((10, 28, 28), np.float32)
        cams[0, 8, 14, 14], falls[8, 14, 14] = 1.0, 0.25
        sites = (Site("conv_1", 28, 28),) if self.convolves else ()
        return explanations.pack_attribution(
            Attribution(sites, cams[: len(sites)], falls, probabilities)
        )

    def excite(self, model_path: Path, images: np.ndarray, layer: str) -> Excitement:
        """Image 5 excites the one filter most, in the middle."""
        self._refuse()
        self.excited.append(len(images))
        values = np.zeros((len(images), 1), np.float32)
        values[5] = 2.5
        places = np.full((len(images), 1), 14 * 28 + 14)
        return Excitement(values, places, np.arange(len(images))[:, None])

    def features(self, model_path: Path, images: np.ndarray) -> np.ndarray:
        """Every seventh pixel of every seventh row."""
        self._refuse()
        return images[:, ::7, ::7].reshape(len(images), -1).astype(np.float32)

    def _refuse(self) -> None:
        if self.error:
            raise EngineError(self.error)


@pytest.fixture(autouse=True)
def _whole_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page runs inside app.py; AppTest would take the files in pages/ for apps of their own
    (as would Streamlit: see pages/__init__.py).
    """
    start = PagesManager.__init__

    def start_with_app(manager: PagesManager, *arguments: Any, **options: Any) -> None:
        PagesManager.uses_pages_directory = False
        start(manager, *arguments, **options)

    monkeypatch.setattr(PagesManager, "__init__", start_with_app)
    monkeypatch.setattr(_engine, "warm_soon", lambda: None)  # TensorFlow, for nobody


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    made = FakeEngine()
    monkeypatch.setattr(_engine, "get", lambda: made)
    return made
