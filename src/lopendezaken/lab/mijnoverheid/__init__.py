"""What MijnOverheid does with messages, played on the partner host: takes cases in, shows them, sends Foutberichten.

Runs there with Debian's packages only; see :mod:`lopendezaken.lab.partner` for how it gets there.
"""
