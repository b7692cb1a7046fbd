# SPDX-License-Identifier: BSL-1.0
# What a build needs and how to get it. Sourced by tests/run, demos/run and .ci/run, which set $root.

missing=()           # Debian's names of the packages that are not there
packages_updated=no  # has apt-get update been run?
packages_changed=no  # has anything been installed? Then old answers of a configured build are void.

fail() {
    echo "$1" >&2
    exit 1
}

# want PACKAGE COMMAND...: PACKAGE is missing unless COMMAND succeeds.
want() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

# A build needs a folder in the tree.
want_writable_tree() { [ -w "$root" ] || fail "$root can not be written to; builds are made in it, so copy it."; }

has() { command -v "$1"; }

# Can the compiler, or failing that anybody, see this header?
has_header() {
    if has ${CXX:-c++}; then
        echo "#include <$1>" | ${CXX:-c++} ${CPPFLAGS:-} ${CXXFLAGS:-} -E -x c++ -o /dev/null -
    else
        [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ]
    fi
}

can_link() { echo 'int main() {}' | ${CXX:-c++} "$@" -x c++ -o /dev/null -; }

want_build_tools() {
    case ${CXX:-c++} in
    *clang*) want clang has $CXX ;;
    *) want g++ has ${CXX:-c++} ;;
    esac
    want meson has meson
    want ninja-build has ninja
    want pkg-config has pkg-config
    want python3 has python3
    # Debian has this package for several versions of Boost, which exclude each other: any one will do.
    want libboost-context-dev has_header boost/context/detail/fcontext.hpp
}

can_install() {
    [ -e /etc/debian_version ] && has apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || has sudo >/dev/null; }
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null >&2
}

# Installs what want() found missing, on Debian and its like. Returns 1 when that can not be done.
install_missing() {
    [ ${#missing[@]} -gt 0 ] || return 0
    local packages=("${missing[@]}")
    missing=()
    if ! can_install; then
        echo "Missing here, by the names of Debian's packages: ${packages[*]}" >&2
        return 1
    fi
    echo "Installing with apt-get: ${packages[*]}" >&2
    if [ $packages_updated = no ]; then
        apt_get update || echo "apt-get update failed; going on with the old lists." >&2
        packages_updated=yes
    fi
    if ! apt_get install -y --no-install-recommends "${packages[@]}"; then
        echo "Could not be installed: ${packages[*]}" >&2
        return 1
    fi
    packages_changed=yes
}

# The same for what can be done without: what can not be had is said, and left out.
install_optional() {
    local packages=("${missing[@]}") package
    install_missing && return
    if can_install; then
        for package in "${packages[@]}"; do
            missing=("$package")
            install_missing
        done
    fi
    echo "Going on with what is there, and so without the tests of what is not." >&2
}

# configure DIR [arguments of meson setup]: DIR is a build of this tree, as configured by the same call. A build that
# was configured differently, for another place or before something was installed is made anew.
configure() {
    local dir=$1
    shift
    local stamp="$root | $(meson --version) | ${CXX:-} | ${CPPFLAGS:-} | ${CXXFLAGS:-} | ${LDFLAGS:-} | $*"
    if [ -e "$dir/build.ninja" ] && [ $packages_changed = no ] &&
        [ "$(cat "$dir/configured-for" 2>/dev/null)" = "$stamp" ] &&
        ninja -C "$dir" build.ninja >/dev/null 2>&1; then
        return 0
    fi
    rm -rf "$dir"
    meson setup "$dir" "$root" "$@" || return 1
    echo "$stamp" >"$dir/configured-for"
}

# count RESULT LOG...: how many programs ended so, by the testlog.json files that meson writes.
count() {
    local result=$1
    shift
    cat "$@" 2>/dev/null | grep -cE "\"result\": \"($result)\""
}
passes='OK|EXPECTEDFAIL'
failures='FAIL|TIMEOUT|ERROR|UNEXPECTEDPASS|INTERRUPT'
