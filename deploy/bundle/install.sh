#!/bin/sh
# Installs or upgrades mdev-scheduler from this archive, asking no network: ./install.sh [OPTION...]
#   --root DIR       into another root, for images and tests: files only, no users, nothing told to systemd
#   --python PYTHON  the interpreter to run it by; the first that fits if not given
#   --check          say what would change, and change nothing
# Prints one line for each thing that it changes, and none where all is as it should be. Starts nothing.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
home=/opt/mdev-scheduler
settings=/etc/sysconfig/ovirt-scheduler-proxy
proxy_python=/usr/bin/python3
root="" python="" check="" changed="" created=""

die() { echo "install.sh: $1" >&2; exit "${2:-1}"; }
usage() { sed -n '2,6s/^# \{0,1\}//p' "$0"; }

while [ $# -gt 0 ]; do
    case "$1" in
        --root) root=$(cd "${2:?--root takes a folder}" && pwd); [ "$root" != / ] || root=""; shift ;;
        --python) python=${2:?--python takes a path}; shift ;;
        --check) check=yes ;;
        -h|--help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done

# Tells of a change; true where it is to be made.
change() {
    changed=yes
    echo "${check:+would }$1"
    [ -z "$check" ]
}

make_folder() {
    [ -d "$root$1" ] || {
        make_folder "$(dirname "$1")"
        mkdir "$root$1"
        created="$created$1
"
    }
}

copy() { # copy FILE PATH
    if cmp -s "$1" "$root$2"; then return; fi
    if change "install $2"; then
        make_folder "$(dirname "$2")"
        rm -f "$root$2.new"
        cp "$1" "$root$2.new"
        chmod 0644 "$root$2.new"
        mv -f "$root$2.new" "$root$2"
    fi
}

# The proxy starts its python anew for each unit, and may not write there itself: compiled, ours takes some 2 ms less.
# A compiled file that is not of that source, or of another python, is ignored by python: never wrong, only slow.
compile_plugin() {
    in_root="${root:+chroot $root}"
    compiled=$($in_root "$proxy_python" -I -c 'import importlib.util, sys
print(importlib.util.cache_from_source(sys.argv[1]))' "$plugins/mdev_units.py")
    if [ -e "$root$compiled" ] && ! [ "$root$plugins/mdev_units.py" -nt "$root$compiled" ]; then return; fi
    if change "compile $plugins/mdev_units.py"; then
        $in_root "$proxy_python" -I -m py_compile "$plugins/mdev_units.py"
        chmod 0644 "$root$compiled"
    fi
}

supported() {
    version=$("$1" -c 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || return 1
    grep -qx "$(uname -m) $version" "$here/supports"
}

find_python() {
    # What it runs by now stays, as long as it does run.
    if [ -z "$python" ] && supported "$root$home/bin/python"; then python=$(cat "$root$home/interpreter"); fi
    for candidate in ${python:-python3.11 python3.12 python3.13 python3}; do
        if supported "$candidate"; then command -v "$candidate"; return; fi
    done
    die "no Python of this archive's ($(tr '\n' ',' <"$here/supports" | sed 's/,$//; s/,/, /g')) with its venv module:
on EL8 and EL9 'dnf install python3.11', or name one with --python" 3
}

same_program() {
    cmp -s "$here/requirements.txt" "$root$home/requirements.txt" &&
        [ "$(cat "$root$home/interpreter" 2>/dev/null)" = "$1" ] &&
        "$root$home/bin/python" -I -c 'import scheduler_plugins.cli.app' 2>/dev/null
}

# Built beside the old one, which is replaced in one go; its scripts then bear the final path.
install_program() {
    new="$root$home.new"
    rm -rf "$new" "$root$home.old"
    make_folder "$(dirname $home)"
    "$1" -m venv "$new"
    env -i PATH="$PATH" HOME=/nonexistent PIP_CONFIG_FILE=/dev/null "$new/bin/python" -I -m pip install --quiet \
        --no-index --find-links "$here/wheels" --require-hashes --only-binary=:all: --no-cache-dir \
        --disable-pip-version-check -r "$here/requirements.txt"
    # Nothing else is to be installed there.
    "$new/bin/python" -I -m pip --quiet --disable-pip-version-check uninstall --yes pip setuptools 2>/dev/null
    grep -rlIF "$new" "$new/bin" "$new/pyvenv.cfg" | while read -r file; do sed -i "s|$new|$home|g" "$file"; done
    cp "$here/requirements.txt" "$here/mdev_units.py" "$here/LICENSE" "$new/"
    cp "$here/uninstall.sh" "$here/enroll.sh" "$new/"
    chmod 0755 "$new/uninstall.sh" "$new/enroll.sh"
    echo "$1" >"$new/interpreter"
    if [ -f "$root$home/created" ]; then cp "$root$home/created" "$new/created"; fi
    if [ -d "$root$home" ]; then mv "$root$home" "$root$home.old"; fi
    mv "$new" "$root$home"
    rm -rf "$root$home.old"
    if [ -z "$root" ] && command -v restorecon >/dev/null; then restorecon -R $home; fi
}

# Where the proxy looks for plugins, if its settings do not name another folder.
plugins=$(sed -n 's/^OSCHEDPROXY_PLUGINS=//p' "$root$settings" 2>/dev/null | tail -n 1 | tr -d "\"'" || true)
plugins=${plugins:-/usr/share/ovirt-scheduler-proxy/plugins}
python=$(find_python)
version=$(cat "$here/version")
[ -n "$check" ] || [ -w "${root:-/}" ] || die "cannot write to ${root:-/}: run it as root"

if ! same_program "$python"; then
    if change "install $home (mdev-scheduler $version, by $python)"; then install_program "$python"; fi
fi
for file in $(cd "$here/files" && find . -type f | sort); do copy "$here/files/$file" "${file#.}"; done
if [ "$(readlink "$root/usr/local/bin/mdev-scheduler")" != $home/bin/mdev-scheduler ]; then
    if change "install /usr/local/bin/mdev-scheduler"; then
        make_folder /usr/local/bin
        ln -sfn $home/bin/mdev-scheduler "$root/usr/local/bin/mdev-scheduler"
    fi
fi
if ! [ -d "$root/etc/mdev-scheduler/conf.d" ]; then
    if change "create /etc/mdev-scheduler/conf.d"; then make_folder /etc/mdev-scheduler/conf.d; fi
fi
if [ -d "$root$plugins" ]; then
    copy "$here/mdev_units.py" "$plugins/mdev_units.py"
    if [ -x "$root$proxy_python" ] && [ -e "$root$plugins/mdev_units.py" ]; then compile_plugin; fi
fi

if [ -n "$created" ] && [ -d "$root$home" ]; then printf %s "$created" >>"$root$home/created"; fi
if [ -z "$check$root" ] && [ -n "$changed" ]; then
    if command -v systemd-sysusers >/dev/null; then systemd-sysusers /etc/sysusers.d/mdev-scheduler.conf; fi
    if command -v systemd-tmpfiles >/dev/null; then systemd-tmpfiles --create /etc/tmpfiles.d/mdev-scheduler.conf; fi
    if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
fi
