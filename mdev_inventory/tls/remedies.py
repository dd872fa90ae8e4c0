"""What to do about each error of a host's VDSM and of the engine: one line each, for people.

The one place where they are worded: an error's own text and doctor's finding both read it.
"""

from collections.abc import Mapping

_ENROLL = "enroll the host's certificate again (in the portal: maintenance, then Installation, Enroll Certificate)"
_CLOCKS = "set the clocks right with chronyd: this machine's, the other's, and that of whoever issued the certificate"

HOST: Mapping[str, str] = {
    "lookup": "check the host's address in the engine, and that this machine can resolve it",
    "connect": "check that the host is up, that vdsmd runs there, and that no firewall keeps us from its port",
    "timeout": "look at vdsm.log there, and restart vdsmd if it hangs; [collector] host_timeout is what it may take",
    "protocol": "check that it is VDSM's port, and restart vdsmd there if this stays",
    "vdsm": "look at vdsm.log there; right after a restart of vdsmd, ask again in a minute",
    "certificate-ended": _ENROLL,
    "certificate-authority-ended": "renew the engine's authority with engine-setup, then enroll all hosts again",
    "certificate-not-yet-valid": _CLOCKS,
    "certificate-other-name": f"{_ENROLL}, or give the engine the host's address that the certificate is for",
    "certificate-without-names": f"{_ENROLL}, which adds the address; until then [vdsm] check_hostname = false",
    "certificate-unknown-authority": "set [vdsm] ca_file to the engine's /etc/pki/ovirt-engine/ca.pem; where it is "
    "that, enroll the host's certificate again",
    "certificate-unfit": f"give VDSM a certificate that the engine issued for it: {_ENROLL}",
    "no-tls": "set ssl = true in the host's /etc/vdsm/vdsm.conf and restart vdsmd; the port must be VDSM's",
    "tls": "check that our certificate, [vdsm] cert_file, is of the engine's authority and in date (enroll.sh "
    "makes it), and that VDSM listens there with TLS",
}
"""By the code of the error; `lookup` where no address was found."""

ENGINE: Mapping[str, str] = {
    "unreachable": "systemctl status ovirt-engine httpd; [engine] url says where it is asked",
    "timeout": "look at the load of the engine's machine; [engine] timeout says how long it is asked",
    "auth": "check [engine] user (USER@PROFILE; USER@ovirt@internalsso with Keycloak), its password file, and "
    "whether the account is locked or expired (ovirt-aaa-jdbc-tool user show)",
    "certificate-ended": "renew the certificate of the engine's web server (engine-setup --offline, or one of your own "
    "authority), then systemctl restart httpd",
    "certificate-authority-ended": "renew the authority of the engine's web server (its own: engine-setup), and set "
    "[engine] ca_file to the new one",
    "certificate-not-yet-valid": _CLOCKS,
    "certificate-other-name": "name the engine in [engine] url as its web server's certificate does",
    "certificate-without-names": "give the engine's web server a certificate with a subjectAltName, as engine-setup's",
    "certificate-unknown-authority": "set [engine] ca_file to the authority that signed the certificate of the "
    "engine's web server (there: /etc/pki/ovirt-engine/apache-ca.pem)",
    "certificate-unfit": "give the engine's web server a certificate that is for servers, as engine-setup makes",
    "no-tls": "set [engine] url to the port where the engine's web server speaks TLS, 443 by default",
    "tls": "look at /var/log/httpd/ssl_error_log there: the web server has to offer TLS 1.2 or later, without a "
    "certificate of ours",
    "tls-only": "write https:// in [engine] url",
}
"""By the code of the error; `tls-only` where http:// was asked for and TLS answered."""
