"""Each word is explained in two sentences, and the numbers in them are right."""

import math
import re

import pytest

from fmnist.explain.by_hand import output_side
from fmnist.formats import count
from fmnist.glossary import GLOSSARY


@pytest.mark.parametrize("word", GLOSSARY)
def test_a_word_is_explained_in_two_sentences(word):
    text = GLOSSARY[word]
    assert len(re.findall(r"\.(?:\s|$)", text)) == 2
    assert len(text) < 240


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("Padding", f"makes {output_side(28, 3, 1, 'valid')} pixels of 28"),
        ("Flatten", f"{count(64 * 7 * 7)} numbers"),
        ("Softmax", f"{math.e:.1f} times"),
        ("Batch", f"{math.ceil(54_000 / 128)} steps"),
    ],
)
def test_the_numbers_are_right(word, number):
    assert number in GLOSSARY[word]
