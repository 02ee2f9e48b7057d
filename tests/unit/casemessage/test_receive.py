"""Masking: whatever a Foutbericht says, and wherever in it, what could be a BSN is not filed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from lopendezaken.casemessage.bsn import bsns_in
from lopendezaken.casemessage.receive import masked
from lopendezaken.casemessage.refusal import RefusedError
from tests.unit.casemessage.samples import BSN

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")))
WORDS = st.tuples(TEXT, st.sampled_from([BSN, f"x{BSN}y", f"\n{BSN}.", ""]), TEXT).map("".join)


@given(WORDS, WORDS, WORDS, WORDS)
def test_no_bsn_is_left_anywhere(text: str, inner: str, tail: str, attribute: str) -> None:
    root = etree.Element("a", b=attribute)
    root.text = text
    child = etree.SubElement(root, "c")
    child.text, child.tail = inner, tail
    found = masked(etree.tostring(root))
    again = etree.fromstring(found)
    words = [*again.itertext(), *map(str, again.attrib.values()), found.decode()]
    assert not any(bsns_in(each) for each in words)
    assert [each.tag for each in again.iter()] == ["a", "c"]


def test_comments_do_not_come_along() -> None:
    assert BSN.encode() not in masked(f"<a><!-- {BSN} --><?x {BSN}?><b/></a>".encode())


@pytest.mark.parametrize("xml", [b"", b"<a", b"<!DOCTYPE a><a/>"])
def test_what_cannot_be_read_is_not_filed(xml: bytes) -> None:
    with pytest.raises(RefusedError):
        masked(xml)
