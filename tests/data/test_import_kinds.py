"""Every kind of file that people have, as variants that this test makes: the right arrays, or a
sentence that names what was found. And the collected files of FMNIST_CASES_DIR, where they are.
"""

import gzip
import io
import json
import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fmnist.commands.dataset import main
from fmnist.data import catalogue, importing
from fmnist.data.dataset import CLASS_NAMES, DatasetError, load_dataset
from tests.factories import data as data_factory

TRAIN, TEST = data_factory.make_split(40, 3), data_factory.make_split(20, 4)
NAMES = [f"kind {letter}" for letter in "abcdefghij"]
PIXELS = [f"pixel{number}" for number in range(1, 785)]
SPLITS = {"train": TRAIN, "test": TEST}


@pytest.fixture(autouse=True)
def _own_folders(lab):
    """Imports go to a folder of this test's own."""


def make_frame(split) -> pd.DataFrame:
    images, labels = split
    frame = pd.DataFrame(images.reshape(-1, 784), columns=PIXELS)
    frame.insert(0, "label", labels)
    return frame


def read(*paths, class_names=NAMES) -> importing.Imported:
    return importing.read_dataset(list(paths), class_names)


def is_the_made_data(made: importing.Imported) -> bool:
    return all(map(np.array_equal, made.arrays, (*TRAIN, *TEST)))


def refuse(*paths, class_names=NAMES) -> str:
    with pytest.raises(DatasetError) as caught:
        read(*paths, class_names=class_names)
    return str(caught.value)


def write_tables(folder: Path, change=lambda frame: frame, **options) -> Path:
    """`train.csv` and `test.csv` as pandas writes them."""
    folder.mkdir(exist_ok=True)
    for name, split in SPLITS.items():
        change(make_frame(split)).to_csv(folder / f"{name}.csv", **{"index": False, **options})
    return folder


def rename(names):
    names = list(names)
    return lambda frame: frame.set_axis(names, axis=1)


