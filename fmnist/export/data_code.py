"""Plain TensorFlow code of what a training is shown: files, split, augmentation, batches.

As in `model_code.py`, everything here is text.
"""

from __future__ import annotations

from fmnist.config import TrainConfig

SCORING_BATCH = 250  # images; as in `fmnist.training.scoring`, which needs Keras

READ_FILES = """\
def read_idx(name):
    with gzip.open(Path(DATA_DIR) / name) as file:
        content = file.read()
    dimensions = content[3]
    shape = np.frombuffer(content, ">u4", dimensions, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)
"""
FOUR_FILES = """\
train_images = read_idx("train-images-idx3-ubyte.gz")
train_labels = read_idx("train-labels-idx1-ubyte.gz")
test_images = read_idx("t10k-images-idx3-ubyte.gz")
test_labels = read_idx("t10k-labels-idx1-ubyte.gz")
"""
_OFFSETS = """\
def random_offsets(count, seed):
    return tf.random.stateless_uniform((count, 1), seed, 0, 5, dtype=tf.int32)
"""
_ERASE = """\
    # a black square of 6 to 12 pixels, in one image in two
    size = tf.random.stateless_uniform((count, 1), seeds[4], -1, 13, dtype=tf.int32)
    size = tf.where(size < 6, 0, size)
    middle = tf.random.stateless_uniform((count, 2), seeds[3], 0, 28, dtype=tf.int32)
    first = middle - size // 2
    place = tf.range(28)[tf.newaxis, :]
    in_rows = (place >= first[:, 0:1]) & (place < first[:, 0:1] + size)
    in_columns = (place >= first[:, 1:2]) & (place < first[:, 1:2] + size)
    is_black = in_rows[:, :, tf.newaxis] & in_columns[:, tf.newaxis, :]
    batch = tf.where(is_black, tf.zeros_like(batch), batch)
"""


def split_code(config: TrainConfig) -> str:
    """Which training images are held out for validation."""
    return f"""\
order = np.random.default_rng(SEED).permutation(len(train_images))
val_count = round(len(train_images) * {config.validation_fraction!r})
val, train = np.sort(order[:val_count]), order[val_count:]
"""


def augment_code(config: TrainConfig) -> str:
    """The function `augment`, or nothing."""
    kinds = config.augmentation.split("+")
    if kinds == ["none"]:
        return ""
    lines = ["def augment(batch, seed):", "    count = tf.shape(batch)[0]"]
    lines += ["    seeds = tf.random.split(seed, 5)"]
    if "flip" in kinds or "shift" in kinds:
        lines += ["    columns = tf.range(28)[tf.newaxis, :]"]
    if "flip" in kinds:
        lines += [
            "    # a mirror image, in one image in two",
            "    is_mirrored = tf.random.stateless_uniform((count, 1), seeds[0]) < 0.5",
            "    columns = tf.where(is_mirrored, columns[:, ::-1], columns)",
        ]
    if "shift" in kinds:
        lines += [
            "    # moved by up to 2 pixels, black moves in",
            "    batch = tf.pad(batch, [[0, 0], [2, 2], [2, 2]])",
            "    rows = tf.range(28)[tf.newaxis, :] + random_offsets(count, seeds[1])",
            "    columns += random_offsets(count, seeds[2])",
            "    batch = tf.gather(batch, rows, axis=1, batch_dims=1)",
        ]
    if "flip" in kinds or "shift" in kinds:
        lines += [
            "    batch = tf.gather(tf.transpose(batch, [0, 2, 1]), columns, axis=1, batch_dims=1)",
            "    batch = tf.transpose(batch, [0, 2, 1])",
        ]
    code = "\n".join(lines) + "\n" + (_ERASE if "erase" in kinds else "") + "    return batch\n"
    return (f"{_OFFSETS}\n\n" if "shift" in kinds else "") + code


def batches_code(config: TrainConfig) -> str:
    """The batches of training and validation."""
    copies, smoothing = config.augmented_copies, config.label_smoothing
    is_changed, taken = config.augmentation != "none", "numbers" if copies else "chosen"
    times = f" * {1 + copies}" if copies else ""
    lines = [
        f"BATCH_SIZE, EPOCHS = {config.batch_size}, {config.epochs}",
        f"images_per_epoch = len(train){times}"
        + (f"  # each image and {copies} changed of it" if copies else ""),
        "steps_per_epoch = math.ceil(images_per_epoch / BATCH_SIZE)",
        "",
        'with tf.device("CPU"):',
        "    images = tf.constant(train_images[train])",
        "    targets = tf.one_hot(train_labels[train], 10)",
    ]
    if smoothing:
        lines += [f"targets = targets * (1 - {smoothing!r}) + {smoothing!r} / 10"]
    lines += [
        "",
        "",
        "def shuffled_epoch(epoch):",
        "    seed = [SEED, tf.cast(epoch, tf.int32)]",
        "    order = tf.random.experimental.stateless_shuffle(tf.range(images_per_epoch), seed)",
        *_number_batches(is_changed),
        "",
        "",
        f"def make_batch({taken}{', batch_number' if is_changed else ''}):",
        *(["    chosen = numbers % len(train)"] if copies else []),
        "    batch = tf.gather(images, chosen)",
    ]
    if is_changed:
        lines += [
            "    seed = tf.stack([tf.cast(SEED, tf.int64), batch_number])",
            f"    {'changed' if copies else 'batch'} = augment(batch, seed)",
        ]
    if copies:
        lines += [
            "    is_original = (numbers < len(train))[:, tf.newaxis, tf.newaxis]",
            "    batch = tf.where(is_original, batch, changed)",
        ]
    lines += [
        "    return batch[..., tf.newaxis], tf.gather(targets, chosen)",
        "",
        "",
        "untuned = tf.data.Options()  # nothing to tune, and its thread ends late",
        "untuned.autotune.enabled = False",
        "training_data = tf.data.Dataset.counter().flat_map(shuffled_epoch).map(make_batch)",
        "training_data = training_data.prefetch(4).with_options(untuned)",
        "validation_data = tf.data.Dataset.from_tensor_slices(",
        "    (train_images[val][..., np.newaxis], tf.one_hot(train_labels[val], 10))",
        f").batch({SCORING_BATCH}).cache().prefetch(2).with_options(untuned)",
    ]
    return "\n".join(lines) + "\n"


def _number_batches(is_changed: bool) -> list[str]:
    """Batches of an epoch; where images are changed, each with its own number for the seed."""
    batches = "tf.data.Dataset.from_tensor_slices(order).batch(BATCH_SIZE)"
    if not is_changed:
        return [f"    return {batches}"]
    return [
        f"    batches = {batches}",
        "    return tf.data.Dataset.zip(batches, tf.data.Dataset.counter(epoch * 2**32))",
    ]
