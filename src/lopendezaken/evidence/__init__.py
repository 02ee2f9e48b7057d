"""Evidence: raw facts with an envelope, appended to a folder and never changed."""
