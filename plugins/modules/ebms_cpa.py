#!/usr/bin/python
"""Ansible module: a CPA in an ebMS adapter."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ebms_cpa
short_description: Load a CPA into an ebMS adapter, or remove it
description:
  - Talks to the adapter's REST interface (C(/cpas)), from the host on which the module runs.
  - Compares by meaning, not by bytes. Adapters re-serialise what they are given; prefixes, blank space, comments and the spelling
    of durations and dates do not count.
options:
  base_url:
    description: Base of the REST interface, for instance V(http://127.0.0.1:8080/service/rest/v19).
    type: str
    required: true
  cpa_id:
    description: CPAId. Needed with O(state=absent). With O(state=present) it must equal the one in the CPA, and predicts in check mode.
    type: str
  content:
    description: The CPA as text. Exclusive with O(src).
    type: str
  src:
    description: File on the host with the CPA. Exclusive with O(content).
    type: path
  username:
    description: User of the REST interface.
    type: str
  password:
    description: Password of that user.
    type: str
  credentials_file:
    description: File on the host that holds C(user:password), so that no secret leaves the host.
    type: path
  timeout:
    description: Seconds to wait for an answer.
    type: int
    default: 60
  state:
    description: Whether the CPA must be there.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Predicts, also when the adapter does not run yet.
    support: full
  diff_mode:
    description: Shows differences by meaning, certificates as fingerprints.
    support: full
  idempotent:
    description: By meaning.
    support: full
author: LopendeZaken
"""

EXAMPLES = r"""
- name: Load the CPA with MijnOverheid
  ebms_cpa:
    base_url: http://127.0.0.1:8080/service/rest/v19
    credentials_file: /etc/lopendezaken/rest.credentials
    content: "{{ lookup('ansible.builtin.file', 'cpa/preprod-mijnoverheid.xml') }}"

- name: Remove a CPA of which the term is over
  ebms_cpa:
    base_url: http://127.0.0.1:8080/service/rest/v19
    credentials_file: /etc/lopendezaken/rest.credentials
    cpa_id: LopendeZaken-1-0_00000099100000001000_00000099300000001000_1
    state: absent
"""

RETURN = r"""
cpa_id:
  description: CPAId.
  type: str
  returned: success
loaded:
  description: The CPA as the adapter gives it back. Empty when it is not there.
  type: str
  returned: success
differences:
  description: What differed by meaning before the change.
  type: list
  elements: str
  returned: success
"""

import xml.etree.ElementTree as ET
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cpa_meaning import differences
from ansible.module_utils.ebms_rest import Rest, RestError, credentials_of, quoted, refusal

CPA_ID = "{http://www.oasis-open.org/committees/ebxml-cppa/schema/cpp-cpa-2_0.xsd}cpaid"


class CpaError(Exception):
    """The CPA itself cannot be used; the text says why."""


def id_of(xml: bytes) -> str:
    """The CPAId of a CPA; raises :class:`CpaError`."""
    if b"<!DOCTYPE" in xml:
        raise CpaError("the CPA holds a DOCTYPE, which no CPA needs: refused")
    try:
        found = ET.fromstring(xml).get(CPA_ID)  # noqa: S314 (entities need the DOCTYPE that was refused)
    except ET.ParseError as error:
        raise CpaError(f"the CPA is no XML: {error}. Run `lz cpa check` on the file.") from error
    if not found:
        raise CpaError(
            "the file is no CPA 2.0: its root has no attribute cpaid. Run `lz cpa check` on the file."
        )
    return found


class Adapter:
    """The CPAs of one adapter."""

    def __init__(self, rest: Rest) -> None:
        self.rest = rest

    def get(self, cpa_id: str) -> bytes | None:
        """The CPA as the adapter gives it, or ``None``."""
        answer = self.rest.call("GET", f"/cpas/{quoted(cpa_id)}")
        if answer.status == 404:
            return None
        if not answer.fine:
            raise RestError("failed", f"asking for CPA {cpa_id}: HTTP {answer.status}: {answer.text}")
        return answer.text.encode()

    def put(self, cpa_id: str, xml: bytes, *, overwrite: bool) -> None:
        """Load the CPA; takes effect at once."""
        path = f"/cpas?overwrite={'true' if overwrite else 'false'}"
        answer = self.rest.call("POST", path, xml, "text/plain")
        if not answer.fine:
            raise RestError("refused-cpa", refusal(cpa_id, answer))

    def delete(self, cpa_id: str) -> None:
        """Remove the CPA; its messages stay."""
        answer = self.rest.call("DELETE", f"/cpas/{quoted(cpa_id)}")
        if not answer.fine and answer.status != 404:
            raise RestError("failed", f"removing CPA {cpa_id}: HTTP {answer.status}: {answer.text}")


