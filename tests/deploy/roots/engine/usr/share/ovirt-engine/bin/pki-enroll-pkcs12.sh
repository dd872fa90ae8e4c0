#!/bin/sh
# Stands for the engine's own: signs with an authority that openssl made.
set -eu
pki=/etc/pki/ovirt-engine
for word in "$@"; do
    case "$word" in
        --name=*) name=${word#--name=} ;;
        --password=*) password=${word#--password=} ;;
        --subject=*) subject=${word#--subject=} ;;
    esac
done
new=$(mktemp -d)
openssl req -new -newkey rsa:2048 -nodes -subj "$subject" -keyout "$new/key" -out $pki/requests/$name.req 2>/dev/null
openssl x509 -req -in $pki/requests/$name.req -CA $pki/ca.pem -CAkey $pki/private/ca.pem -set_serial "0x$(openssl rand -hex 8)" \
    -days "${DAYS:-1827}" -out $pki/certs/$name.cer 2>/dev/null
openssl pkcs12 -export -in $pki/certs/$name.cer -inkey "$new/key" -passout "pass:$password" -out $pki/keys/$name.p12
rm -r "$new"
