"""The CSV form of a dataset, worked out by hand."""

import numpy as np
import pytest

from fmnist.data import table


@pytest.mark.parametrize(
    ("row", "column", "name"),
    [(0, 0, "pixel1"), (0, 27, "pixel28"), (1, 2, "pixel31"), (27, 27, "pixel784")],
)
def test_pixel_names(row, column, name):
    assert table.pixel_name(row, column) == name
    assert table.PIXEL_NAMES[row * 28 + column] == name


@pytest.mark.parametrize(("row", "column"), [(-1, 0), (0, 28)])
def test_pixel_outside_the_image(row, column):
    with pytest.raises(ValueError, match="expected 0 to 27"):
        table.pixel_name(row, column)


@pytest.fixture
def frame():
    images = np.zeros((3, 28, 28), np.uint8)
    images[:, 1, 2] = [7, 200, 7]
    return table.table(images, np.array([9, 0, 2], np.uint8), index=np.array([5, 8, 1]))


def test_table_has_785_uint8_columns(frame):
    assert frame.shape == (3, 785)
    assert list(frame.columns[:2]) == ["label", "pixel1"]
    assert frame.columns[-1] == "pixel784"
    assert (frame.dtypes == np.uint8).all()
    assert frame["pixel31"].to_dict() == {5: 7, 8: 200, 1: 7}
    assert frame["label"].tolist() == [9, 0, 2]
    assert frame.to_csv(index=False).splitlines()[1].startswith("9,0,0,")


def test_describe_table(frame):
    assert table.describe_table(frame) == {
        "Shape": "3 rows × 785 columns",
        "Type": "type uint8",
        "Memory": "2 kB in memory",  # 3 × 785 bytes
    }


def test_distinct_values(frame):
    assert table.distinct_values(frame, "pixel31").to_dict("list") == {
        "value": [7, 200],
        "rows": [2, 1],
    }
    with pytest.raises(ValueError, match="'pixel0'; expected label or pixel1 to pixel784"):
        table.distinct_values(frame, "pixel0")