def shuffle(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[np.random.default_rng(5).permutation(frame.columns)]


SIDES = [(row, column) for row in range(28) for column in range(28)]
HEADERS = {
    "label last": lambda f: f[[*PIXELS, "label"]].rename(columns={"label": "Class"}),
    "label in the middle": lambda f: f[[*PIXELS[:300], "label", *PIXELS[300:]]],
    "shuffled from 1": shuffle,
    "shuffled from 0": lambda f: shuffle(rename(["y", *(f"px_{n}" for n in range(784))])(f)),
    "shuffled 1x1": lambda f: shuffle(
        rename(["target", *(f"{r + 1}x{c + 1}" for r, c in SIDES)])(f)
    ),
    "shuffled pixel_r_c": lambda f: shuffle(
        rename(["label", *(f"pixel_{r}_{c}" for r, c in SIDES)])(f)
    ),
    "shuffled x, y": lambda f: shuffle(rename(["label", *(f"x{c}_y{r}" for r, c in SIDES)])(f)),
    "shuffled V2 to V785": lambda f: shuffle(
        rename(["label", *(f"V{n + 2}" for n in range(784))])(f)
    ),
    "shuffled numbers": lambda f: shuffle(rename(["label", *range(784)])(f)),
    "shuffled 28_pixel5": lambda f: shuffle(
        rename(["y", *(f"28_pixel{n}" for n in range(784))])(f)
    ),
    "shuffled, rows and columns in one number": lambda f: shuffle(
        rename(["label", *(f"p{100 * r + c:04}" for r, c in SIDES)])(f)
    ),
    "shuffled in capitals too": lambda f: shuffle(
        rename(["label", *(f"{'pP'[n % 2]}ixel{n}" for n in range(784))])(f)
    ),
    "numbers for names": rename(range(785)),
    "V1 to V785": rename(f"V{n}" for n in range(1, 786)),
    "V1 to V785, label last": lambda f: rename(f"V{n}" for n in range(1, 786))(
        f[[*PIXELS, "label"]]
    ),
    "a label by another name": rename(["garment", *PIXELS]),
    "an id": lambda f: f.assign(id=range(7, 7 + len(f))),
    "a file name": lambda f: f.assign(filename="shirt, blue.png"),
    "words beside numbers": lambda f: f.assign(class_name="x"),
    "zero-padded": rename(["label", *(f"attr_{n:03}" for n in range(784))]),
}


@pytest.mark.parametrize("change", HEADERS.values(), ids=HEADERS)
def test_a_name_in_the_header_says_more_than_a_position(tmp_path, change):
    assert is_the_made_data(read(write_tables(tmp_path / "mine", change)))


SPELLINGS = {
    "an unnamed index": {"index": True},
    "semicolons": {"sep": ";"},
    "tabs": {"sep": "\t"},
    "bars": {"sep": "|"},
    "Windows": {"lineterminator": "\r\n"},
    "old Macs": {"lineterminator": "\r"},
    "quotes": {"quoting": 1},
    "quotes and tabs": {"quoting": 1, "sep": "\t", "index": True},
    "UTF-8 with a mark": {"encoding": "utf-8-sig"},
    "UTF-16": {"encoding": "utf-16", "sep": "\t"},
    "UTF-16 without a mark": {"encoding": "utf-16-be"},
    "no header": {"header": False},
    "no header but an index": {"header": False, "index": True},
    "no header, Windows": {"header": False, "lineterminator": "\r\n", "sep": ";"},
}


@pytest.mark.parametrize("options", SPELLINGS.values(), ids=SPELLINGS)
def test_a_table_is_spelt_in_any_way(tmp_path, options):
    assert is_the_made_data(read(write_tables(tmp_path / "mine", **options)))


def test_a_table_as_numpy_writes_it(tmp_path):
    for name, (images, labels) in SPLITS.items():
        rows = np.column_stack([labels, images.reshape(-1, 784)])
        np.savetxt(tmp_path / f"{name}.csv", rows, header="label and pixels")
    assert is_the_made_data(read(tmp_path))


@pytest.mark.parametrize("is_named", [True, False])
def test_a_separator_too_many(tmp_path, is_named):
    folder = write_tables(tmp_path, header=is_named)
    for path in folder.glob("*.csv"):
        path.write_text(path.read_text().replace("\n", ",\n"))
    assert is_the_made_data(read(folder))
    for path in folder.glob("*.csv"):  # in the rows alone
        first, rest = path.read_text().split("\n", 1)
        path.write_text(first.rstrip(",") + "\n" + rest)
    if is_named:
        assert is_the_made_data(read(folder))


def test_excel_says_its_separator(tmp_path):
    folder = write_tables(tmp_path, sep=";")
    for path in folder.glob("*.csv"):
        path.write_text("sep=;\n" + path.read_text() + ";" * 784 + "\n")  # and leaves empty rows
    assert is_the_made_data(read(folder))


def test_without_a_header_the_labels_are_the_column_that_can_be(tmp_path):
    def turn(frame):
        return frame[[*PIXELS, "label"]]

    folder = write_tables(tmp_path / "last", turn, header=False)
    assert is_the_made_data(read(folder))

    def mislead(frame):  # both ends are whole numbers below ten
        return frame.assign(pixel784=np.arange(len(frame)) % 10)

    folder = write_tables(tmp_path / "both", mislead, header=False)
    assert "its first and its last column can both be labels" in refuse(folder)

    def spoil(frame):  # the label column has a mistake, and the last pixel is always black
        frame.loc[3, "label"] = 10
        return frame.assign(pixel784=0)

    folder = write_tables(tmp_path / "neither", spoil, header=False)
    assert "train.csv, row 4, column label is 10; expected a label" in refuse(folder)


def test_the_first_image_became_the_header(tmp_path):
    folder = write_tables(tmp_path, header=False)
    for path in folder.glob("*.csv"):
        pd.read_csv(path).to_csv(path, index=False)
    assert path.read_text().count("\n") in (20, 40)
    assert is_the_made_data(read(folder))


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (rename(["label", *PIXELS[:-1], "pixel5"]), "names two columns 'pixel5'"),
        (lambda f: f.assign(target=1), "has 2 columns of labels, “label” and “target”: keep one."),
        (
            lambda f: shuffle(rename(["label", *PIXELS[:-1], "the last"])(f)),
            "has pixels in another order than the numbers in their names",
        ),
        (lambda f: f.assign(split=1), ", row 2, column split is “1”; expected train, val or test."),
        (lambda f: f[["label", *PIXELS[:400]]], "has 401 columns, 400 of them for pixels"),
        (
            lambda f: f[["label", *PIXELS]].rename(columns={"label": "id"}),
            "has no labels (its first",
        ),
    ],
)
def test_a_header_that_cannot_be_right_is_named(tmp_path, others, said):
    assert f".csv{said if said[0] == ',' else f' {said}'}" in refuse(write_tables(tmp_path, others))


