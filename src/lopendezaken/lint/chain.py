"""Judges a chain: a certificate with those above it, up to a root of PKIoverheid, and the CRLs when they are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lopendezaken.lint import certificate as single
from lopendezaken.lint.certificate import Wish
from lopendezaken.lint.finding import Finding, must, should
from lopendezaken.lint.problems import told
from lopendezaken.lint.rule import rules
from lopendezaken.lint.source import Source
from lopendezaken.pki.bundle import Placed, read_bundle
from lopendezaken.pki.certificate import Certificate
from lopendezaken.pki.path import Path, validate
from lopendezaken.pki.profile import shape, strength

RULES = (
    *(rule for rule in single.RULES if rule.id != "PKIO-006"),
    *rules(
        (
            "DK-TLS-012",
            "must",
            "the leaf first, then what stands above it, and nothing else",
            "GAC 2.1.2, 7.3; ours",
        ),
        ("PKIO-006", "must", "leads to a private root of PKIoverheid", "BV PKI005"),
        ("PKIO-011", "must", "four layers: root, domain, TSP and the certificate itself", "GAC 2.1.1"),
        ("PKIO-028", "must", "the CRLs have not ended", "GAC 7.3"),
        ("PKIO-029", "must", "every layer has its CRL, signed by its issuer", "GAC 7.3"),
        ("RFC 5280", "must", "the chain is sound to a second program too", "RFC 5280 6"),
    ),
)

# Without CRLs nothing is known of revocation, and nothing is said of it.
_OF_CRLS = frozenset({"crl-missing", "crl-forged", "crl-expired", "crl-unreadable"})


@dataclass(frozen=True)
class Store:
    """What a chain is held against: ``anchors`` (roots that are trusted) and ``crls`` (DER)."""

    anchors: tuple[Certificate, ...] = ()
    crls: tuple[bytes, ...] = field(default=(), repr=False)


def check(source: Source, wish: Wish, store: Store) -> list[Finding]:
    """Judge the leaf as ``lz lint certificate`` does, and the way from it to the root."""
    bundle = read_bundle(source.data, source.name, wish.password)
    placed = bundle.certificates
    leaf = next((each for each in placed if not each.certificate.is_ca), None)
    found = list(single.of_bundle(bundle))
    if leaf is None:
        found.append(
            must(
                placed[0].line,
                "DK-TLS-012",
                "no certificate of an organisation in the file, only of CAs",
                found=", ".join(_name(each.certificate) for each in placed),
            )
        )
        return found
    found += [*single.identity(leaf.line, leaf.certificate, wish), *_of_leaf(leaf, wish)]
    return [*dict.fromkeys([*found, *_order(placed, leaf), *_way(placed, leaf, wish, store)])]


def _of_leaf(leaf: Placed, wish: Wish) -> Iterator[Finding]:
    """What one certificate shows, but for what the chain shows better."""
    better = {"PKIO-003", "PKIO-006"}
    for finding in single.of_certificate(leaf, wish):
        if finding.rule not in better:
            yield finding


def _order(placed: Sequence[Placed], leaf: Placed) -> Iterator[Finding]:
    if placed[0] is not leaf:
        yield must(
            leaf.line,
            "DK-TLS-012",
            "the certificate itself does not stand first",
            found=_name(placed[0].certificate),
            expected=_name(leaf.certificate),
        )
    for each in placed:
        if each is not leaf and not each.certificate.is_ca:
            yield must(
                each.line,
                "DK-TLS-012",
                "a second certificate of an organisation in the same chain",
                found=_name(each.certificate),
            )


def _way(placed: Sequence[Placed], leaf: Placed, wish: Wish, store: Store) -> Iterator[Finding]:
    own = [each.certificate for each in placed if each.certificate.is_ca and each.certificate.self_signed]
    above = [each.certificate for each in placed if each is not leaf]
    chain = [leaf.certificate, *above]
    anchors = [*store.anchors, *(each for each in own if not store.anchors)]
    path = validate(_pem(chain), _pem(anchors), store.crls, wish.moment) if anchors else None
    if path is None or (path.root is None and not store.anchors):
        yield from _without_root(path, chain, leaf, wish)
    else:
        yield from _judged(path, placed, leaf, wish, revocation=bool(store.crls))
    used = {each.sha256 for each in (*(path.layers if path else chain), *own)}
    for each in placed:
        if path is not None and path.root is not None and each.certificate.sha256 not in used:
            yield should(
                each.line,
                "DK-TLS-012",
                "a certificate that is not part of the chain",
                found=_name(each.certificate),
            )


def _judged(
    path: Path, placed: Sequence[Placed], leaf: Placed, wish: Wish, *, revocation: bool
) -> Iterator[Finding]:
    lines = {_name(each.certificate): each.line for each in placed}
    for problem in path.problems:
        if revocation or problem.code not in _OF_CRLS:
            yield told(problem, lines.get(problem.values.get("subject", ""), leaf.line))
    if path.root is None:
        return
    anchor = wish.data.anchors.of(path.root)
    if anchor is None:
        yield must(
            leaf.line,
            "PKIO-006",
            "the root is none of PKIoverheid that counts",
            found=f"{_name(path.root)}, sha256 {path.root.sha256}",
            expected=" or ".join(
                each.common_name for each in wish.data.anchors.anchors if each.use == "production"
            ),
        )
        return
    day = wish.moment.date()
    if not anchor.counts_on(day):
        yield must(leaf.line, "PKIO-006", f"root {_name(path.root)} does not count on {day}")
    for problem in (*shape(path.layers, anchor), *strength(path.layers, anchor, wish.data.tls(day))):
        yield told(problem, lines.get(problem.values.get("subject", ""), leaf.line))


def _without_root(
    path: Path | None, chain: Sequence[Certificate], leaf: Placed, wish: Wish
) -> Iterator[Finding]:
    """The root need not be in the file; then its name is all that can be looked at."""
    if leaf.certificate.self_signed:
        return
    top = path.layers[-1] if path else _top(chain)
    known = single.expected_anchor(top, wish.data)
    if known is None:
        yield must(
            leaf.line,
            "PKIO-006",
            f"the chain ends at {_name(top)} and leads to no root of PKIoverheid",
            found=f"issued by {top.issuer}",
            expected=" or ".join(
                each.common_name for each in wish.data.anchors.anchors if each.use == "production"
            ),
        )
    else:
        yield should(
            leaf.line,
            "PKIO-006",
            f"the last step, from {_name(top)} to its root, is not verified: the root is not here",
            found=f"issued by {top.issuer}",
            remedy="Give the root by --anchors; take it from cert.pkioverheid.nl.",
        )


def _top(chain: Sequence[Certificate]) -> Certificate:
    """The highest certificate by names alone."""
    top, left = chain[0], list(chain[1:])
    while above := next((each for each in left if each.subject == top.issuer), None):
        left.remove(above)
        top = above
    return top


def _pem(certificates: Sequence[Certificate]) -> str:
    return b"".join(each.pem for each in certificates).decode()


def _name(certificate: Certificate) -> str:
    return certificate.common_name or certificate.subject
