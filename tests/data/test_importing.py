"""fmnist/data/importing.py: every form gives the same arrays, and every fault its own sentence."""

import gzip
import json
import random
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fmnist.data import catalogue, import_csv, import_lines, import_names, import_source, importing
from fmnist.data.dataset import CLASS_NAMES, DatasetError
from fmnist.data.table import PIXEL_NAMES
from tests.factories import data as data_factory

NAMES = [f"kind {letter}" for letter in "abcdefghij"]
TRAIN, TEST = data_factory.make_split(40, 3), data_factory.make_split(20, 4)
HEADER = ",".join(("label", *PIXEL_NAMES))


@pytest.fixture(autouse=True)
def _own_folders(lab):
    """Imports go to a folder of this test's own."""


def csv_text(images: np.ndarray, labels: np.ndarray, header: str | None = HEADER) -> str:
    rows = [
        ",".join(map(str, [label, *pixels]))
        for label, pixels in zip(labels, images.reshape(-1, 784), strict=True)
    ]
    return "\n".join([*([header] if header else []), *rows]) + "\n"


def write_csvs(folder: Path, header: str | None = HEADER) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "fashion-mnist_train.csv").write_text(csv_text(*TRAIN, header))
    (folder / "fashion-mnist_test.csv").write_text(csv_text(*TEST, header))
    return folder


def write_gz(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    arrays = zip(data_factory.FILE_NAMES.values(), (*TRAIN, *TEST), strict=True)
    for name, array in arrays:
        data_factory.write_idx(folder / name, array)
    return folder


def write_plain(folder: Path) -> Path:
    for path in list(write_gz(folder).glob("*.gz")):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    return folder


def pack(folder: Path, *, below: str = "", **options) -> Path:
    """The folder's files as a zip beside it, `below` a folder of their own."""
    target = folder.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", **options) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{below}{path.relative_to(folder).as_posix()}")
    return target


def write_pngs(folder: Path, split: tuple | None, names: list[str] = NAMES) -> Path:
    for number, (image, label) in enumerate(zip(*(split or TRAIN), strict=True)):
        place = folder / names[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{number:03}.png")
    return folder


def import_files(paths, name="x", class_names=None, progress=None) -> catalogue.DatasetInfo:
    """Read in this process, so that a test can look inside, and kept."""
    made = importing.read_dataset(paths, class_names, progress)
    return catalogue.add_dataset(name, made.class_names, made.arrays, made.source)


def load(entry: catalogue.DatasetInfo):
    data = catalogue.load(entry.slug)
    assert data.fingerprint == entry.fingerprint
    return data


def is_the_made_data(entry: catalogue.DatasetInfo) -> bool:
    data = load(entry)
    pairs = zip(
        (data.train_images, data.train_labels, data.test_images, data.test_labels),
        (*TRAIN, *TEST),
        strict=True,
    )
    return all(np.array_equal(mine, given) for mine, given in pairs)


# Forms


@pytest.mark.parametrize("write", [write_gz, write_plain, write_csvs])
@pytest.mark.parametrize("is_packed", [False, True])
def test_each_form_gives_the_same_arrays(tmp_path, write, is_packed):
    folder = write(tmp_path / "my_data")
    given = pack(folder, below="a/b/") if is_packed else folder
    entry = import_files([given], "x", NAMES)
    assert is_the_made_data(entry)
    assert entry.class_names == tuple(NAMES)
    with importing.open_source([given]) as source:
        assert source.name == "my data"


@pytest.mark.parametrize(
    "header", [None, "label" + ",x" * 784, "label," + ",".join(map(str, range(784)))]
)
def test_a_csv_file_has_any_header_or_none(tmp_path, header):
    assert is_the_made_data(import_files([write_csvs(tmp_path, header)], "x", NAMES))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\N{BOM}" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace(",0,", ", 0.0,").replace(",1,", ',"1",'),
    ],
    ids=["byte order mark", "Windows", "no last newline", "empty rows", "spaces, quotes, floats"],
)
def test_a_csv_file_may_be_spelt_otherwise(tmp_path, change):
    folder = write_csvs(tmp_path)
    for path in folder.glob("*.csv"):
        path.write_bytes(change(path.read_text()).encode())
    assert is_the_made_data(import_files([folder], "x", NAMES))


