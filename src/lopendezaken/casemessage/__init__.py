"""Case messages as a chain rehearsal has them: a StuF-ZKN 3.10 ``zakLk01`` and a small message of our own.

Both are EXAMPLES. What MijnOverheid really takes stands in the XSDs that Logius hands out, which are used where they
are present (see :mod:`.schema`). Judging them runs on hosts too: standard library and lxml 4.9. Sending and receiving
(:mod:`.cli`, :mod:`.send`, :mod:`.receive`, :mod:`.allowed`) are for the operator's machine.
"""