# Values


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("separator", [",", ";"])
def test_pixels_from_0_to_1_are_multiplied(tmp_path, separator, header):
    def scale(frame):  # the labels are fractions too: 9.0, or 9,0
        return frame.astype(float).assign(**{p: (frame[p] / 255).round(5) for p in PIXELS})

    decimal = "," if separator == ";" else "."
    made = read(write_tables(tmp_path, scale, sep=separator, decimal=decimal, header=header))
    assert is_the_made_data(made)
    assert made.notes == ("The pixels were 0 to 1: they are multiplied by 255.",)


def test_pixels_of_0_and_1_are_black_and_white(tmp_path):
    def threshold(frame):
        return frame.assign(**{name: (frame[name] > 99).astype(int) for name in PIXELS})

    made = read(write_tables(tmp_path / "both", threshold))
    assert np.array_equal(made.arrays[0], np.where(TRAIN[0] > 99, 255, 0))
    assert made.notes == ("The pixels were 0 and 1: they are multiplied by 255.",)
    folder = write_tables(tmp_path / "one", threshold)
    make_frame(TEST).to_csv(folder / "test.csv", index=False)
    assert "train.csv has no pixel but 0 and 1, other files have 0 to 255" in refuse(folder)


def test_labels_are_words(tmp_path):
    def say(names):
        return lambda frame: frame.assign(label=[names[label] for label in frame["label"]])

    assert is_the_made_data(read(write_tables(tmp_path / "a", say(NAMES))))
    made = read(write_tables(tmp_path / "b", say(CLASS_NAMES)), class_names=None)
    assert is_the_made_data(made)
    assert made.class_names == CLASS_NAMES
    assert is_the_made_data(read(write_tables(tmp_path / "c", say(NAMES), header=False)))
    said = refuse(write_tables(tmp_path / "d", say(NAMES)), class_names=list("abcdefghij"))
    assert said.startswith("train.csv has the label “kind a”, which is none of the class names")


def test_words_are_short(tmp_path):
    folder = write_tables(
        tmp_path, lambda f: f.assign(label=["w" * 300 * (n == 3) + "x" for n in f.index])
    )
    assert "train.csv, row 5, column label has 301 characters; expected at most 200" in refuse(
        folder
    )


def test_words_that_differ_in_case_alone_are_one_class(tmp_path):
    def say(frame):
        words = [NAMES[label] for label in frame["label"]]
        return frame.assign(label=[w.title() if i % 2 else f" {w}" for i, w in enumerate(words)])

    folder = write_tables(tmp_path, say)
    assert is_the_made_data(read(folder))
    made = read(folder, class_names=None)
    assert [name.lower() for name in made.class_names] == NAMES
    assert is_the_made_data(made)