def test_a_csv_file_is_read_block_by_block(tmp_path, monkeypatch):
    monkeypatch.setattr(import_lines, "BLOCK", 5000)  # two or three rows each
    seen = []
    entry = import_files([write_csvs(tmp_path)], "x", NAMES, lambda *args: seen.append(args))
    assert is_the_made_data(entry)
    total = sum(path.stat().st_size for path in tmp_path.glob("*.csv"))
    done = [done for _, done, _ in seen]
    assert done == sorted(done)
    assert {of for *_, of in seen} == {total}
    assert done[-1] == total


def test_files_can_be_given_one_by_one(tmp_path):
    paths = sorted(write_csvs(tmp_path).glob("*.csv"))
    assert is_the_made_data(import_files(paths, "paths", NAMES))


def test_a_complete_form_is_taken_where_another_lies_beside_it(tmp_path):
    folder = write_csvs(write_plain(tmp_path / "kaggle"))
    (folder / "train-labels-idx1-ubyte").unlink()
    with importing.open_source([pack(folder)]) as source:
        assert source.form == "csv"
    write_plain(folder)
    with importing.open_source([pack(folder)]) as source:
        assert source.form == "idx"


def test_png_folders_of_two_splits(tmp_path):
    write_pngs(tmp_path / "train", TRAIN)
    write_pngs(tmp_path / "t10k", TEST)
    for given in (tmp_path, pack(tmp_path)):
        entry = import_files([given], f"as {given.suffix[1:] or 'folder'}")
        data = load(entry)
        assert data.class_names == tuple(NAMES)
        order = np.argsort(TRAIN[1], kind="stable")  # by class, then by file name
        assert np.array_equal(data.train_images, TRAIN[0][order])
        assert data.train_labels.tolist() == sorted(TRAIN[1])
        assert data.test_labels.tolist() == sorted(TEST[1])


def test_png_folders_without_splits_give_a_seventh_of_each_class_to_testing(tmp_path):
    images = data_factory.make_split(140, 9)
    folder = write_pngs(tmp_path / "mine", images, [str(digit) for digit in range(10)])
    entries = [import_files([folder], name, NAMES) for name in ("one", "two")]
    data = load(entries[0])
    assert np.bincount(data.test_labels).tolist() == [2] * 10  # of 14
    assert np.bincount(data.train_labels).tolist() == [12] * 10
    seen = {image.tobytes() for image in (*data.train_images, *data.test_images)}
    assert seen == {image.tobytes() for image in images[0]}
    assert entries[0].fingerprint == entries[1].fingerprint  # the draw is seeded
    info = json.loads((entries[0].folder / "dataset.json").read_text())
    assert "One image in 7 of each class was set aside for testing." in info["source"]["notes"]
    assert str(tmp_path) not in json.dumps(info)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_grey_images_of_other_modes_are_taken(tmp_path, mode):
    folder = write_pngs(tmp_path, TRAIN)
    path = next(folder.rglob("*.png"))
    Image.open(path).convert(mode).save(path)
    entry = import_files([folder], "x")
    assert len(load(entry).train_labels) + len(load(entry).test_labels) == 40


# Class names


@pytest.mark.parametrize("content", [NAMES, {"class_names": NAMES}])
def test_class_names_lie_beside_the_files(tmp_path, content):
    folder = write_csvs(tmp_path / "mine")
    (folder / "class_names.json").write_text(json.dumps(content))
    assert import_files([folder]).class_names == tuple(NAMES)
    packed = pack(folder)
    (folder / "class_names.json").unlink()
    assert import_files([packed], "inside").class_names == tuple(NAMES)
    packed = pack(folder)
    (tmp_path / "class_names.json").write_text(json.dumps(content))
    assert import_files([packed], "beside").class_names == tuple(NAMES)


def test_without_class_names_some_are_proposed_and_that_is_said(tmp_path):
    folder = write_csvs(tmp_path / "mine")
    for path in folder.glob("*.csv"):
        path.rename(path.with_name(path.name.replace("fashion-", "")))
    made = importing.read_dataset([folder])
    assert made.class_names == tuple("0123456789")
    assert made.notes == (
        "The files name no classes; they are called 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.",
    )
    with importing.open_source([write_csvs(tmp_path / "kaggle")]) as source:
        assert (source.class_names, source.proposed) == (None, CLASS_NAMES)
        assert source.name == "kaggle"
    with importing.open_source(sorted((tmp_path / "kaggle").iterdir())) as source:
        assert (source.name, source.proposed) == ("fashion-mnist", CLASS_NAMES)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (NAMES[:9], "Expected ten class names, in the order of the labels 0 to 9; got 9"),
        ("text", "Expected ten class names, in the order of the labels 0 to 9; got str"),
        ([*NAMES[:9], " "], "The name of class 9 is ' '; expected 1 to 40 letters"),
        ([*NAMES[:9], 7], "The name of class 9 is '7'; expected"),
        ([*NAMES[:9], "<b>"], "The name of class 9 is '<b>'; expected"),
        ([*NAMES[:9], "x" * 41], "expected 1 to 40 letters"),
        ([*NAMES[:9], "kind  a"], "The classes 0 and 9 are both called 'kind a'"),
    ],
)
def test_wrong_class_names_are_named(tmp_path, names, said):
    folder = write_csvs(tmp_path)
    with pytest.raises(DatasetError) as caught:
        import_files([folder], "x", names)
    assert said in str(caught.value)
    (folder / "class_names.json").write_text(json.dumps(names))
    with pytest.raises(DatasetError, match=r"class_names\.json: "):
        import_files([folder], "x")
    assert len(catalogue.list_datasets()) == 1


