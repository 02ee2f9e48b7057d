"""The gate to production: what a signed statement is bound to, who may give one, and what it opens."""
