#!/usr/bin/python
"""Ansible module: the ebMS Ping, and what it tells."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ebms_ping
short_description: Send an ebMS Ping and wait for the Pong
description:
  - Asks the adapter to send an ebMS Ping (not ICMP) under a CPA. It is answered only when both parties are up, have loaded the CPA
    and can connect both ways (P2-35).
  - A ping proves transport and that both sides hold the CPA, not that the CPA is valid today.
  - When no Pong comes, the adapter's answer is read together with what M(endpoint_probe) saw, to name the leg that failed.
options:
  base_url:
    description: Base of the REST interface, for instance V(http://127.0.0.1:8080/service/rest/v19).
    type: str
    required: true
  cpa_id:
    description: CPAId.
    type: str
    required: true
  from_party:
    description: Our party, as C(type:value).
    type: str
    required: true
  to_party:
    description: The partner's party, as C(type:value).
    type: str
    required: true
  partner:
    description: Name of the partner, for messages.
    type: str
    default: the partner
  username:
    description: User of the REST interface.
    type: str
  password:
    description: Password of that user.
    type: str
  credentials_file:
    description: File on the host that holds C(user:password), so that no secret leaves the host.
    type: path
  probes:
    description: Results of M(endpoint_probe) for the way out (C(direction=out)) to this partner and the way back (C(direction=in)).
    type: list
    elements: dict
    default: []
  timeout:
    description: Seconds to wait for the adapter. Adapters wait 30 s for the connection and 30 s for the Pong, so 60 or less is too short.
    type: int
    default: 75
  journal_unit:
    description: Unit of an adapter that shows its messages in the journal and by no call, as ebms-admin. Empty reads none.
    type: str
    default: ""
  fail_on_no_pong:
    description: Whether a ping without Pong fails the task. Turn it off to record evidence first.
    type: bool
    default: true
attributes:
  check_mode:
    description: Sends nothing in check mode.
    support: full
  diff_mode:
    description: Changes nothing, so shows nothing.
    support: none
author: LopendeZaken
"""

EXAMPLES = r"""
- name: Ping the Compliance Voorziening
  ebms_ping:
    base_url: http://127.0.0.1:8080/service/rest/v19
    credentials_file: /etc/lopendezaken/rest.credentials
    cpa_id: Echo-1-0_00000099100000001000_00000099200000001000_1
    from_party: urn:osb:oin:00000099100000001000
    to_party: urn:osb:oin:00000099200000001000
    partner: Compliance Voorziening
"""

RETURN = r"""
outcome:
  description: V(pong), V(failed), or V(not sent) in check mode.
  type: str
  returned: success
ms:
  description: Milliseconds from asking to the answer.
  type: float
  returned: success
ping:
  description: The Ping with its envelope, when the adapter keeps a trace of signals.
  type: dict
  returned: success
pong:
  description: The Pong with its envelope, when the adapter keeps a trace of signals.
  type: dict
  returned: success
trace:
  description: Whether the adapter keeps a trace of signals. Without it both messages must come from its own log.
  type: bool
  returned: success
diagnosis:
  description: C(leg), C(says) (the adapter's answer) and C(look_at), when no Pong came.
  type: dict
  returned: success
message:
  description: The outcome in one sentence for people.
  type: str
  returned: success
"""

import json
import urllib.parse
from datetime import UTC, datetime, timedelta

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ebms_log import journal, signals_in
from ansible.module_utils.ebms_rest import Answer, Rest, RestError, credentials_of, quoted
from ansible.module_utils.ping_diagnosis import Way, diagnose


def signals(rest: Rest, cpa_id: str, since: datetime) -> list[dict[str, object]] | None:
    """The Pings and Pongs under this CPA since a moment; ``None`` when the adapter keeps no trace."""
    query = urllib.parse.urlencode({"cpaId": cpa_id, "since": since.strftime("%Y-%m-%dT%H:%M:%SZ")})
    try:
        answer = rest.call("GET", f"//lopendezaken/v1/signals?{query}")
        found = json.loads(answer.text) if answer.fine else None
    except (RestError, ValueError):
        return None
    return found if isinstance(found, list) else None