@pytest.mark.parametrize("content", ["{", '{"classes": []}', "9" * 5000])
def test_a_json_file_of_another_kind_is_named(tmp_path, content):
    (write_csvs(tmp_path) / "class_names.json").write_text(content)
    with pytest.raises(DatasetError, match=r"class_names\.json(: it has neither| is not JSON)"):
        import_files([tmp_path], "x")


# CSV faults


def refuse(folder: Path, *, others: int = 0) -> str:
    """Why it is refused; `others` imports are there already."""
    with pytest.raises(DatasetError) as caught:
        import_files([folder], "x", NAMES)
    assert len(catalogue.list_datasets()) == 1 + others
    return str(caught.value)


def spoil(folder: Path, row: int, column: int, cell: str) -> None:
    """Put `cell` into the training file; row as a spreadsheet counts, column from 0."""
    path = folder / "fashion-mnist_train.csv"
    rows = [line.split(",") for line in path.read_text().splitlines()]
    rows[row - 1][column] = cell
    path.write_text("\n".join(map(",".join, rows)) + "\n")


FAULTS = [
    (5, 0, "10", "row 5, column label is 10; expected a label, a whole number from 0 to 9."),
    (5, 0, "-1", "row 5, column label is -1; expected a label"),
    (2, 7, "256", "row 2, column pixel7 is 256; expected a pixel, a whole number from 0 to 255."),
    (41, 784, "-3", "row 41, column pixel784 is -3; expected a pixel"),
    (3, 1, "0.5", "row 3, column pixel1 is 0.5, a fraction; expected a pixel"),
    (3, 1, "", "row 3, column pixel1 is empty; expected"),
    (3, 1, "nan", "row 3, column pixel1 is “nan”, which is not a number; expected"),
    (3, 1, "NA", "row 3, column pixel1 has the text “NA”; expected"),
    (9, 300, "dress", "row 9, column pixel300 has the text “dress”; expected"),
    (9, 300, "inf", "row 9, column pixel300 is inf; expected"),
    (9, 300, "9" * 30, "row 9, column pixel300 is 9999"),
    (9, 300, "1,2", "row 9 has 786 columns; expected 785, separated by commas, as in"),
    (9, 300, "True", "row 9, column pixel300 has the text “True”"),
]  # fmt: skip


@pytest.mark.parametrize("block", [4 << 20, 5000])
@pytest.mark.parametrize(("row", "column", "cell", "said"), FAULTS)
def test_the_first_bad_cell_is_named(tmp_path, monkeypatch, row, column, cell, said, block):
    monkeypatch.setattr(import_lines, "BLOCK", block)
    folder = write_csvs(tmp_path)
    spoil(folder, row, column, cell)
    spoil(folder, 41, 784, cell if row == 41 else "and another")
    assert f"fashion-mnist_train.csv, {said}" in refuse(folder)


def test_a_deeply_nested_list_of_class_names_is_named(tmp_path):
    (write_csvs(tmp_path) / "class_names.json").write_text("[" * 99_000)
    with pytest.raises(DatasetError, match=r"class_names\.json is not JSON .*nested too deeply"):
        import_files([tmp_path])


def test_every_row_may_be_the_bad_one(tmp_path, monkeypatch):
    monkeypatch.setattr(
        import_lines, "BLOCK", 5000
    )  # two or three rows: the first of one, the last
    for row in (*range(2, 12), 40, 41):
        folder = write_csvs(tmp_path)
        path = folder / "fashion-mnist_train.csv"
        lines = path.read_text().splitlines()
        lines[row - 1] += ",1"
        path.write_text("\n".join(lines))
        assert f"row {row} has 786 columns" in refuse(folder)


