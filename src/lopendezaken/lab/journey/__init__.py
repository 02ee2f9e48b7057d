"""An organisation's whole connection, played in the lab: every step is a command that really runs, refusals too."""