def test_a_column_says_what_the_rows_are_for(tmp_path):
    both = pd.concat(
        make_frame(split).assign(Usage=name)
        for name, split in (("Training", TRAIN), ("PrivateTest", TEST))
    )
    both.to_csv(tmp_path / "fashion.csv", index=False)
    assert is_the_made_data(read(tmp_path))
    both.iloc[::-1].to_csv(tmp_path / "fashion.csv", index=False)  # test images first
    made = read(tmp_path)
    assert np.array_equal(made.arrays[0], TRAIN[0][::-1])
    assert np.array_equal(made.arrays[3], TEST[1][::-1])


def test_one_class_alone_is_no_dataset(tmp_path):
    folder = write_tables(tmp_path, lambda frame: frame.assign(label=0))
    assert "train.csv has only the label 0, 40 times" in refuse(folder)


# Names of files


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("latest_train.csv", "latest_test.csv"),
        ("Training Set.CSV", "Testing Set.CSV"),
        ("mnist_train (1).csv", "mnist_test (2).csv"),
        ("train/data.csv", "test/data.csv"),
        ("TrainData.tsv", "t10k.tsv"),
        ("contest-training.csv", "contest-eval.csv"),
        ("train.csv", "val.csv"),
        ("FashionTrain.csv", "FashionTest.csv"),
        ("mnist_train_100.csv", "mnist_test_10.csv"),
    ],
)
def test_the_words_of_a_name_say_the_split(tmp_path, train, test):
    folder = write_tables(tmp_path / "made")
    for name, given in (("train", train), ("test", test)):
        (tmp_path / "mine" / given).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / f"{name}.csv", tmp_path / "mine" / given)
    assert is_the_made_data(read(tmp_path / "mine"))


def test_images_and_labels_apart(tmp_path):
    for name, (images, labels) in SPLITS.items():
        pd.DataFrame(images.reshape(-1, 784)).to_csv(tmp_path / f"X_{name}.csv", index=False)
        pd.Series(labels).to_csv(tmp_path / f"y_{name}.csv", index=name == "test")
    assert is_the_made_data(read(tmp_path))
    (tmp_path / "y_test.csv").unlink()
    said = refuse(tmp_path)
    assert (
        said
        == "X_test.csv has no labels (it has 784 columns): the file with its labels is missing."
    )


def test_labels_apart_belong_to_the_images_of_the_same_id(tmp_path):
    for name, split in SPLITS.items():
        frame = make_frame(split).assign(ID=np.arange(len(split[1])) + 100)
        frame.drop(columns="label").to_csv(tmp_path / f"X_{name}.csv", index=False)
        frame[["ID", "label"]].iloc[::-1].to_csv(tmp_path / f"y_{name}.csv", index=False)
    assert is_the_made_data(read(tmp_path))
    frame.assign(ID=frame["ID"] + 1)[["ID", "label"]].to_csv(tmp_path / "y_test.csv", index=False)
    said = refuse(tmp_path)
    assert said.startswith("X_test.csv and y_test.csv have different values in the column “id”:")


def test_a_test_file_without_labels(tmp_path):
    folder = write_tables(tmp_path)
    frame = make_frame(TEST).drop(columns="label")
    (folder / "sample_submission.csv").write_text("ImageId,Label\n1,0\n")
    hint = "import train.csv alone, and one image in seven of each class is drawn for testing."
    frame.to_csv(folder / "test.csv", index=False)
    assert refuse(folder) == f"test.csv has no labels (it has 784 columns): {hint}"
    frame.to_csv(folder / "test.csv", index_label="id")
    assert refuse(folder) == f"test.csv has no labels (its first column is id): {hint}"


def test_a_file_that_does_not_say_what_it_is_for(tmp_path):
    folder = write_tables(tmp_path)
    make_frame(data_factory.make_split(20, 9)).to_csv(folder / "Dig-MNIST.csv", index=False)
    made = read(folder)
    assert is_the_made_data(made)
    assert made.notes == ("Dig-MNIST.csv was skipped.",)
    (folder / "test.csv").unlink()
    assert "train.csv is for training and Dig-MNIST.csv does not say what it is" in refuse(folder)


# Archives


