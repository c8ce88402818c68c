"""A made engine in the place of the process that holds TensorFlow, for the pages' tests."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.runtime.pages_manager import PagesManager

from fmnist.engine.client import EngineError, Prediction
from pages._shared import engine as _engine


class FakeEngine:
    """Answers at once, or says why not; the real engine has tests of its own.

    Every image is a "Bag" with this confidence; the nearest images are the first ones. `asked`
    keeps the arguments of each prediction, `sought` those of each search for neighbours.
    """

    def __init__(self) -> None:
        self.confidence = 0.9
        self.error: str | None = None
        self.asked: list[tuple] = []
        self.sought: list[tuple] = []

    def is_awake(self, model_path: Path) -> bool:
        return True

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
