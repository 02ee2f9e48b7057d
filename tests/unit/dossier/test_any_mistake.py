"""Whatever is typed wrong in a file, a person gets a place and a sentence, never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lopendezaken.dossier import loader
from lopendezaken.dossier.read import dossier_of, plan_of
from lopendezaken.errors import LzError
from tests.unit.dossier.conftest import EXAMPLE

READERS: dict[str, Callable[[loader.Document], Any]] = {"dossier.yml": dossier_of, "network.yml": plan_of}
TEXTS = {name: (EXAMPLE / name).read_text(encoding="utf-8") for name in READERS}
BITS = st.sampled_from(
    ["", " ", "\n", ":", "-", "'", '"', "[", "]", "{", "}", "#", "x", "0", "null", "~", "é"]
)


@st.composite
def spoiled(draw: st.DrawFn, text: str) -> str:
    """A piece of the text replaced, removed or doubled."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 30)))
    return text[:start] + draw(BITS | st.just(text[start:end] * 2)) + text[end:]


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_slip_of_the_pen(name: str, data: st.DataObject) -> None:
    text = data.draw(spoiled(TEXTS[name]))
    error = None
    try:
        READERS[name](loader.parse(text.encode(), Path(name)))
    except LzError as caught:
        error = caught
    assert error is None or (error.exit_code == 2 and str(error).startswith(f"{name}:"))


json_values = st.recursive(
    st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_another_shape_anywhere(name: str, data: st.DataObject) -> None:
    """A value of any shape in any place."""
    document = loader.parse(TEXTS[name].encode(), Path(name))
    at = data.draw(st.sampled_from([each for each in document.places if each]))
    inner = document.value
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = data.draw(json_values)
    error = None
    try:
        READERS[name](document)
    except LzError as caught:
        error = caught
    assert error is None or str(error).startswith(f"{name}:")