def pack_zip(folder: Path, target: Path, separator: str = "/") -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*.*")):
            archive.writestr(
                separator.join(path.relative_to(folder.parent).parts), path.read_bytes()
            )
    return target


def pack_tar(folder: Path, target: Path) -> Path:
    with tarfile.open(target, "w:gz" if target.name.endswith("gz") else "w") as archive:
        archive.add(folder, folder.name)
    return target


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz", "A.ZIP", "nested.zip"])
def test_any_archive(tmp_path, name):
    folder = write_tables(tmp_path / "mine")
    if name == "nested.zip":
        (tmp_path / "outer").mkdir()
        pack_zip(folder, tmp_path / "outer" / "inner.zip")
        folder = tmp_path / "outer"
    pack = pack_tar if "t" in name.split(".", 1)[1] else pack_zip
    assert is_the_made_data(read(pack(folder, tmp_path / name)))


@pytest.mark.parametrize(
    ("name", "advice"),
    [("data.tar.xz", "unpack it"), ("train.csv.bz2", "unpack it"), ("train.parquet", "save it as")],
)
def test_files_that_are_not_read_are_named(tmp_path, name, advice):
    (tmp_path / name).write_bytes(b"anything")
    assert refuse(tmp_path / name).startswith(f"{name} cannot be read: {advice}")


def test_tables_packed_one_by_one_and_twice(tmp_path):
    folder = write_tables(tmp_path)
    for path in list(folder.glob("*.csv")):
        once = gzip.compress(path.read_bytes())
        (folder / f"{path.name}.gz").write_bytes(
            gzip.compress(once) if path.stem == "test" else once
        )
        path.unlink()
    assert is_the_made_data(read(folder))
    (folder / "train.csv.gz").write_bytes(once[:-20])
    assert "csv.gz is damaged or cut short" in refuse(folder)


def test_a_small_file_that_unpacks_to_gigabytes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("fmnist.data.import_source.MAX_BYTES", 300_000)
    row = b"1" + b",0" * 784 + b"\n"
    (tmp_path / "train.csv.gz").write_bytes(gzip.compress(row * 1000))
    assert (tmp_path / "train.csv.gz").stat().st_size < 10_000
    assert "train.csv.gz has more than 0 MB unpacked" in refuse(tmp_path)


ARRAYS = {
    "keras": ("x_train", "y_train", "x_test", "y_test"),
    "medmnist": ("train_images", "train_labels", "test_images", "test_labels"),
}


@pytest.mark.parametrize("keys", ARRAYS.values(), ids=ARRAYS)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "int64"])
def test_an_npz_of_four_arrays(tmp_path, keys, dtype):
    images, labels = (TRAIN[0], TEST[0]), (TRAIN[1], TEST[1])
    if dtype == "float32":
        images = [(array / 255).astype(dtype)[..., None] for array in images]
        labels = [array.reshape(-1, 1) for array in labels]
    values = (images[0].astype(dtype), labels[0], images[1].astype(dtype), np.eye(10)[TEST[1]])
    np.savez_compressed(tmp_path / "mnist.npz", **dict(zip(keys, values, strict=True)))
    assert is_the_made_data(read(tmp_path / "mnist.npz"))


def test_npz_files_of_one_array_each(tmp_path):
    for name, (images, labels) in SPLITS.items():
        np.savez(tmp_path / f"kmnist-{name}-imgs.npz", images)
        np.savez(tmp_path / f"kmnist-{name}-labels.npz", labels)
    assert is_the_made_data(read(tmp_path))


