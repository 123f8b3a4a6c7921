# shellcheck shell=bash
# Shared by tests/all and tests/demo: the packages they need, and builds that are kept between runs.
# Expects $source, the top of the source tree. Sourced, never run.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/rds-sync-tests
# One place for each source tree, so that two checkouts don't meet.
# shellcheck disable=SC2154 # set by whoever sources this
builds=$cache/builds/$(printf %s "$source" | cksum | cut -d' ' -f1)
mkdir -p "$builds"
# Debian's Python, which the Debian packages of its modules belong to, whatever else comes first on PATH.
# shellcheck disable=SC2034 # used by whoever sources this
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# The packages of tests/packages that are needed and not installed.
missing_packages() {
    local package unless
    sed 's/#.*//' "$source/tests/packages" | while read -r package unless; do
        [ -n "$package" ] || continue
        if [ -n "$unless" ] && command -v "${unless#\?}" >/dev/null; then continue; fi
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

# Install them. A server that comes along is not started: the tests run their own, in temporary directories.
# A subshell, so that what forbids the start goes away however this ends; one left by a killed run is taken over.
install_packages() (
    mapfile -t packages < <(missing_packages)
    [ ${#packages[@]} -gt 0 ] || exit 0
    echo "installing ${packages[*]}"
    as_root true || exit 1              # told once that sudo won't
    policy=/usr/sbin/policy-rc.d mark="# made by rds-sync's tests"
    if [ ! -e $policy ] || grep -qF "$mark" $policy; then
        trap 'as_root rm -f $policy' EXIT
        trap 'exit 143' INT TERM HUP
        printf '#!/bin/sh\n%s\nexit 101\n' "$mark" | as_root tee $policy >/dev/null && as_root chmod 755 $policy
    fi
    apt_get update || true              # an older list may still do
    apt_get install --yes --no-install-recommends "${packages[@]}"
)

apt_get() {
    local try
    for try in 1 2 3; do
        as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet -o DPkg::Lock::Timeout=300 "$@" && return 0
        [ "$try" = 3 ] || sleep $((try * 5))
    done
    return 1
}

# configured NAME CONFIGURE-ARGUMENTS…: $builds/NAME, configured so; done again only where something changed.
configured() {
    local name=$1
    shift
    if [ -e "$source/config.status" ]; then
        echo "$source is configured in place, where other builds can't start from it: run 'make distclean' there" >&2
        return 1
    fi
    if [ ! -x "$source/configure" ] || [ "$source/configure.ac" -nt "$source/configure" ]; then
        (cd "$source" && autoreconf -fi) || return 1
    fi
    mkdir -p "$builds/$name"
    if [ ! -e "$builds/$name/Makefile" ] || [ "$source/configure" -nt "$builds/$name/config.status" ] ||
        [ "$(cat "$builds/$name/.configured-with" 2>/dev/null)" != "$*" ]; then
        (cd "$builds/$name" && "$source/configure" --quiet "$@") || return 1
        printf '%s\n' "$*" >"$builds/$name/.configured-with"
    fi
}

# The compiler COMMAND, through ccache where there is one.
compiler() {
    if command -v ccache >/dev/null; then echo "ccache $1"; else echo "$1"; fi
}