def wanted(module: AnsibleModule) -> bytes | None:
    """The CPA to load, or ``None`` in check mode when it has not been rendered yet."""
    source = module.params["src"]
    given = (module.params["content"] or "").encode()
    text = Path(source).read_bytes() if source and Path(source).exists() else given
    text = text.removeprefix(b"\xef\xbb\xbf").strip()
    if text:
        return text
    if module.check_mode and module.params["cpa_id"]:
        return None
    raise CpaError(
        f"there is no CPA to load: {source or 'content'} is empty. Render it first (`lz cpa render`)."
    )


def diff_of(cpa_id: str, found: list[str] | None) -> dict[str, str]:
    """The diff by meaning; ``None`` for a CPA that was not there."""
    lines = ["+ the whole CPA: it was not loaded"] if found is None else [f"~ {line}" for line in found]
    return {"prepared": f"CPA {cpa_id}\n" + "".join(f"{line}\n" for line in lines)}


def present(module: AnsibleModule, adapter: Adapter) -> dict[str, object]:
    """Load the CPA unless one of the same meaning is there."""
    xml = wanted(module)
    cpa_id = id_of(xml) if xml else module.params["cpa_id"]
    if module.params["cpa_id"] not in (None, cpa_id):
        raise CpaError(f"the CPA is {cpa_id}, but cpa_id asks for {module.params['cpa_id']}")
    there = adapter.get(cpa_id)
    found = (
        None
        if there is None
        else (differences(there, xml, "loaded", "wanted") if xml else ["not rendered yet"])
    )
    changed = found is None or bool(found)
    if changed and not module.check_mode and xml:
        adapter.put(cpa_id, xml, overwrite=there is not None)
        there = adapter.get(cpa_id)
        left = differences(there, xml) if there else ["it is not there"]
        if left:
            raise RestError(
                "not-kept", f"the adapter took CPA {cpa_id} but gives back something else: {'; '.join(left)}"
            )
    return {
        "changed": changed,
        "cpa_id": cpa_id,
        "loaded": there.decode() if there else "",
        "differences": found or [],
        "diff": diff_of(cpa_id, found) if changed else {},
    }


def absent(module: AnsibleModule, adapter: Adapter) -> dict[str, object]:
    """Remove the CPA if it is there."""
    cpa_id = module.params["cpa_id"]
    changed = adapter.get(cpa_id) is not None
    if changed and not module.check_mode:
        adapter.delete(cpa_id)
    diff = {"prepared": f"CPA {cpa_id}\n- the whole CPA\n"} if changed else {}
    return {"changed": changed, "cpa_id": cpa_id, "loaded": "", "differences": [], "diff": diff}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "base_url": {"type": "str", "required": True},
            "cpa_id": {"type": "str"},
            "content": {"type": "str"},
            "src": {"type": "path"},
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "credentials_file": {"type": "path"},
            "timeout": {"type": "int", "default": 60},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        mutually_exclusive=[("content", "src"), ("username", "credentials_file")],
        required_if=[("state", "present", ["content", "src"], True), ("state", "absent", ["cpa_id"])],
        supports_check_mode=True,
    )
    parameters = module.params
    act = present if parameters["state"] == "present" else absent
    try:
        credentials = credentials_of(
            parameters["username"], parameters["password"], parameters["credentials_file"]
        )
        result = act(module, Adapter(Rest(parameters["base_url"], credentials, parameters["timeout"])))
    except (CpaError, ValueError) as error:
        module.fail_json(msg=str(error))
    except RestError as error:
        if module.check_mode and error.code in ("refused", "credentials"):
            cpa_id = parameters["cpa_id"] or ""
            module.exit_json(
                changed=parameters["state"] == "present",
                cpa_id=cpa_id,
                loaded="",
                differences=[],
                diff=diff_of(cpa_id, None),
                msg=f"The adapter does not run yet; {error}",
            )
        module.fail_json(msg=str(error), code=error.code)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