def test_arrays_that_are_no_images(tmp_path):
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=np.zeros((5, 28, 28, 3)), y_train=TRAIN[1][:5])
    assert "mnist/x_train.npy is an array of the shape (5, 28, 28, 3)" in refuse(path)
    np.savez(path, x_train=np.array([{}], object))
    assert "mnist/x_train.npy holds Python objects, not numbers" in refuse(path)
    np.savez(path, x_train=TRAIN[0] / 127.5 - 1, y_train=TRAIN[1])
    assert "mnist/x_train.npy has pixels from -1 to 1; expected whole numbers" in refuse(path)
    header = io.BytesIO()
    declared = {"descr": "<f8", "fortran_order": False, "shape": (10**9, 28, 28)}
    np.lib.format.write_array_header_1_0(header, declared)
    (tmp_path / "x_train.npy").write_bytes(header.getvalue())
    assert "says that it has 1,000,000,000 entries" in refuse(tmp_path / "x_train.npy")
    nested = header.getvalue().replace(b"(1000000000, 28, 28)", b"(" * 250 + b"10" + b")" * 250)
    length = len(nested) - 10
    (tmp_path / "x_train.npy").write_bytes(nested[:8] + length.to_bytes(2, "little") + nested[10:])
    assert "x_train.npy is not a NumPy array that can be read" in refuse(tmp_path / "x_train.npy")


# Pictures in folders


def write_pictures(folder: Path, split, names=NAMES, suffix="png", change=lambda image: image):
    for number, (image, label) in enumerate(zip(*split, strict=True)):
        place = folder / names[label]
        place.mkdir(parents=True, exist_ok=True)
        change(Image.fromarray(image)).save(place / f"{number:03}.{suffix}")
    return folder


def by_class(split):
    order = np.argsort(split[1], kind="stable")
    return [split[0][order], split[1][order]]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("training", "testing"),
        ("Train", "TEST"),
        ("mnist_train", "mnist_test"),
        ("train", "validation"),
        ("training_data", "validate"),
        ("Train Images", "Test Images"),
        ("data/train/images", "data/val/images"),
        ("trainingSet/trainingSet", "testSet/testSet"),
    ],
)
def test_folders_say_the_split_in_any_words(tmp_path, train, test):
    write_pictures(tmp_path / train, TRAIN)
    write_pictures(tmp_path / test, TEST)
    made = read(tmp_path)
    expected = [*by_class(TRAIN), *by_class(TEST)]
    assert all(map(np.array_equal, made.arrays, expected))


def test_what_is_for_validation_joins_training(tmp_path):
    for place, split in (
        ("train", TRAIN),
        ("valid", data_factory.make_split(20, 8)),
        ("test", TEST),
    ):
        write_pictures(tmp_path / place, split)
    made = read(tmp_path)
    assert [len(array) for array in made.arrays] == [60, 60, 20, 20]
    assert np.array_equal(made.arrays[2], by_class(TEST)[0])


def test_folders_of_other_words_are_never_mixed(tmp_path):
    write_pictures(tmp_path / "one", TRAIN)
    write_pictures(tmp_path / "two", TEST)
    assert "The images are in 20 class folders (one/kind a" in refuse(tmp_path)


@pytest.mark.parametrize("pattern", ["{}", "{:02}", "class_{}"])
def test_numbered_folders_are_sorted_by_number(tmp_path, pattern):
    numbers = [pattern.format(number) for number in range(1, 11)]
    write_pictures(tmp_path / "train", TRAIN, numbers)
    write_pictures(tmp_path / "test", TEST, numbers)
    made = read(tmp_path, class_names=None if "class" in pattern else NAMES)
    assert np.array_equal(made.arrays[1], np.sort(TRAIN[1]))
    assert np.array_equal(made.arrays[0], by_class(TRAIN)[0])


def test_class_names_order_the_folders_and_must_be_theirs(tmp_path):
    folders = [name.replace("/", "_") for name in CLASS_NAMES]
    write_pictures(tmp_path / "train", TRAIN, folders)
    write_pictures(tmp_path / "test", TEST, folders)
    made = read(tmp_path, class_names=CLASS_NAMES)
    assert made.class_names == CLASS_NAMES
    assert np.array_equal(made.arrays[1], np.sort(TRAIN[1]))
    assert np.array_equal(made.arrays[0], by_class(TRAIN)[0])
    assert read(tmp_path, class_names=None).class_names == tuple(sorted(folders))
    assert "The folder Ankle boot has none of the class names" in refuse(tmp_path)