def test_rows_and_columns_without_a_header(tmp_path):
    folder = write_csvs(tmp_path, None)
    spoil(folder, 1, 3, "x")
    assert "row 1, column pixel3 has the text “x”" in refuse(folder)


def test_a_word_for_a_label_is_no_header(tmp_path):
    folder = write_csvs(tmp_path, None)
    spoil(folder, 1, 0, "shirt")
    assert f"row 2, column label is {TRAIN[1][1]}; expected a word as in the first row" in refuse(
        folder
    )


def test_columns_are_called_as_in_the_header(tmp_path):
    sides = range(1, 29)
    header = ",".join(["label", *(f"{row}x{column}" for row in sides for column in sides)])
    folder = write_csvs(tmp_path, header)
    spoil(folder, 4, 30, "x")
    assert "row 4, column 2x2 has the text “x”" in refuse(folder)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "fashion-mnist_train.csv is empty"),
        (b"\n\n", "fashion-mnist_train.csv is empty"),
        (HEADER.encode(), "fashion-mnist_train.csv has a header and no rows"),
        (b"label,a,b\n1,2,3\n", "fashion-mnist_train.csv has only labels: the file with"),
        (
            b"a,b,c,d,e\n",
            "fashion-mnist_train.csv has 5 columns (“a” and “b” and “c” …); ex",
        ),
        (b"1;2;3\n", "fashion-mnist_train.csv has 3 columns; expected a label and 784 pixels"),
        (b"0" + b",0" * 783 + b"\n", "fashion-mnist_train.csv has no labels (it has 784 columns)"),
        ("1,2,3\n".encode("utf-16"), "fashion-mnist_train.csv has 3 columns; expected"),
        (b"PAR1", "fashion-mnist_train.csv is a Parquet file, not CSV: export it as CSV."),
        (b"," * 4_000_000, "row 1 has more than 65,536 characters: too many for a label and"),
        (b"0" + b",0" * 784 + b"\n" + b"a\n" * 9, "row 2 has 1 column; expected 785"),
        (b'"0"' + b",0" * 784 + b'\n"a\n', "row 2 has a quotation mark that is not closed"),
        (random.Random(0).randbytes(20_000), "fashion-mnist_train.csv"),
        (b'"' + b"0," * 200_000, "fashion-mnist_train.csv"),
    ],
)
def test_files_that_are_no_such_csv(tmp_path, content, said):
    folder = write_csvs(tmp_path)
    (folder / "fashion-mnist_train.csv").write_bytes(content)
    assert said in refuse(folder)


def test_too_many_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(import_csv, "MAX_IMAGES", 39)
    assert "fashion-mnist_train.csv has more than 39 rows" in refuse(write_csvs(tmp_path))


# IDX, zip and PNG faults


def test_an_idx_file_that_is_missing_or_twice(tmp_path):
    folder = write_gz(tmp_path / "mine")
    path = folder / "t10k-labels-idx1-ubyte.gz"
    shutil.copy(path, path.with_suffix(""))  # compressed, whatever its name says
    assert is_the_made_data(import_files([folder], "twice", NAMES))
    data_factory.write_idx(path, TEST[1][::-1])
    said = refuse(folder, others=1)
    assert "two different files with labels for testing, t10k-labels-idx1-ubyte and t10k" in said
    path.unlink()
    path.with_suffix("").unlink()
    said = refuse(folder, others=1)
    assert said.startswith("t10k-images-idx3-ubyte.gz has no labels: the file with its labels is")


@pytest.mark.parametrize("write", [write_gz, write_plain])
def test_an_idx_file_that_is_wrong(tmp_path, write):
    folder = write(tmp_path / "mine")
    [path] = folder.glob("train-labels*")
    labels = TRAIN[1].copy()
    labels[6] = 10
    data_factory.write_idx(path, labels)  # compressed, whatever its name says
    assert "has the label 10; expected labels 0 to 9 (it is number 7 of 40)" in refuse(folder)
    data_factory.write_idx(path, TRAIN[1][:39])
    assert "has 40 images and train-labels-idx1-ubyte" in refuse(folder)
    path.write_bytes(path.read_bytes()[:-9])
    assert "is damaged or cut short" in refuse(folder)
    path.write_bytes(b"\0\0\x08\x01\0\0\0\x28" + bytes(39))
    assert "40 labels (40 bytes), found 39 bytes" in refuse(folder)


def test_one_csv_file_alone_gives_a_seventh_to_testing(tmp_path):
    folder = write_csvs(tmp_path)
    (folder / "fashion-mnist_test.csv").unlink()
    made = importing.read_dataset([folder])
    assert np.bincount(made.arrays[3]).tolist() == [1] * 10  # of 4
    assert "One image in 7 of each class was set aside for testing." in made.notes


