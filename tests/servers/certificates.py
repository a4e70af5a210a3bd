"""A certificate authority that exists for one test run only."""

import ssl
from dataclasses import dataclass, field

import trustme


@dataclass(frozen=True)
class LocalAuthority:
    """Issues server certificates; clients trust it only when told to."""

    _authority: trustme.CA = field(default_factory=trustme.CA)

    def server_context(self, *host_names: str) -> ssl.SSLContext:
        """Return what a server needs that is known under these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*host_names).configure_cert(context)
        return context

    def server_files(self, *host_names: str) -> tuple[bytes, bytes]:
        """Return the certificate chain and the key, for servers that want files."""
        issued = self._authority.issue_cert(*host_names)
        chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
        return chain, issued.private_key_pem.bytes()

    def client_context(self) -> ssl.SSLContext:
        """Return what a client needs that trusts this authority and no other."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._authority.configure_trust(context)
        return context

    @property
    def pem(self) -> bytes:
        """The authority's own certificate, for clients that want a file."""
        return self._authority.cert_pem.bytes()
