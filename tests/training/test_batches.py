"""The batches of a training: every image once, copies, targets."""

import numpy as np

from fmnist.config import TrainConfig
from fmnist.training.batches import make_training_batches, make_validation_batches


def test_an_epoch_holds_every_training_image_once_in_an_order_of_its_own():
    images = np.arange(50, dtype=np.uint8).repeat(784).reshape(50, 28, 28)
    labels = np.arange(50, dtype=np.uint8) % 10
    batches = make_training_batches(images, labels, TrainConfig(batch_size=16))
    epochs = []
    taken = [(x.numpy(), y.numpy()) for x, y in batches.take(8)]  # 4 an epoch: 16, 16, 16, 2
    assert [len(x) for x, _ in taken] == [16, 16, 16, 2] * 2
    for part in (taken[:4], taken[4:]):
        seen = np.concatenate([x[:, 0, 0, 0] for x, _ in part])
        targets = np.concatenate([y for _, y in part])
        assert sorted(seen) == list(range(50))
        np.testing.assert_array_equal(targets.argmax(1), seen % 10)
        epochs.append(seen.tolist())
    assert epochs[0] != epochs[1]
    assert taken[0][0].dtype == np.uint8


def test_copies_enlarge_an_epoch_by_changed_images():
    images = np.zeros((20, 28, 28), np.uint8)
    images[:, :, 0] = np.arange(1, 21)[:, None]  # mirrored, the column lies at the other end
    config = TrainConfig(batch_size=10, augmentation="flip", augmented_copies=2)
    batches = make_training_batches(images, np.arange(20) % 10, config)
    seen = np.concatenate([x.numpy() for x, _ in batches.take(6)])[..., 0]
    assert len(seen) == config.epoch_images(20) == 60
    left, right = seen[:, 5, 0], seen[:, 5, 27]
    assert sorted(left + right) == sorted(list(range(1, 21)) * 3)
    assert set(range(1, 21)) <= set(left[left > 0])  # each original
    assert 5 < (right > 0).sum() < 35  # half of the 40 copies


def test_label_smoothing_spreads_the_training_targets_alone():
    images, labels = np.zeros((8, 28, 28), np.uint8), np.full(8, 3, np.uint8)
    config = TrainConfig(batch_size=8, label_smoothing=0.2)
    _, targets = next(iter(make_training_batches(images, labels, config)))
    # 0.2 spread over ten classes: 0.02 each, and 0.8 more for the true one
    np.testing.assert_allclose(targets[0], [0.02] * 3 + [0.82] + [0.02] * 6, rtol=1e-6)
    _, targets = next(iter(make_validation_batches(images, labels)))
    np.testing.assert_array_equal(targets[0], [0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
