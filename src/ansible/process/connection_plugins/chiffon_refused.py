"""The connection of hosts that are in an inventory and not in the approved plan: there is none."""

from __future__ import annotations

DOCUMENTATION = """
    name: chiffon_refused
    author: Chiffon
    short_description: refuses every connection
    description: Given to the hosts of a run's inventory that nobody approved; templates can look at them all the same.
    options: {}
"""

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase


class Connection(ConnectionBase):
    transport = "chiffon_refused"
    has_pipelining = True

    def _refuse(self):
        name = getattr(self._play_context, "remote_addr", None) or "this host"
        raise AnsibleConnectionFailure("%s is not part of the approved plan: Chiffon does not connect to it" % name)

    def _connect(self):
        self._refuse()

    def exec_command(self, cmd, in_data=None, sudoable=True):
        self._refuse()

    def put_file(self, in_path, out_path):
        self._refuse()

    def fetch_file(self, in_path, out_path):
        self._refuse()

    def close(self):
        self._connected = False
