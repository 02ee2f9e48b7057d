"""The lab: systemd-nspawn hosts in zones on this machine, so that a connection can be proven without Logius.

Nothing of it leaves the machine: hosts have no way out but the lab's own DNS and apt cache. ``world`` says
which hosts there are, ``lifecycle`` starts and removes them, the other modules do one thing each.
"""
