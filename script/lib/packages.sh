# shellcheck shell=bash
# Packages of the system: which manager there is, what a tool is called there, and installing it.
#
# A package may start a server, now or with the next boot of the machine. Nothing that these scripts
# need is such a server, so none is started, and none is left switched on.

package_manager() {
    local manager
    for manager in apt-get dnf apk brew; do
        if command -v "$manager" >/dev/null; then
            printf '%s' "$manager"
            return
        fi
    done
}

# package MANAGER TOOL: the names of the packages, or nothing where the tool is none of the system.
package() {
    case $1:$2 in
        apt-get:rust) if debian_has_rust; then printf 'rustc-web cargo-web'; fi ;;
        apt-get:rust-checks)
            if debian_has_rust || is_installed cargo-web; then printf 'rustfmt-web rust-web-clippy'; fi
            ;;
        *:rust | *:rust-checks) ;;
        apt-get:node) if debian_has_node; then printf 'nodejs npm'; fi ;;
        apk:node) printf 'nodejs npm' ;;
        dnf:node) printf 'nodejs nodejs-npm' ;;
        brew:node) printf 'node' ;;
        apt-get:compiler) printf 'gcc libc6-dev' ;;
        dnf:compiler) printf 'gcc glibc-devel' ;;
        apk:compiler) printf 'build-base' ;;
        apt-get:postgres | apk:postgres) printf 'postgresql' ;;
        dnf:postgres) printf 'postgresql-server' ;;
        brew:postgres) printf 'postgresql@17' ;;
        # Homebrew has it as an application, which is nobody's to install unasked.
        apt-get:chromium | dnf:chromium | apk:chromium) printf 'chromium' ;;
        apt-get:pip) printf 'python3-venv' ;;
        apt-get:python | dnf:python | brew:python | apk:python) printf 'python3' ;;
        dnf:pip | brew:pip) printf 'python3' ;;
        apt-get:python-venv) printf 'python3 python3-venv' ;;
        *:python-venv) printf 'python3' ;;
        apt-get:java) printf 'default-jre-headless' ;;
        dnf:java) printf 'java-latest-openjdk-headless' ;;
        apk:java) printf 'openjdk21-jre-headless' ;;
        brew:java) printf 'openjdk' ;;
        apk:pip) printf 'py3-pip' ;;
        *:certificates) printf 'ca-certificates' ;;
        # The program and its modules alone: no service, no settings of the system.
        apt-get:apache) printf 'apache2-bin' ;;
        dnf:apache | brew:apache) printf 'httpd' ;;
        apk:apache) printf 'apache2 apache2-proxy apache2-brotli' ;;
        *:curl | *:openssl | *:nginx | *:pgbouncer) printf '%s' "$2" ;;
        apt-get:systemd-analyze | dnf:systemd-analyze) printf 'systemd' ;;
        apt-get:ip | apk:ip) printf 'iproute2' ;;
        dnf:ip) printf 'iproute' ;;
    esac
}

# can_be_root: root rights, or sudo without a password.
can_be_root() { [ "$(id -u)" -eq 0 ] || { command -v sudo && sudo -n true; } >/dev/null 2>&1; }

with_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# --- What Debian offers ----------------------------------------------------------------------

apt_get=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)

# A fresh machine, and a container above all, knows no packages yet, or only those of its first day.
know_the_packages() {
    if [ "$(package_manager)" = apt-get ] && can_be_root && [ -z "${packages_are_known:-}" ]; then
        say "asking the system which packages there are"
        with_root "${apt_get[@]}" update >&2 || fail "apt-get update failed"
        packages_are_known=1
    fi
}

# offered PACKAGE: the version, of two numbers, that apt would install; nothing for none.
offered() {
    { apt-cache policy "$1" 2>/dev/null || true; } |
        sed -n 's/^ *Candidate: \([0-9]*:\)\{0,1\}\([0-9]*\.[0-9]*\).*/\2/p'
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Debian's current Rust is for building browsers, and takes the place of another Rust of Debian's,
# which somebody may want: then it is none of ours to replace.
debian_has_rust() {
    local other version
    for other in cargo rustc rustup cargo-mozilla rustc-mozilla; do
        if is_installed "$other"; then return 1; fi
    done
    version=$(offered cargo-web)
    [ -n "$version" ] && is_at_least "$version" "$(rust_needed)"
}

debian_has_node() {
    local version
    version=$(offered nodejs)
    [ -n "$version" ] && is_at_least "$version" "$oldest_node"
}

# --- Installing ------------------------------------------------------------------------------

# install_packages TOOL...: installs the packages of those tools that are packages.
install_packages() {
    local manager packages=() names tool
    manager=$(package_manager)
    for tool in "$@"; do
        if [ "$manager:$tool" = brew:compiler ]; then
            fail "a C compiler is needed. Run: xcode-select --install"
        fi
        # Word splitting of the list is wanted here.
        # shellcheck disable=SC2206
        if [ -n "$manager" ] && names=$(package "$manager" "$tool") && [ -n "$names" ]; then
            packages+=($names)
        fi
    done
    if [ ${#packages[@]} -eq 0 ]; then return 0; fi

    local command
    case $manager in
        apt-get) command="apt-get update && apt-get install -y --no-install-recommends ${packages[*]}" ;;
        dnf) command="dnf install -y ${packages[*]}" ;;
        apk) command="apk add ${packages[*]}" ;;
        brew) command="brew install ${packages[*]}" ;;
    esac
    if [ "$manager" != brew ] && ! can_be_root; then
        printf 'error: some packages are missing. Run this once, then start again:\n\n' >&2
        printf "  sudo sh -c '%s'\n\n" "$command" >&2
        exit 1
    fi
    say "installing: ${packages[*]}"
    case $manager in
        apt-get) install_with_apt "${packages[@]}" ;;
        dnf) with_root dnf install -y -q "${packages[@]}" ;;
        apk) with_root apk add --quiet "${packages[@]}" ;;
        brew) brew install --quiet "${packages[@]}" ;;
    esac >&2 || fail "the packages could not be installed. Run by hand: $command"
}

# The servers that start with the machine, one a line.
enabled_servers() {
    find /etc/systemd/system -path '*.wants/*.service' -printf '%f\n' 2>/dev/null | sort -u
}

install_with_apt() {
    local settings=/etc/postgresql-common/createcluster.conf policy=/usr/sbin/policy-rc.d
    local before ours='' server status=0
    case " $* " in
        *' postgresql '*)
            # Debian's package would make a database of its own, for all users. Nobody has asked for
            # one, unless the machine is set up for it already.
            if [ ! -e "$settings" ]; then
                with_root "${apt_get[@]}" install -y --no-install-recommends postgresql-common || return
                with_root sed -i 's/^#* *create_main_cluster *=.*/create_main_cluster = false/' \
                    "$settings" || return
            fi
            ;;
    esac
    before=$(enabled_servers)
    if [ ! -e "$policy" ]; then
        ours=$policy
        # 101 is Debian's word for "this is not allowed here".
        printf '#!/bin/sh\nexit 101\n' | with_root tee "$policy" >/dev/null
        with_root chmod 0755 "$policy"
    fi
    with_root "${apt_get[@]}" install -y --no-install-recommends "$@" || status=$?
    if [ -n "$ours" ]; then with_root rm -f "$ours"; fi
    if command -v systemctl >/dev/null; then
        comm -13 <(printf '%s\n' "$before") <(enabled_servers) | while IFS= read -r server; do
            with_root systemctl --quiet disable "$server" || true
        done
    fi
    return "$status"
}
