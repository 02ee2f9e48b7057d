"""The Consumerspecificatie as the guide prints it (2.8): blanks before the declaration, and nothing filled in."""

GUIDE = """\
  <?xml version="1.0" encoding="UTF-8"?>
<osb-ebms-service-specificatie>
<parameters name="SR">
<parameter name="PartyName">[uw_organisatie_naam]</parameter>
<parameter name="PartyId">[uw_oin]</parameter>
<parameter name="PartyRef"/>
<parameter
name="EndpointUri">[uw_endpoint_voor_lopendezaken_koppeling]</parameter>
<parameter name="ClientCert">
<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">
[uw_client_certificaat_data]
</KeyInfo>
</parameter>
<parameter name="ServerCert">
<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">
[uw_server_certificaat_data]
</KeyInfo>
</parameter>
</parameters>
</osb-ebms-service-specificatie>
"""
