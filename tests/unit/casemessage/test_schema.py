from __future__ import annotations

from pathlib import Path

import pytest

from lopendezaken.casemessage import check, mo
from lopendezaken.casemessage.refusal import Reason, RefusedError
from lopendezaken.casemessage.schema import Schemas
from lopendezaken.errors import LzError
from tests.unit.casemessage.samples import MO, STUF

# As a package of XSDs comes: the message imports a name that lies elsewhere in the package.
MESSAGE = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{mo.MO}" elementFormDefault="qualified"
 xmlns="{mo.MO}" xmlns:t="urn:types"><xs:import namespace="urn:types" schemaLocation="../elders/types.xsd"/>
 <xs:element name="Zaakbericht"><xs:complexType><xs:sequence>
  <xs:element name="Kop"/><xs:element name="Burger"/><xs:element name="Zaak" type="t:Zaak"/>
 </xs:sequence></xs:complexType></xs:element></xs:schema>"""
TYPES = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:types">
 <xs:complexType name="Zaak"><xs:sequence><xs:any maxOccurs="MOST" processContents="skip"/></xs:sequence></xs:complexType>
</xs:schema>"""


def package(folder: Path, most: str) -> Path:
    (folder / "berichten").mkdir()
    (folder / "berichten/mo.xsd").write_text(MESSAGE)
    (folder / "types.xsd").write_text(TYPES.replace("MOST", most))
    return folder


def test_xsds_that_are_present_are_used(tmp_path: Path) -> None:
    schemas = Schemas(package(tmp_path, "20"))
    assert schemas.given == [mo.ROOT]
    assert check.read(check.write(MO), schemas) == MO
    assert check.read(check.write(STUF), schemas) == STUF


def test_and_are_stricter_than_ours(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as told:
        check.read(check.write(MO), Schemas(package(tmp_path, "2")))
    assert told.value.reason is Reason.INVALID


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "types.xsd").write_text(TYPES.replace("MOST", "20"))
    folder = tmp_path / "xsd"
    folder.mkdir()
    (folder / "mo.xsd").write_text(MESSAGE.replace("../elders/", "../"))
    with pytest.raises(LzError, match=r"types\.xsd"):
        Schemas(folder)


def test_without_a_folder_ours_are_used(tmp_path: Path) -> None:
    assert Schemas(tmp_path / "xsd").given == []