def test_numbers_before_the_names_of_folders(tmp_path):
    numbered = [f"{9 - label}_{name}" for label, name in enumerate(NAMES)]
    write_pictures(tmp_path / "train", TRAIN, numbered)
    write_pictures(tmp_path / "test", TEST, numbered)
    assert np.array_equal(read(tmp_path).arrays[0], by_class(TRAIN)[0])
    assert read(tmp_path, class_names=None).class_names == tuple(reversed(numbered))


@pytest.mark.parametrize(
    "values",
    [
        {"class_names": NAMES},
        {str(label): name for label, name in enumerate(NAMES)},
        {name: label for label, name in enumerate(NAMES)},
    ],
    ids=["list", "by number", "by name"],
)
def test_class_names_in_any_form(tmp_path, values):
    folder = write_tables(tmp_path)
    path = folder / "class_names.json"
    path.write_text(json.dumps(values))
    assert read(folder, class_names=None).class_names == tuple(NAMES)
    path.write_text(json.dumps({"names": NAMES}))
    assert "class_names.json: it has neither" in refuse(folder, class_names=None)


def test_a_name_with_a_slash_is_a_folder_in_a_folder(tmp_path):
    write_pictures(tmp_path / "train", TRAIN, CLASS_NAMES)
    write_pictures(tmp_path / "test", TEST, CLASS_NAMES)
    made = read(tmp_path, class_names=CLASS_NAMES)
    assert np.array_equal(made.arrays[0], by_class(TRAIN)[0])
    assert set(read(tmp_path, class_names=None).class_names) == set(CLASS_NAMES)


def test_a_zip_from_windows_and_a_tree_that_lies_there_twice(tmp_path):
    folder = tmp_path / "clothes"
    write_pictures(folder / "train", TRAIN)
    write_pictures(folder / "test", TEST)
    packed = pack_zip(folder, tmp_path / "clothes.zip", "\\")
    assert np.array_equal(read(packed).arrays[2], by_class(TEST)[0])
    shutil.copytree(folder, folder / "clothes")
    assert np.array_equal(read(folder).arrays[2], by_class(TEST)[0])
    changed = next((folder / "clothes").rglob("*.png"))
    Image.new("L", (28, 28), 7).save(changed)
    assert "There are two different images" in refuse(folder)


