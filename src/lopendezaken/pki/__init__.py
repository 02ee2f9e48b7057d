"""PKIoverheid: OINs and the facts of certificates."""
