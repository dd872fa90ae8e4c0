#!/bin/sh
# Enrols the certificate that VDSM asks us for, from the engine's authority: /opt/mdev-scheduler/enroll.sh [OPTION...]
#   --within DAYS  also where it ends within so many days (60)
#   --check        say what would be done, and do nothing
# Prints one line where it does something, and none where the certificate is good. The key is the service's alone.
set -eu
umask 077
pki=/etc/pki/ovirt-engine
tools=/usr/share/ovirt-engine/bin
name=mdev-scheduler
cert=$pki/certs/$name.cer
key=/etc/mdev-scheduler/vdsm.key
days=60 check=""

usage() { sed -n '2,5s/^# \{0,1\}//p' "$0"; }

while [ $# -gt 0 ]; do
    case "$1" in
        --within) days=${2:?--within takes a number of days}; shift ;;
        --check) check=yes ;;
        -h|--help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done

part() { openssl x509 -in "$1" -noout -subject -nameopt multiline,utf8 | sed -n "s/^ *$2 *= //p"; }

# Ours, of this authority, long enough, and its key is the one that lies there.
good() {
    [ -r "$key" ] && [ -r $cert ] &&
        openssl x509 -in $cert -noout -checkend $((days * 86400)) >/dev/null &&
        openssl verify -CAfile $pki/ca.pem $cert >/dev/null 2>&1 &&
        [ "$(openssl pkey -in $key -pubout)" = "$(openssl x509 -in $cert -noout -pubkey)" ]
}

if good; then exit 0; fi
echo "${check:+would }enrol $cert"
[ -z "$check" ] || exit 0

[ -x $tools/pki-enroll-request.sh ] || { echo "enroll.sh: no $tools/pki-enroll-request.sh: run it on the engine machine" >&2; exit 3; }
organisation=$(part $pki/ca.pem organizationName)
# VDSM can be told to compare the name with the engine's.
engine=$(part $pki/certs/engine.cer commonName)
# The key never leaves this file: the engine's tool for PKCS#12 would want a password on its command line, which
# everybody on the machine can read.
trap 'rm -f "$key.new"' EXIT
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$key.new"
openssl req -new -batch -subj / -key "$key.new" -out $pki/requests/$name.req
$tools/pki-enroll-request.sh --name=$name --subject="/C=US/O=$organisation/CN=$engine" >&2
mv "$key.new" "$key"
chown $name $key
chmod 0600 $key
chmod 0644 $cert
good || {
    echo "enroll.sh: the new $cert does not do: see 'openssl x509 -noout -dates -issuer -in $cert';
the authority may give fewer days than --within asks for ($days)" >&2
    exit 3
}
