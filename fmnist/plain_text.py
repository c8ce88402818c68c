"""Text that somebody else wrote stays text: kept clean, and shown or exported as it was typed.

A title, a name or a message that quotes one passes `clean` where it is kept, and one of the other
functions where it leaves the Lab: `markdown` for whatever Streamlit shows (its labels are Markdown,
too), `markdown_file`, `plotly` and `to_csv`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 2_000  # characters of anything shown as one text

# Unicode's control, format, surrogate and private-use characters: unseen, or turning round what
# stands beside them; then what is blank without being white space.
_UNSEEN = ("Cc", "Cf", "Cs", "Co")
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U000e0000-\U000e0fff]")
_JOINERS = re.compile("[\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}]+")
_MOST_MARKS = 4  # accents on one letter; more would cover the lines around

# An inline element without content, to Streamlit and to other readers of Markdown. What turns
# addresses and shortcodes in the midst of plain words into links and icons does not see across it.
_GAP, _FILE_GAP = ":small[]", "<!-- -->"
_LIVE = re.compile(
    r"""(?xi)
      https? (?= :// )
    | www (?= \. )
    | @ (?= \w )                          # an address of mail
    | : [\w+-]+ (?= : )                   # an icon or an emoji by its name
    | (?<! \S ) (?: < (?= ->?(?!\S) ) | [<>~] (?= =(?!\S) ) | - (?= [->](?!\S) ) )  # an arrow,
    | (?<! \S. ) (?<= < ) - (?= >(?!\S) )                                           # both ways
    """
)
_SIGNS = re.compile(
    r"""(?x)
      [\\`*\[\]<>|$~]
    | (?<! [^\W_] ) _ | _ (?! [^\W_] )   # not within a word
    | & (?= \#?\w+; )
    | : (?= \w ) | (?<= :material ) /    # a colour, an icon
    """
)
_BLOCK = re.compile(r"^(?=[#+=-])|^(\d{1,9})(?=[.)](?!\S))")  # begins a heading, a list, …


def clean(text: str, longest: int = LONGEST) -> str:
    """One line of visible characters in the order typed, at most `longest` of them.

    Control characters, those that turn the direction of writing, and those that nobody sees are
    left out (joiners within an emoji or a Persian word stay); white space becomes single spaces.
    """
    text = "".join(map(_seen, text[: 4 * longest]))
    text = _few_marks(_JOINERS.sub(_join, text))
    return " ".join(text.split())[:longest].strip()


def _seen(character: str) -> str:
    if character.isspace():
        return " "
    if unicodedata.category(character) in _UNSEEN or _BLANK.match(character):
        return character if _JOINERS.match(character) else ""
    return character


def _join(joiners: re.Match[str]) -> str:
    """One joiner between two characters that are not ASCII; else none."""
    sides = joiners.string[: joiners.start()][-1:], joiners.string[joiners.end() :][:1]
    return joiners[0][0] if all(side > "\N{DELETE}" for side in sides) else ""


def _few_marks(text: str) -> str:
    kept, marks = [], _MOST_MARKS
    for character in text:
        is_mark = unicodedata.category(character) in ("Mn", "Me")
        marks = marks + 1 if is_mark else _MOST_MARKS if character == " " else 0
        if marks <= _MOST_MARKS or not is_mark:
            kept.append(character)
    return "".join(kept)


def shorten(text: str, most: int) -> str:
    """The text, cut with "…" where it has more than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def markdown(text: Any, longest: int = LONGEST) -> str:
    """The text as Markdown that Streamlit shows as it was typed: nothing in it is a link, an image,
    HTML, a formula, an icon, a colour or a list, in a label as little as in a paragraph.

    text: whatever has a `str`, an error, say; it is `clean`ed first.
    """
    return _escape(clean(str(text), longest), _GAP)


def markdown_file(text: Any, longest: int = LONGEST) -> str:
    """The same for a Markdown file, whoever shows it; not for the beginning of a line."""
    return _escape(clean(str(text), longest), _FILE_GAP)


def for_streamlit(file: str) -> str:
    """A Markdown file, its texts by `markdown_file`, as Streamlit is to be given it."""
    return file.replace(_FILE_GAP, _GAP)


def for_html(file: str) -> str:
    """A Markdown file, its texts by `markdown_file`, for a reader that makes no links or icons of
    plain words and shows HTML as text.
    """
    return file.replace(_FILE_GAP, "")


def _escape(text: str, gap: str) -> str:
    text = _LIVE.sub("\\g<0>\0", text)  # NUL: not in clean text
    text = _SIGNS.sub(r"\\\g<0>", text)
    return _BLOCK.sub(r"\1\\", text).replace("\0", gap)


def plotly(text: Any, longest: int = LONGEST) -> str:
    """The text for a name, a label or a hover text of a Plotly figure: no tag, link, formula or
    `%{…}` in it means anything.
    """
    text = clean(str(text), longest)
    return re.sub(r"[&<>$]|(?<=%)\{", lambda sign: f"&#{ord(sign[0])};", text)


def to_csv(frame: pd.DataFrame) -> str:
    """A table as CSV, without its index, no text of which is a formula to a spreadsheet."""
    texts = frame.select_dtypes(exclude=["number", "bool"]).columns
    safe = frame.assign(**{name: frame[name].map(csv_cell) for name in texts})
    return safe.rename(columns=csv_cell).to_csv(index=False)


def csv_cell(value: Any) -> Any:
    """A text, `clean`ed, with an apostrophe wherever a spreadsheet would see a formula begin, also
    after a semicolon, which some take for the end of a cell; any other value as it is.
    """
    if not isinstance(value, str):
        return value
    return re.sub(r"(^|;)(?=\s*[=+\-@＝＋－＠])", r"\1'", clean(value))
