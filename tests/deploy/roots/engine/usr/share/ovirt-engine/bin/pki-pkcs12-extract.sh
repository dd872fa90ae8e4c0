#!/bin/sh
# Stands for the engine's own.
set -eu
for word in "$@"; do
    case "$word" in
        --name=*) name=${word#--name=} ;;
        --passin=*) password=${word#--passin=} ;;
        --key=*) key=${word#--key=} ;;
    esac
done
openssl pkcs12 -in /etc/pki/ovirt-engine/keys/$name.p12 -passin "pass:$password" -nodes -nocerts -out "$key"
