"""Judges a chain: a certificate with those above it, up to a root of PKIoverheid, and the CRLs when they are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lopendezaken.lint import certificate as single
from lopendezaken.lint.certificate import Wish, name_of, roots_of
from lopendezaken.lint.finding import Finding, mended, must, should
from lopendezaken.lint.problems import told
from lopendezaken.lint.rule import rules
from lopendezaken.lint.source import Source
from lopendezaken.pki.bundle import Placed, read_bundle
from lopendezaken.pki.certificate import Certificate
from lopendezaken.pki.path import Path, validate
from lopendezaken.pki.profile import shape, strength
from lopendezaken.policy.data import Data

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

# What the way to the root shows better than the leaf alone.
_BETTER = frozenset({"PKIO-006"})
# Without CRLs nothing is known of revocation, and nothing is said of it.
_OF_CRLS = frozenset({"crl-missing", "crl-forged", "crl-expired", "crl-unreadable"})


REMEDIES = {
    **single.REMEDIES,
    "DK-TLS-012": "Put the certificate of the organisation first, then those of TSP and domain, and nothing else.",
    "PKIO-029": "Fetch the CRL anew from where the certificate says, and compare its issuer with cert.pkioverheid.nl.",
    "RFC 5280": "Show it to the TSP: the certificates contradict each other.",
}


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
                found=", ".join(name_of(each.certificate) for each in placed),
            )
        )
        return mended(found, REMEDIES)
    found += _of_each(placed, leaf, wish)
    # What the leaf shows alone, the way to the root may show again.
    found = mended([*found, *_order(placed, leaf), *_way(placed, leaf, wish, store)], REMEDIES)
    return [*dict.fromkeys(found)]


def _of_each(placed: Sequence[Placed], leaf: Placed, wish: Wish) -> Iterator[Finding]:
    """What single certificates show; of what is above the leaf, how long it lasts."""
    for each in placed:
        if each is not leaf:
            yield from single.term(each.line, each.certificate, wish.moment)
    for finding in single.of_certificate(leaf, wish):
        if finding.rule not in _BETTER:
            yield finding


def _order(placed: Sequence[Placed], leaf: Placed) -> Iterator[Finding]:
    if placed[0] is not leaf:
        yield must(
            leaf.line,
            "DK-TLS-012",
            "the certificate itself does not stand first",
            found=name_of(placed[0].certificate),
            expected=name_of(leaf.certificate),
        )
    for each in placed:
        if each is not leaf and not each.certificate.is_ca:
            yield must(
                each.line,
                "DK-TLS-012",
                "a second certificate of an organisation in the same chain",
                found=name_of(each.certificate),
            )


def _way(placed: Sequence[Placed], leaf: Placed, wish: Wish, store: Store) -> Iterator[Finding]:
    if leaf.certificate.self_signed:
        return
    chain = [leaf.certificate, *(each.certificate for each in placed if each is not leaf)]
    roots = store.anchors or tuple(each for each in chain[1:] if each.is_ca and each.self_signed)
    if not roots:
        yield from _without_root(chain, leaf, wish)
        return
    path = validate(_pem(chain), _pem(roots), store.crls, wish.moment)
    yield from _judged(path, placed, leaf, wish, roots, revocation=bool(store.crls))
    if path.root is None:
        return
    used = {each.sha256 for each in (*path.layers, *roots)}
    for each in placed:
        if each.certificate.sha256 not in used:
            found = name_of(each.certificate)
            yield should(each.line, "DK-TLS-012", "a certificate that is not part of the chain", found=found)


def _same_name(top: Certificate, roots: Sequence[Certificate]) -> Certificate | None:
    return next((root for root in roots if root.subject == top.issuer), None)


def _judged(
    path: Path,
    placed: Sequence[Placed],
    leaf: Placed,
    wish: Wish,
    roots: Sequence[Certificate],
    *,
    revocation: bool,
) -> Iterator[Finding]:
    lines = {name_of(each.certificate): each.line for each in placed}
    if path.root is None and (same := _same_name(path.layers[-1], roots)):
        yield must(
            lines.get(name_of(path.layers[-1]), leaf.line),
            "PKIO-006",
            f"{name_of(path.layers[-1])} was not signed by the root of that name that is here",
            found=path.layers[-1].issuer,
            expected=f"the root with sha256 {same.sha256}, or one that did sign it",
        )
        return
    for problem in path.problems:
        subject = problem.values.get("subject", "")
        if problem.code in _OF_CRLS and not revocation:
            continue
        if problem.code == "outside-validity" and subject in lines:
            continue  # told of the certificate itself
        yield told(problem, lines.get(subject, leaf.line))
    if path.root is None:
        return
    anchor, day = wish.data.anchors.of(path.root), wish.moment.date()
    if anchor is None:
        yield must(
            leaf.line,
            "PKIO-006",
            "the root is none of PKIoverheid that counts",
            found=f"{name_of(path.root)}, sha256 {path.root.sha256}",
            expected=roots_of(wish.data),
        )
        return
    if not anchor.counts_on(day):
        yield must(leaf.line, "PKIO-006", f"root {name_of(path.root)} does not count on {day}")
    for problem in (*shape(path.layers, anchor), *strength(path.layers, anchor, wish.data.tls(day))):
        yield told(problem, lines.get(problem.values.get("subject", ""), leaf.line))


def _without_root(chain: Sequence[Certificate], leaf: Placed, wish: Wish) -> Iterator[Finding]:
    """The root need not be in the file; then its name is all that can be looked at."""
    top = _top(chain)
    if top is not leaf.certificate:
        for problem in validate(_pem(chain), _pem([top]), (), wish.moment).problems:
            if problem.code == "no-path":
                yield told(problem, leaf.line)
    if _names_root(top, wish.data):
        yield should(
            leaf.line,
            "PKIO-006",
            f"the last step, from {name_of(top)} to its root, is not verified: the root is not here",
            found=f"issued by {top.issuer}",
            remedy="Give the root by --anchors; take it from cert.pkioverheid.nl.",
        )
        return
    yield must(
        leaf.line,
        "PKIO-006",
        f"the chain ends at {name_of(top)} and leads to no root of PKIoverheid",
        found=f"issued by {top.issuer}, which is not here",
        expected=f"every certificate up to {roots_of(wish.data)}",
        remedy="Add the certificates of the TSP and the domain: the TSP gives them with yours.",
    )


def _names_root(certificate: Certificate, data: Data) -> bool:
    """Whether its issuer has the name of a root that is known."""
    issuer = certificate.issuer
    for anchor in data.anchors.anchors:
        if anchor.use == "production" and f"CN={anchor.common_name}" in issuer.split(","):
            return True
        if (
            anchor.use == "test"
            and f"CN={anchor.common_name} " in issuer
            and (anchor.organisation or "") in issuer
        ):
            return True
    return False


def _top(chain: Sequence[Certificate]) -> Certificate:
    """The highest certificate by names alone."""
    top, left = chain[0], list(chain[1:])
    while above := next((each for each in left if each.subject == top.issuer), None):
        left.remove(above)
        top = above
    return top


def _pem(certificates: Sequence[Certificate]) -> str:
    return b"".join(each.pem for each in certificates).decode()
