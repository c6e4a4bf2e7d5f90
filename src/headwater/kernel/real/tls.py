"""Secured connections: what the event loop takes for them, made of values.

OpenSSL reads a key from a file only. It is written for this moment to one that nobody else may read, and removed.
"""

import os
import ssl
from collections.abc import Callable
from tempfile import NamedTemporaryFile

from headwater.kernel.errors import InvalidTls
from headwater.kernel.tls import Identity, Peers, TlsEnd

_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
_MODES = {Peers.NONE: ssl.CERT_NONE, Peers.REQUESTED: ssl.CERT_OPTIONAL, Peers.REQUIRED: ssl.CERT_REQUIRED}


def server_context(end: TlsEnd) -> ssl.SSLContext:
    """Raises InvalidTls."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _set_up(context, end)
    context.verify_mode = _MODES[end.peers]
    if end.peers is not Peers.NONE:
        _trust(context, end.trusted, ssl.Purpose.CLIENT_AUTH)
    return context


def client_context(end: TlsEnd) -> ssl.SSLContext:
    """Raises InvalidTls. A server without a certificate that is believed is never spoken to."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _set_up(context, end)
    context.check_hostname = end.checks_host
    _trust(context, end.trusted, ssl.Purpose.SERVER_AUTH)
    return context


def _set_up(context: ssl.SSLContext, end: TlsEnd) -> None:
    context.minimum_version = _VERSIONS[end.versions[0]]
    context.maximum_version = _VERSIONS[end.versions[-1]]
    if end.identity is not None:
        _show(context, end.identity)


def _show(context: ssl.SSLContext, identity: Identity) -> None:
    password: Callable[[], str] = identity.password.reveal if identity.password is not None else _no_password
    with NamedTemporaryFile(prefix="headwater-", suffix=".pem", delete=False) as file:
        try:
            file.write(identity.key.rstrip() + b"\n" + identity.chain)
            file.close()
            context.load_cert_chain(file.name, password=password)
        except (ssl.SSLError, ValueError, OSError) as problem:
            raise InvalidTls(f"the certificate and its key can't be used: {_reason(problem)}") from None
        finally:
            os.unlink(file.name)


def _no_password() -> str:
    """Without it OpenSSL would ask at the terminal."""
    return ""


def _trust(context: ssl.SSLContext, trusted: bytes | None, purpose: ssl.Purpose) -> None:
    if trusted is None:
        context.load_default_certs(purpose)
        return
    try:
        context.load_verify_locations(cadata=trusted.decode("ascii"))
    except (ssl.SSLError, ValueError) as problem:
        raise InvalidTls(f"the certificates that are trusted can't be read: {_reason(problem)}") from None


def _reason(problem: Exception) -> str:
    if isinstance(problem, ssl.SSLError) and problem.reason:
        return problem.reason.lower().replace("_", " ")
    return str(problem) or "its password is wrong, or it is damaged"