def test_nothing_to_import(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    assert refuse(tmp_path).startswith("Nothing to import was found, only notes.txt.")
    assert refuse(tmp_path / "nowhere").startswith("There is no file or folder")


def test_a_zip_that_is_none_or_damaged(tmp_path):
    path = tmp_path / "data.zip"
    path.write_bytes(b"PK, not really")
    assert " is damaged" in refuse(path)
    path = pack(write_csvs(tmp_path / "mine"))
    content = bytearray(path.read_bytes())
    content[5000:5100] = bytes(100)
    path.write_bytes(content)
    assert " is damaged" in refuse(path)


def test_a_zip_of_other_compression(tmp_path):
    folder = write_csvs(tmp_path / "mine")
    assert "unusual compression" in refuse(pack(folder, compression=zipfile.ZIP_LZMA))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    folder = write_csvs(tmp_path / "mine")
    (folder / "big_train.csv").write_bytes(b"0" * 2_000_000)
    path = pack(folder, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 200_000
    monkeypatch.setattr(import_source, "MAX_BYTES", 1_000_000)
    assert "has more than 1 MB unpacked, which is the most that can be" in refuse(path)


def test_hostile_names_in_a_zip_lead_nowhere(tmp_path):
    path = pack(write_csvs(tmp_path / "mine"), below="../../../up/")
    assert is_the_made_data(import_files([path], "x", NAMES))
    assert not list(tmp_path.rglob("up"))


def test_litter_in_a_zip_is_passed_over(tmp_path):
    folder = write_csvs(tmp_path / "mine")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "._fashion-mnist_train.csv").write_bytes(b"\0")
    (folder / ".hidden_test.csv").write_bytes(b"\0")
    assert is_the_made_data(import_files([pack(folder)], "x", NAMES))


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (Image.new("L", (32, 28)), "kind b/x.png has 32×28 pixels; expected 28×28"),
        (Image.new("RGB", (28, 28), "red"), "kind b/x.png is in colour; expected grey"),
        (Image.new("LA", (28, 28)), "kind b/x.png is black on a transparent ground"),
        (None, "kind b/x.png: The file is not a picture"),
    ],
)
def test_a_picture_of_another_kind_is_named(tmp_path, picture, said):
    folder = write_pngs(tmp_path, TRAIN)
    path = folder / "kind b" / "x.png"
    picture.save(path) if picture else path.write_bytes(b"GIF")
    assert said in refuse(folder)


def test_png_folders_that_are_not_ten(tmp_path):
    folder = write_pngs(tmp_path, TRAIN)
    (folder / "kind k").mkdir()
    shutil.copy(next(folder.rglob("*.png")), folder / "kind k")
    assert "The images are in 11 class folders (kind a, kind b" in refuse(folder)


def test_png_files_in_the_wrong_place(tmp_path):
    folder = write_pngs(tmp_path / "train", TRAIN).parent
    image = next(folder.rglob("*.png"))
    (folder / "other" / "kind a").mkdir(parents=True)
    shutil.copy(image, folder / "other" / "kind a" / "x.png")
    assert "other/kind a/x.png is outside train and test" in refuse(folder)
    shutil.rmtree(folder / "other")
    shutil.copy(image, folder / "train" / "stray.png")
    assert "train/stray.png is in no class folder" in refuse(folder)


def test_folders_of_training_alone_give_a_seventh_to_testing(tmp_path):
    folder = write_pngs(tmp_path / "train", TRAIN).parent
    assert [len(array) for array in importing.read_dataset([folder]).arrays] == [30, 30, 10, 10]


def test_a_class_of_one_image_cannot_be_split(tmp_path):
    folder = write_pngs(tmp_path, TRAIN)
    for path in list((folder / "kind c").iterdir())[1:]:
        path.unlink()
    assert "Class number 3 has one image" in refuse(folder)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a/kmnist.zip", "kmnist"),
        ("C_x/fashion-mnist_train.csv", "fashion-mnist"),
        ("train-images-idx3-ubyte.gz", "My data"),
        ("emnist-digits-test-labels-idx1-ubyte.gz", "emnist-digits"),
        ("trained shoes.zip", "trained shoes"),
        ("<b>.zip", "b"),
        ("数字.zip", "数字"),
        ("", "My data"),
    ],
)
def test_a_name_is_proposed(path, name):
    assert import_names.propose_name([Path(path)]) == name
