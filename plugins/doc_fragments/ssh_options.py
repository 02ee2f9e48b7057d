"""The options of the connection plugin ssh, for plugins that build on it."""

from __future__ import annotations

import yaml
from ansible.plugins.connection import ssh


class ModuleDocFragment:
    # Taken from ssh itself, so that both know the same options in every release of ansible-core.
    DOCUMENTATION = yaml.safe_dump({"options": yaml.safe_load(ssh.DOCUMENTATION)["options"]})
