#!/bin/sh
# Removes mdev-scheduler: /opt/mdev-scheduler/uninstall.sh [OPTION...]
#   --purge     configuration, secrets, state and the user as well
#   --root DIR  from another root, for images and tests
#   --check     say what would go, and remove nothing
# Prints one line for each thing that it removes. Switch our units off in the engine first:
# `mdev-scheduler policy disable`; a policy keeps its references otherwise.
set -eu
home=/opt/mdev-scheduler
settings=/etc/sysconfig/ovirt-scheduler-proxy
root="" purge="" check=""

usage() { sed -n '2,7s/^# \{0,1\}//p' "$0"; }

while [ $# -gt 0 ]; do
    case "$1" in
        --root) root=$(cd "${2:?--root takes a folder}" && pwd); [ "$root" != / ] || root=""; shift ;;
        --purge) purge=yes ;;
        --check) check=yes ;;
        -h|--help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done

remove() {
    for path in "$@"; do
        if [ -e "$root$path" ] || [ -L "$root$path" ]; then
            echo "${check:+would }remove $path"
            [ -n "$check" ] || rm -rf "${root:?}$path"
        fi
    done
}

# Under `set -u` an empty root would be an error there; `/` is meant.
root=${root:-/.}
running() { [ "$root" = /. ] && [ -d /run/systemd/system ]; }

if [ -z "$check" ] && running; then systemctl disable --now mdev-scheduler.service 2>/dev/null || true; fi
plugins=$(sed -n 's/^OSCHEDPROXY_PLUGINS=//p' "$root$settings" 2>/dev/null | tail -n 1 | tr -d "\"'" || true)
plugins=${plugins:-/usr/share/ovirt-scheduler-proxy/plugins}
created=$(cat "$root$home/created" 2>/dev/null || true)
remove /etc/systemd/system/multi-user.target.wants/mdev-scheduler.service \
    /etc/systemd/system/mdev-scheduler.service \
    /etc/tmpfiles.d/mdev-scheduler.conf \
    /etc/sysusers.d/mdev-scheduler.conf \
    /etc/mdev-scheduler/mdev-scheduler.conf.sample \
    /usr/local/share/man/man8/mdev-scheduler.8 \
    /usr/local/share/bash-completion/completions/mdev-scheduler \
    /usr/local/bin/mdev-scheduler \
    "$plugins/mdev_units.py" \
    /run/mdev-scheduler \
    $home.new $home.old $home
for compiled in "$root$plugins"/__pycache__/mdev_units.*.pyc; do remove "${compiled#"$root"}"; done
if [ -z "$check" ]; then rmdir "$root$plugins/__pycache__" 2>/dev/null || true; fi
if [ -n "$purge" ]; then
    remove /etc/mdev-scheduler /var/lib/mdev-scheduler
    if grep -qs '^mdev-scheduler:' "$root/etc/passwd"; then
        echo "${check:+would }remove user mdev-scheduler"
        if [ -z "$check" ]; then userdel --prefix "$root" mdev-scheduler; fi
    fi
fi
if [ -z "$check" ]; then
    # Folders that the installation had to make, the innermost first, where nobody else uses them by now.
    printf '%s\n' "$created" | sort -ru | while read -r folder; do
        if [ -n "$folder" ]; then rmdir "$root$folder" 2>/dev/null || true; fi
    done
    if running; then systemctl daemon-reload; fi
fi
