"""Policies: from dossier and evidence to verdicts, and from verdicts to the gate of production."""
