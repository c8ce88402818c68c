"""fmnist/plain_text.py, against values worked out by hand; what a browser makes of them is tested
in tests/browser/test_plain_text.py.
"""

import csv
import io

import pandas as pd
import pytest

from fmnist.plain_text import (
    clean,
    csv_cell,
    for_streamlit,
    markdown,
    markdown_file,
    plotly,
    to_csv,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  two \t words\n", "two words"),
        ("a\0b\x1b[31mc\x7f\x9bd", "ab[31mcd"),
        ("png.exe\u202egnp", "png.exegnp"),  # right-to-left override
        ("\u2066a\u2069 \u200fb\u061c", "a b"),
        ("ad\u200bmi\ufeffn\u00ad\u2060", "admin"),
        ("\u3164\u2800\u115f", ""),
        ("\u200b", ""),
        ("tag\U000e0041\U000e0042", "tag"),
        ("\ud800lone", "lone"),
        ("\ue000private", "private"),
        ("line\u2028separator\x85next", "line separator next"),
        ("a\u200db", "ab"),  # a joiner between letters that need none
        ("👩🏽\u200d🎓 😀", "👩🏽\u200d🎓 😀"),
        ("👩\u200d\u200d\u200d🎓", "👩\u200d🎓"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("e\u0301", "e\u0301"),
        ("x" + "\u0301" * 50 + "y", "x" + "\u0301" * 4 + "y"),
        ("\u0301\u0302 a", "a"),  # accents on nothing
        ("Ä 日本語 ß ½", "Ä 日本語 ß ½"),
        ("", ""),
    ],
)
def test_clean(typed, kept):
    assert clean(typed) == kept
    assert clean(kept) == kept


def test_clean_is_bounded():
    assert clean("x" * 500, 60) == "x" * 60
    assert clean("x" * 59 + " y" * 9, 60) == "x" * 59
    assert len(clean("\0x" * 10_000_000)) <= 2000


def test_ordinary_text_is_markdown_as_it_is():
    for text in (
        "conv-64 dropout 0.17",
        "T-shirt/top",
        "Set FMNIST_DATA_DIR (say, /data/x_1.gz) and start again: it's 28 × 28!",
        "20260101-000000-gone",
    ):
        assert markdown(text) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("![x](a.png)", r"!\[x\](a.png)"),
        ("*a* _b_ `c` ~d~", r"\*a\* \_b\_ \`c\` \~d\~"),
        ("<b>|$x$", r"\<b\>\|\$x\$"),
        ("C:\\Users", r"C:\\Users"),
        ("&lt; &#60; R&D a & b", r"\&lt; \&#60; R&D a & b"),
        ("# a", r"\# a"),
        ("- a", r"\- a"),
        ("12. a", r"12\. a"),
        ("12) a", r"12\) a"),
        ("=1+2", r"\=1+2"),
        (":red[x]", r"\:red\[x\]"),
        (":material/delete:", r"\:material\/delete:"),
        (":smile: 10:30:15", r"\:smileGAP: 10\:30GAP\:15"),
        ("http://a.b", "httpGAP://a.b"),
        ("HTTPS://a.b", "HTTPSGAP://a.b"),
        ("www.a.b", "wwwGAP.a.b"),
        ("me@a.b", "me@GAPa.b"),
        ("a -> b", r"a -GAP\> b"),
        ("a <-> b", r"a \<GAP-GAP\> b"),
        ("a\n\n# b", "a # b"),  # no second line, no heading
    ],
)
def test_markdown(text, escaped):
    assert markdown(text) == escaped.replace("GAP", ":small[]")
    assert markdown_file(text) == escaped.replace("GAP", "<!-- -->")
    assert for_streamlit(markdown_file(text)) == markdown(text)


def test_a_gap_that_somebody_typed_stays_text():
    assert markdown(":small[]") == r"\:small\[\]"
    assert for_streamlit(markdown_file("<!-- -->")) == r"\<!-- --\>"


def test_markdown_takes_what_has_a_text():
    assert markdown(ValueError("*x*")) == r"\*x\*"
    assert markdown(None) == "None"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("T-shirt/top", "T-shirt/top"),
        ('<a href="http://x">b</a>', '&#60;a href="http://x"&#62;b&#60;/a&#62;'),
        ("R&D &lt;", "R&#38;D &#38;lt;"),
        ("$x^2$", "&#36;x^2&#36;"),
        ("%{customdata} 5 %", "%&#123;customdata} 5 %"),
        ("a\u202eb<br>", "ab&#60;br&#62;"),
    ],
)
def test_plotly(text, escaped):
    assert plotly(text) == escaped


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+2", "'=1+2"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'=1"),
        ("\r=1", "'=1"),
        ("  =1", "'=1"),
        ("＝1", "'＝1"),
        ("a;=1", "a;'=1"),
        ("a; =1", "a;' =1"),
        ("\0=1", "'=1"),
        ("a=1, b-2", "a=1, b-2"),
        ("–", "–"),
        (-1.5, -1.5),
        (None, None),
    ],
)
def test_csv_cell(value, cell):
    assert csv_cell(value) == cell


def test_to_csv():
    frame = pd.DataFrame(
        {"=name": ["=1+2", 'a"b,c', None], "n": [-1, 2, 3], "x": [-0.5, 1.0, None], "b": [True] * 3}
    )
    rows = list(csv.reader(io.StringIO(to_csv(frame))))
    assert rows == [
        ["'=name", "n", "x", "b"],
        ["'=1+2", "-1", "-0.5", "True"],
        ['a"b,c', "2", "1.0", "True"],
        ["", "3", "", "True"],
    ]
    assert frame.loc[0, "=name"] == "=1+2"
