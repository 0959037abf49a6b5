"""Pins of a server's key: what tells an inspected TLS connection from the server's own.

A school's filter that opens TLS signs every certificate with an authority that this machine was told to
trust, so that to the trust store all is well. The key is not the server's, though, and its fingerprint was
noted where nobody was between. A pin is written as curl writes it (`sha256//` and base64): SHA-256 of the
certificate's SubjectPublicKeyInfo (RFC 7469, 2.4), which outlives renewals that keep the key.
"""

from __future__ import annotations

import binascii
import hashlib

_SEQUENCE, _VERSION = 0x30, 0xA0


def pin_of(certificate: bytes) -> str:
    """The pin of a certificate's key; the certificate as DER. Raises ValueError."""
    digest = hashlib.sha256(public_key_info(certificate)).digest()
    return f"sha256//{binascii.b2a_base64(digest, newline=False).decode()}"


def public_key_info(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo in a certificate (RFC 5280, 4.1), as it stands there."""
    _, start, _ = _element(certificate, 0)  # Certificate
    tag, at, _ = _element(certificate, start)  # TBSCertificate
    if tag != _SEQUENCE:
        raise ValueError("no certificate")
    tag, _, after = _element(certificate, at)
    if tag == _VERSION:
        at = after
    for _ in range(5):  # serial number, signature, issuer, validity, subject
        _, _, at = _element(certificate, at)
    tag, _, after = _element(certificate, at)
    if tag != _SEQUENCE:
        raise ValueError("no public key")
    return certificate[at:after]


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """One element of DER (X.690, 8.1): its tag, where its content begins, and where it ends."""
    try:
        tag, length, at = der[at], der[at + 1], at + 2
    except IndexError:
        raise ValueError("cut short") from None
    if length & 0x80:
        octets = length & 0x7F
        length, at = int.from_bytes(der[at : at + octets], "big"), at + octets
    if at + length > len(der):
        raise ValueError("cut short")
    return tag, at, at + length
