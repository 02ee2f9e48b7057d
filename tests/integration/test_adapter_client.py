"""A client that others wrote for ebms-admin works against the engine as it is: ebms-adapter-client of PyPI."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from ebms_adapter_client.client import EbmsAdapterClient
from ebms_adapter_client.config import EbmsAdapterClientConfig
from ebms_adapter_client.exceptions import EbmsBadRequestError, EbmsNotFoundError, EbmsServerError
from ebms_adapter_client.models import (
    CertificateMapping,
    DataSource,
    EbMSMessageStatus,
    MessageFilter,
    MessageRequest,
    MessageRequestProperties,
    URLMapping,
)

from tests.integration.engines import (
    A_OIN,
    B_OIN,
    LOGIN,
    SERVICE,
    Party,
    agreement,
    certificates,
    programs,
    wait_for,
)


@pytest.fixture(scope="module")
def clients(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[EbmsAdapterClient, EbmsAdapterClient, str]]:
    """A client of each of two engines, and the id of their CPA."""
    folder = tmp_path_factory.mktemp("client")
    authority, *leaves = certificates(folder / "pki")
    program, _ = programs(folder)
    a, b = Party("A", A_OIN, folder / "a", program), Party("B", B_OIN, folder / "b", program)
    for party, leaf in zip((a, b), leaves, strict=True):
        party.write(leaf, authority)
        party.start()
    user, _, password = LOGIN.partition(":")
    one, other = (
        EbmsAdapterClient(EbmsAdapterClientConfig(f"http://127.0.0.1:{party.rest_port}", user, password))
        for party in (a, b)
    )
    xml = agreement(a, b, (leaves[0], leaves[1]), authority.anchors_pem()).decode()
    for client in (one, other):
        client.validate_cpa(xml)
    cpa_id = one.insert_cpa(xml)
    assert other.insert_cpa(xml) == cpa_id
    yield one, other, cpa_id
    for client in (one, other):
        client.close()
    for party in (a, b):
        party.stop()


def request(cpa_id: str, content: bytes) -> MessageRequest:
    properties = MessageRequestProperties(
        cpa_id=cpa_id,
        from_party_id=f"urn:osb:oin:{A_OIN}",
        from_role="SR",
        service=SERVICE,
        action="EchoRequest",
        conversation_id="gesprek",
    )
    return MessageRequest(properties, [DataSource("application/xml", content, "zaak.xml", "zaak-1")])


def test_cpas(clients: tuple[EbmsAdapterClient, EbmsAdapterClient, str]) -> None:
    client, _, cpa_id = clients
    assert client.list_cpa_ids() == [cpa_id]
    xml = client.get_cpa(cpa_id)
    with pytest.raises(EbmsBadRequestError, match="already exists"):
        client.insert_cpa(xml)
    assert client.insert_cpa(xml, overwrite=True) == cpa_id
    with pytest.raises(EbmsBadRequestError, match="SAXParseException"):
        client.validate_cpa("geen xml")
    client.clear_cpa_cache()
    with pytest.raises(EbmsNotFoundError):
        client.get_cpa("onbekend")
    with pytest.raises(EbmsNotFoundError):
        client.delete_cpa("onbekend")


def test_ping(clients: tuple[EbmsAdapterClient, EbmsAdapterClient, str]) -> None:
    client, _, cpa_id = clients
    client.ping(cpa_id, f"urn:osb:oin:{A_OIN}", f"urn:osb:oin:{B_OIN}")
    with pytest.raises(EbmsServerError, match="No CPA found"):
        client.ping("onbekend", f"urn:osb:oin:{A_OIN}", f"urn:osb:oin:{B_OIN}")


def test_a_message_from_sending_to_processed(
    clients: tuple[EbmsAdapterClient, EbmsAdapterClient, str],
) -> None:
    sender, receiver, cpa_id = clients
    message_id = sender.send_message(request(cpa_id, b"<zaak/>"))
    wait_for(
        lambda: sender.get_message(message_id).properties.message_status == EbMSMessageStatus.DELIVERED,
        "delivery",
    )
    wanted = MessageFilter(cpa_id=cpa_id)
    # Without a number the client asks for 0, which means all.
    assert message_id in receiver.list_unprocessed_message_ids(wanted)
    received = receiver.get_message(message_id, process=True)
    assert received.data_sources == [DataSource("application/xml", b"<zaak/>", "zaak.xml", "zaak-1")]
    assert received.properties.conversation_id == "gesprek"
    receiver.process_message(message_id)
    assert message_id not in receiver.list_unprocessed_message_ids(wanted)
    assert sender.get_message_status(message_id).status == EbMSMessageStatus.PROCESSED
    assert [event.message_id for event in sender.list_unprocessed_message_events(wanted)] == [message_id]
    sender.process_message_event(message_id)
    assert sender.list_unprocessed_message_events(wanted) == []
    again = sender.resend_message(message_id)
    assert again != message_id
    with pytest.raises(EbmsNotFoundError):
        sender.resend_message("onbekend@nergens.example")


def test_url_mappings(clients: tuple[EbmsAdapterClient, EbmsAdapterClient, str]) -> None:
    client, _, _ = clients
    mapping = URLMapping("https://ebms.elders.example/ebms", "https://localhost:1/ebms")
    client.create_url_mapping(mapping)
    assert client.list_url_mappings() == [mapping]
    client.clear_url_mapping_cache()
    client.delete_url_mapping(mapping.source)
    assert client.list_url_mappings() == []


def test_certificate_mappings(
    clients: tuple[EbmsAdapterClient, EbmsAdapterClient, str], tmp_path: Path
) -> None:
    client, _, cpa_id = clients
    _, own, theirs = certificates(tmp_path)
    first, second = (_base64(leaf.certificate_pem.decode()) for leaf in (own, theirs))
    mapping = CertificateMapping(source=first, destination=second, cpa_id=cpa_id)
    client.create_certificate_mapping(mapping)
    assert client.list_certificate_mappings() == [mapping]
    client.clear_certificate_mapping_cache()
    client.delete_certificate_mapping(cpa_id, first)
    assert client.list_certificate_mappings() == []
    with pytest.raises(EbmsServerError):
        client.create_certificate_mapping(
            CertificateMapping(source="AAAA", destination=second, cpa_id=cpa_id)
        )


def _base64(pem: str) -> str:
    import base64

    end = "-----END CERTIFICATE-----"
    return base64.b64encode(ssl.PEM_cert_to_DER_cert(pem.partition(end)[0] + end)).decode()
