"""OpenSSL settings that Python cannot set on a context: groups and signature algorithms.

NCSC-004, NCSC-005 (no DHE groups), NCSC-009 (no SHA-1 and SHA-224). Imports nothing: see __main__.
"""

from __future__ import annotations

CONFIGURATION = """\
openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = tls
[tls]
Groups = X25519:P-256:P-384:X448:P-521
SignatureAlgorithms = rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:\
rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:\
ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512
"""
