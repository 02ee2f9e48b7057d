"""Reports: what was built, what was seen, and what stands between an organisation and production."""
