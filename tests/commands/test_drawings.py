"""python -m fmnist drawings: the dataset that it adds."""

import numpy as np

from fmnist.commands.drawings import main
from fmnist.data import catalogue
from fmnist.data.dataset import load_dataset


def test_the_command_adds_a_dataset_once(lab, capsys):
    assert main([]) == 0
    assert capsys.readouterr().out == "drawings\n"
    drawings, photographs = catalogue.load("drawings"), load_dataset()
    np.testing.assert_array_equal(drawings.train_labels, photographs.train_labels)
    np.testing.assert_array_equal(drawings.test_labels, photographs.test_labels)
    assert drawings.test_images.shape == photographs.test_images.shape
    assert main([]) == 2
    assert "already a dataset called 'Drawings'" in capsys.readouterr().err