CHANGES = {
    "LA": lambda image: image.convert("LA"),
    "RGBA": lambda image: image.convert("RGBA"),
    "P": lambda image: image.convert("P"),
    "16 bits": lambda image: Image.fromarray(np.asarray(image).astype(np.uint16) * 257),
    "white below the transparent": lambda image: Image.merge(
        "LA",
        (image.point(lambda value: value or 255), image.point(lambda value: 255 * (value > 0))),
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_pictures_of_any_mode(tmp_path, change):
    write_pictures(tmp_path / "train", TRAIN, change=change)
    write_pictures(tmp_path / "test", TEST, change=change)
    assert np.array_equal(read(tmp_path).arrays[0], by_class(TRAIN)[0])


@pytest.mark.parametrize("suffix", ["jpg", "JPEG", "bmp", "gif", "webp"])
def test_pictures_of_any_format(tmp_path, suffix):
    write_pictures(tmp_path / "train", TRAIN, suffix=suffix)
    write_pictures(tmp_path / "test", TEST, suffix=suffix)
    difference = read(tmp_path).arrays[0].astype(int) - by_class(TRAIN)[0]
    assert abs(difference).mean() < (0.1 if suffix in ("bmp", "gif") else 6)


# IDX


def write_idx(folder: Path, dtype="u1", is_packed=True) -> Path:
    folder.mkdir(exist_ok=True)
    codes = {"u1": 8, ">i4": 12, ">f8": 14}
    for name, array in zip(data_factory.FILE_NAMES.values(), (*TRAIN, *TEST), strict=True):
        kind = dtype if array.ndim == 1 else "u1"
        header = bytes([0, 0, codes[kind], array.ndim])
        header += b"".join(side.to_bytes(4, "big") for side in array.shape)
        content = header + array.astype(kind).tobytes()
        path = folder / (name if is_packed else name.removesuffix(".gz"))
        path.write_bytes(gzip.compress(content) if is_packed else content)
    return folder


@pytest.mark.parametrize("dtype", ["u1", ">i4", ">f8"])
@pytest.mark.parametrize("is_packed", [True, False])
def test_idx_labels_of_any_type(tmp_path, dtype, is_packed, monkeypatch):
    folder = write_idx(tmp_path / "mine", dtype, is_packed)
    assert is_the_made_data(read(folder))
    monkeypatch.setenv("FMNIST_DATA_DIR", str(folder))
    assert np.array_equal(load_dataset().train_labels, TRAIN[1])


def test_idx_files_that_lie_there_twice_are_compressed_twice_or_downloaded_again(tmp_path):
    folder = write_idx(tmp_path / "raw")
    write_idx(folder, is_packed=False)
    assert is_the_made_data(read(folder))
    for path in folder.glob("*-ubyte"):
        (folder / path.name).unlink()
        (folder / f"{path.name} (1).gz").write_bytes(
            gzip.compress((folder / f"{path.name}.gz").read_bytes())
        )
        (folder / f"{path.name}.gz").unlink()
    assert is_the_made_data(read(folder))


def test_emnist_is_turned_upright(tmp_path):
    folder = write_idx(tmp_path)
    for path in list(folder.glob("*.gz")):
        path.rename(path.with_name(f"emnist-digits-{path.name.replace('t10k', 'test')}"))
    made = read(folder)
    assert np.array_equal(made.arrays[0], TRAIN[0].transpose(0, 2, 1))
    assert made.notes == ("EMNIST's images are on their side: they were turned upright.",)


# The collected files


REFUSED = {
    "d16-digit-recognizer": "test.csv has no labels (it has 784 columns)",
    "d33-kannada": "test.csv has no labels (its first column is id)",
}
COUNTS = {"d31": (60, 20), "d32": (40, 18), "d39": (50, 10)}


def test_every_collected_case_gives_what_is_right(cases_dir, capsys):
    photographs = read(cases_dir / "d08-torchvision-raw" / "data", class_names=None)
    true = {
        image.tobytes(): photographs.class_names[label]
        for images, labels in (photographs.arrays[:2], photographs.arrays[2:])
        for image, label in zip(images, labels, strict=True)
    }
    for case in sorted(cases_dir.glob("d*")):
        options = ["--name", case.name]
        options += ["--classes", ",".join(CLASS_NAMES)] if case.name[:3] in LABELLED else []
        code = main(["import", str(case / "data"), *options])
        out, err = capsys.readouterr()
        if case.name in REFUSED:
            assert (code, REFUSED[case.name] in err) == (2, True), case.name
            continue
        assert code == 0, f"{case.name}: {err}"
        data = catalogue.load(out.strip())
        counts = len(data.train_images), len(data.test_images)
        assert counts == COUNTS.get(case.name[:3], (40, 20)), case.name
        if case.name[:3] not in CHANGED:
            for images, labels in (data.split("train"), data.split("test")):
                names = [data.class_names[label].replace("_", "/") for label in labels]
                assert names == [true[image.tobytes()] for image in images], case.name


LABELLED = ("d12", "d22", "d27", "d45")  # labels 0 to 9, or folders, without names of their own
CHANGED = ("d13", "d18")  # JPEG; black and white: other pixels than the photographs'


def test_every_attack_is_refused_in_one_sentence(cases_dir, capsys):
    attacks = sorted((cases_dir / "attacks").glob("*.zip"))
    assert attacks
    for path in attacks:
        assert main(["import", str(path), "--name", path.stem]) == 2, path.name
        [line] = capsys.readouterr().err.splitlines()
        assert "exit code" not in line