def pair(
    found: list[dict[str, object]] | None, to_party: str
) -> tuple[dict[str, object] | None, dict[str, object] | None]:
    """The last Ping that went to this party, and the Pong that refers to it."""
    pings = [
        one
        for one in found or []
        if one.get("action") == "Ping" and one.get("direction") == "out" and one.get("to") == to_party
    ]
    ping = max(pings, key=lambda one: str(one.get("timestamp")), default=None)
    pongs = [one for one in found or [] if one.get("action") == "Pong" and one.get("direction") == "in"]
    pong = next((one for one in pongs if ping and one.get("refToMessageId") == ping.get("messageId")), None)
    return ping, pong


def send(rest: Rest, parameters: dict[str, object]) -> Answer:
    """Ask for a Ping; an adapter that cannot be asked answers with status 0 and the reason."""
    parts = [quoted(str(parameters[name])) for name in ("cpa_id", "from_party", "to_party")]
    try:
        return rest.call("POST", f"/ebms/ping/{parts[0]}/from/{parts[1]}/to/{parts[2]}")
    except RestError as error:
        return Answer(0, str(error), 0.0)


def report(answer: Answer, parameters: dict[str, object]) -> dict[str, object]:
    """Outcome, diagnosis and the sentence for people."""
    partner, milliseconds = parameters["partner"], round(answer.seconds * 1000, 1)
    if answer.fine:
        return {
            "outcome": "pong",
            "ms": milliseconds,
            "diagnosis": None,
            "message": f"Pong from {partner} in {milliseconds / 1000:.1f} s under CPA {parameters['cpa_id']}",
        }
    way = Way(cpa_id=str(parameters["cpa_id"]), partner=str(partner), probes=parameters["probes"])
    found = diagnose(answer.text, way)
    return {
        "outcome": "failed",
        "ms": milliseconds,
        "diagnosis": {"leg": found.leg, "says": answer.text, "look_at": found.look_at},
        "message": f"No Pong from {partner} [{found.leg}]: {found.cause}. Look at {found.look_at}.",
    }


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "base_url": {"type": "str", "required": True},
            "cpa_id": {"type": "str", "required": True},
            "from_party": {"type": "str", "required": True},
            "to_party": {"type": "str", "required": True},
            "partner": {"type": "str", "default": "the partner"},
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "credentials_file": {"type": "path"},
            "probes": {"type": "list", "elements": "dict", "default": []},
            "timeout": {"type": "int", "default": 75},
            "journal_unit": {"type": "str", "default": ""},
            "fail_on_no_pong": {"type": "bool", "default": True},
        },
        mutually_exclusive=[("username", "credentials_file")],
        supports_check_mode=True,
    )
    parameters = module.params
    if module.check_mode:
        module.exit_json(
            changed=False,
            outcome="not sent",
            ms=None,
            ping=None,
            pong=None,
            trace=False,
            diagnosis=None,
            message="check mode: no Ping sent",
        )
    started = datetime.now(UTC) - timedelta(seconds=1)
    try:
        credentials = credentials_of(
            parameters["username"], parameters["password"], parameters["credentials_file"]
        )
        rest = Rest(parameters["base_url"], credentials, parameters["timeout"])
    except RestError as error:
        module.fail_json(msg=str(error), code=error.code)
    result = report(send(rest, parameters), parameters)
    found = signals(rest, parameters["cpa_id"], started)
    if found is None and parameters["journal_unit"]:
        found = signals_in(journal(parameters["journal_unit"], started), parameters["cpa_id"])
    ping, pong = pair(found, parameters["to_party"])
    result |= {"changed": False, "ping": ping, "pong": pong, "trace": found is not None}
    if result["outcome"] == "failed" and parameters["fail_on_no_pong"]:
        module.fail_json(msg=result["message"], **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
