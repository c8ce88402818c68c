"""fmnist/data/catalogue.py: datasets are added, listed, loaded and refused."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from fmnist.data import catalogue, dataset, standin
from fmnist.data import folder as dataset_folder
from fmnist.data.dataset import CLASS_NAMES, DatasetError
from tests.factories import data as data_factory

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def arrays(seed: int = 5) -> list[np.ndarray]:
    return [*data_factory.make_split(30, seed), *data_factory.make_split(20, seed + 1)]


def add(name: str = "My digits", seed: int = 5) -> catalogue.DatasetInfo:
    return catalogue.add_dataset(name, NAMES, arrays(seed), {"form": "csv"})


def test_the_standard_dataset_is_always_there(lab):
    assert catalogue.list_datasets() == [
        catalogue.DatasetInfo("fashion-mnist", "Fashion-MNIST", CLASS_NAMES)
    ]
    assert catalogue.load().folder == lab.data_dir
    assert catalogue.load().class_names == CLASS_NAMES
    assert catalogue.load().slug == "fashion-mnist"


def test_an_added_dataset_is_listed_and_loaded(lab):
    entry = add()
    assert (entry.slug, entry.name, entry.class_names) == ("my-digits", "My digits", NAMES)
    assert [known.slug for known in catalogue.list_datasets()] == ["fashion-mnist", "my-digits"]
    assert catalogue.list_datasets()[1] == entry == catalogue.find_dataset("my-digits")

    data = catalogue.load("my-digits")

    assert (data.name, data.slug, data.class_names) == ("My digits", "my-digits", NAMES)
    given = arrays()
    loaded = (data.train_images, data.train_labels, data.test_images, data.test_labels)
    for mine, theirs in zip(loaded, given, strict=True):
        assert np.array_equal(mine, theirs)
    assert data.fingerprint == entry.fingerprint == dataset.compute_fingerprint(*given)


def test_a_dataset_is_found_by_its_bytes(lab):
    first, other = add("First"), add("Other", seed=9)
    twin = add("Twin")
    assert catalogue.find_by_fingerprint(other.fingerprint) == other.slug
    assert catalogue.find_by_fingerprint(first.fingerprint) == first.slug
    assert catalogue.find_by_fingerprint(first.fingerprint, [twin.slug]) == twin.slug
    assert catalogue.find_by_fingerprint(first.fingerprint, ["nowhere", twin.slug]) == twin.slug
    assert catalogue.find_by_fingerprint("0" * 16, [twin.slug]) is None


def test_the_standin_is_made_once_into_the_cache(no_mirrors, monkeypatch):
    assert catalogue.find_standin() is None
    with pytest.raises(DatasetError, match="has not been made yet"):
        catalogue.load("stand-in")
    seen = []
    entry = catalogue.make_standin(lambda *step: seen.append(step))
    assert seen[-1][1:] == (300, 300)
    assert entry == catalogue.find_standin() == catalogue.find_dataset("stand-in")
    assert (entry.slug, entry.name, entry.class_names) == ("stand-in", "Stand-in", CLASS_NAMES)
    data = catalogue.load("stand-in")
    assert (data.slug, data.name, data.fingerprint) == ("stand-in", "Stand-in", entry.fingerprint)
    assert (len(data.train_images), len(data.test_labels)) == (200, 100)
    assert data.folder == dataset.cache_dir() / "stand-in"

    monkeypatch.setattr(standin, "write_standin", None)  # nothing is generated a second time
    assert catalogue.make_standin() == entry


def test_a_standin_that_was_not_finished_does_not_count(no_mirrors):
    first = catalogue.make_standin()
    (first.folder / "t10k-images-idx3-ubyte.gz").unlink()
    leftovers = dataset.cache_dir() / ".stand-in-killed"
    leftovers.mkdir()
    assert catalogue.find_standin() is None
    assert catalogue.make_standin().fingerprint == first.fingerprint
    assert not leftovers.exists()


def test_two_who_make_the_standin_at_once_make_it_once(no_mirrors, monkeypatch):
    made = []
    write = standin.write_standin

    def counted(folder, **options):
        made.append(folder)
        write(folder, **options)

    monkeypatch.setattr(standin, "write_standin", counted)
    with ThreadPoolExecutor(2) as pool:
        entries = list(pool.map(lambda _: catalogue.make_standin(), range(2)))
    assert len(made) == 1
    assert entries[0] == entries[1]


def test_a_generation_that_fails_leaves_nothing(no_mirrors, monkeypatch):
    def fail(folder, **_):
        (folder / "half").write_bytes(b"x")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(standin, "write_standin", fail)
    with pytest.raises(DatasetError, match="No space left on device"):
        catalogue.make_standin()
    assert [path.name for path in dataset.cache_dir().iterdir()] == ["stand-in.lock"]


def test_a_changed_standin_says_how_to_have_it_again(no_mirrors):
    dataset.write_folder(catalogue.make_standin().folder, arrays())
    with pytest.raises(DatasetError, match="Delete the folder and it is made again"):
        catalogue.load("stand-in")


def slugs() -> list[str]:
    return [entry.slug for entry in catalogue.list_choices()]


def test_the_standin_takes_the_place_of_the_standard_dataset_only_while_that_is_missing(
    no_mirrors, lab, monkeypatch
):
    add()
    assert slugs() == ["fashion-mnist", "my-digits"]  # nothing is in its place
    catalogue.make_standin()
    assert slugs() == ["stand-in", "my-digits"]
    assert catalogue.list_datasets()[0].slug == "fashion-mnist"
    monkeypatch.setenv("FMNIST_DATA_DIR", str(lab.data_dir))
    assert slugs() == ["fashion-mnist", "stand-in", "my-digits"]


def test_an_import_of_the_published_files_comes_before_the_standin(no_mirrors, monkeypatch):
    catalogue.make_standin()
    published = dataset.compute_fingerprint(*arrays())
    for module in (catalogue, dataset_folder):
        monkeypatch.setattr(module, "FINGERPRINT", published)
    assert add("The real one").class_names == CLASS_NAMES
    assert slugs() == ["the-real-one", "stand-in"]


def test_the_folder_has_the_four_files_and_says_what_it_is(lab):
    folder = add().folder
    assert folder.parent == lab.datasets_dir
    assert {path.name for path in folder.iterdir()} == {*dataset.FILES, "dataset.json"}
    info = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    assert info["class_names"] == list(NAMES)
    assert (info["train_images"], info["test_images"]) == (30, 20)
    assert info["source"] == {"form": "csv"}
    assert [path.name for path in lab.datasets_dir.iterdir()] == ["my-digits"]  # no draft is left


def test_there_is_no_clock_and_no_name_in_the_gzip_header(lab):
    content = (add().folder / "train-labels-idx1-ubyte.gz").read_bytes()
    assert content[3] == 0  # no name, no comment
    assert content[4:8] == bytes(4)  # no time
    assert gzip.decompress(content)[:8] == b"\0\0\x08\x01\0\0\0\x1e"


def test_names_of_other_letters_and_reserved_ones_get_a_folder(lab):
    slugs = [add(name).slug for name in ("数字", "字", "Stand in", "A.B", "A B")]
    assert slugs == ["dataset", "dataset-2", "stand-in-2", "a-b", "a-b-2"]
    assert all(catalogue.load(slug).slug == slug for slug in slugs)


@pytest.mark.parametrize("name", ["my DIGITS", " My  digits ", "Fashion-MNIST", "stand-in"])
def test_a_name_is_given_once(lab, name):
    add()
    with pytest.raises(DatasetError, match="There is already a dataset called"):
        add(name)


@pytest.mark.parametrize("name", ["", "../up", "a" * 41, "<b>", "*x*", "a\\b", "x [y](z)"])
def test_a_name_is_a_few_plain_words(lab, name):
    with pytest.raises(DatasetError, match="expected 1 to 40 letters"):
        add(name)


def test_an_unknown_dataset_says_which_there_are(lab):
    add()
    with pytest.raises(DatasetError, match="no dataset 'kmnist'.*there are fashion-mnist, my-dig"):
        catalogue.load("kmnist")


@pytest.mark.parametrize("slug", ["../my-digits", "my-digits/..", "/etc", "", "My-digits", "."])
def test_a_slug_never_leads_out_of_the_folder(lab, slug):
    add()
    with pytest.raises(DatasetError, match="There is no dataset"):
        catalogue.load(slug)


@pytest.mark.parametrize(
    "change",
    [
        {"name": 3},
        {"name": "<script>"},
        {"class_names": ["a"]},
        {"fingerprint": None},
    ],
)
def test_a_damaged_dataset_is_not_listed_and_says_so(lab, change):
    path = add().folder / "dataset.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert len(catalogue.list_datasets()) == 1
    with pytest.raises(DatasetError, match=r"dataset\.json is damaged"):
        catalogue.load("my-digits")


@pytest.mark.parametrize("content", ["", "[]", "{}", "not json"])
def test_a_dataset_json_of_another_kind_is_damaged(lab, content):
    (add().folder / "dataset.json").write_text(content)
    assert len(catalogue.list_datasets()) == 1
    with pytest.raises(DatasetError, match="import the dataset again"):
        catalogue.load("my-digits")


def test_files_that_were_changed_afterwards_are_refused(lab):
    folder = add().folder
    dataset.write_folder(folder, arrays(seed=8))
    with pytest.raises(DatasetError, match="not those that were imported"):
        catalogue.load("my-digits")


def test_a_file_that_is_gone_is_named(lab):
    folder = add().folder
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DatasetError, match=r"t10k-labels-idx1-ubyte\.gz is missing"):
        catalogue.load("my-digits")


def test_a_deleted_dataset_is_gone_and_its_name_is_free(lab):
    add("Other")
    add()
    catalogue.delete_dataset("my-digits")
    assert [entry.slug for entry in catalogue.list_datasets()] == ["fashion-mnist", "other"]
    assert [path.name for path in lab.datasets_dir.iterdir()] == ["other"]
    assert add().slug == "my-digits"


def test_a_damaged_dataset_can_be_deleted(lab):
    (add().folder / "dataset.json").write_text("not json")
    catalogue.delete_dataset("my-digits")
    assert list(lab.datasets_dir.iterdir()) == []


@pytest.mark.parametrize(
    "slug",
    ["gone", "fashion-mnist", "stand-in", "", ".", "..", "../my-digits", "my-digits/..", "/"],
)
def test_only_an_imported_dataset_is_deleted(lab, slug):
    add()
    for name in catalogue.RESERVED_SLUGS:  # folders that nobody imported
        (lab.datasets_dir / name).mkdir()
    with pytest.raises(DatasetError, match="There is no imported dataset"):
        catalogue.delete_dataset(slug)
    kept = {path.name for path in lab.datasets_dir.iterdir()}
    assert kept == {"my-digits", *catalogue.RESERVED_SLUGS}
    assert catalogue.load("my-digits").slug == "my-digits"


def test_a_dataset_that_cannot_be_deleted_says_why_and_stays(lab, monkeypatch):
    folder = add().folder

    def refuse(path, _):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(DatasetError, match=r"my-digits cannot be deleted \(Permission denied\)"):
        catalogue.delete_dataset("my-digits")
    assert catalogue.load("my-digits").folder == folder


def test_a_folder_that_cannot_be_written(lab, tmp_path, monkeypatch):
    (tmp_path / "in-the-way").write_text("")
    monkeypatch.setenv("FMNIST_DATASETS_DIR", str(tmp_path / "in-the-way"))
    with pytest.raises(DatasetError, match="cannot be written"):
        add()
