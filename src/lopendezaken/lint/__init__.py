"""Linters: each judges one kind of file, from anyone, by the rules that the controls use too."""
