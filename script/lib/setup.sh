# shellcheck shell=bash
# What the scripts have in common: how they report, and setting up what a fresh machine lacks.
#
#   root    the top directory of the project
#   say     prints a progress line
#   fail    prints an error and ends
#   setup   makes sure that the named tools are there: rust, rust-checks, compiler, certificates,
#           postgres, curl, python, python-venv, pip, java, node, chromium, openssl, nginx,
#           apache, pgbouncer, systemd-analyze, ip
#
# With root rights, or sudo without a password, missing tools are installed by the system's package
# manager (packages.sh). Without, the command to run is printed. Where the system has no Rust or no
# node that is new enough, they are brought without it (toolchains.sh); with no_rust=1, which is the
# option --no-rust of the scripts, Rust is only asked for.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)

# The oldest Postgres that works: its server programs run the development and test databases.
oldest_postgres=15
# The oldest node that the client libraries are tested with.
oldest_node=20.14
# The oldest Java that openapi-generator runs on.
oldest_java=11

say() { printf '==> %s\n' "$*" >&2; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# shellcheck source=script/lib/packages.sh
. "$root/script/lib/packages.sh"
# shellcheck source=script/lib/toolchains.sh
. "$root/script/lib/toolchains.sh"

# setup TOOL...: installs those that are missing, and ends with an error if that is not possible.
setup() {
    local tool missing=()
    for tool in "$@"; do
        "have_${tool//-/_}" || missing+=("$tool")
    done
    if [ ${#missing[@]} -eq 0 ]; then return 0; fi
    case " ${no_rust:-0} ${missing[*]} " in
        ' 1 '*' rust '*) ask_for_rust ;;
    esac
    know_the_packages
    # What it takes to bring a node.
    case " ${missing[*]} " in
        *' node '*)
            if [ -z "$(package "$(package_manager)" node)" ]; then
                for tool in python pip certificates; do
                    "have_$tool" || missing+=("$tool")
                done
            fi
            ;;
    esac
    install_packages "${missing[@]}"
    for tool in "${missing[@]}"; do
        "have_${tool//-/_}" || case $tool in
            rust) bring_rust ;;
            rust-checks) bring_rust_checks ;;
            node) bring_node ;;
        esac
    done
    for tool in "${missing[@]}"; do
        "have_${tool//-/_}" || fail "$(still_missing "$tool")"
    done
}

# --- What is there ---------------------------------------------------------------------------

rust_needed() { sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml"; }

# The version of the installed cargo, or nothing.
rust_found() {
    { cargo --version 2>/dev/null || true; } | sed -n 's/^cargo \([0-9]*\.[0-9]*\).*/\1/p'
}

have_rust() {
    # rustup installs to this directory; a shell that was open before does not know it yet.
    if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-${HOME:-}/.cargo}/bin/cargo" ]; then
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
        export PATH
    fi
    local found needed
    found=$(rust_found)
    needed=$(rust_needed)
    if [ -z "$found" ]; then return 1; fi
    is_at_least "$found" "$needed"
}

# is_at_least FOUND NEEDED: compares versions of two numbers, such as 1.90.
is_at_least() {
    if [ "${1%%.*}" -ne "${2%%.*}" ]; then
        [ "${1%%.*}" -gt "${2%%.*}" ]
    else
        [ "${1#*.}" -ge "${2#*.}" ]
    fi
}

have_rust_checks() { cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; }

# A compiler without the headers of the C library is of no use, so something is compiled.
have_compiler() {
    printf '#include <stdlib.h>\nint main(void) { return 0; }\n' |
        cc -x c -fsyntax-only - >/dev/null 2>&1
}

have_curl() { command -v curl >/dev/null; }

# Certificates of those who may vouch for a server: without them no client trusts a registry.
have_certificates() {
    [ "$(uname -s)" = Darwin ] || [ -s "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" ] ||
        [ -s /etc/pki/tls/certs/ca-bundle.crt ] || [ -s /etc/ssl/cert.pem ]
}

have_openssl() { command -v openssl >/dev/null; }

# is_for_administrators PROGRAM: is it there? Servers and tools of the administrator are where the
# path of an ordinary user may not lead.
is_for_administrators() {
    local place
    if command -v "$1" >/dev/null; then return 0; fi
    for place in /usr/sbin /usr/local/sbin /sbin; do
        if [ -x "$place/$1" ]; then return 0; fi
    done
    return 1
}

# Its program and its modules, as the tests look for them (tests/it/proxies.rs).
have_apache() {
    is_for_administrators apache2 || is_for_administrators httpd || return 1
    local place
    for place in /usr/lib/apache2/modules /usr/lib64/httpd/modules /usr/lib/apache2 \
        /opt/homebrew/opt/httpd/lib/httpd/modules /usr/local/opt/httpd/lib/httpd/modules; do
        if [ -e "$place/mod_proxy.so" ]; then return 0; fi
    done
    return 1
}

have_nginx() { is_for_administrators nginx; }

have_pgbouncer() { is_for_administrators pgbouncer; }

have_ip() { is_for_administrators ip; }

have_systemd_analyze() { command -v systemd-analyze >/dev/null; }

# pip by itself, or what makes one.
have_pip() { python3 -m pip --version >/dev/null 2>&1 || python3 -c 'import ensurepip, venv' 2>/dev/null; }

have_python() { python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; }

# The generators of Python clients need this one; Debian has the modules in a package of their own.
have_python_venv() {
    python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# The major version of the installed Java, or nothing.
java_found() {
    { java -version 2>&1 || true; } | sed -n 's/.* version "\([0-9]*\).*/\1/p'
}

have_java() {
    local found
    found=$(java_found)
    [ -n "$found" ] && [ "$found" -ge "$oldest_java" ]
}

# The version of the installed node, or nothing.
node_found() {
    { node --version 2>/dev/null || true; } | sed -n 's/^v\([0-9]*\.[0-9]*\).*/\1/p'
}

# npm is a package of its own in some systems.
have_node() {
    is_node_good || { use_own_node && is_node_good; }
}

is_node_good() {
    local found
    found=$(node_found)
    [ -n "$found" ] && is_at_least "$found" "$oldest_node" && npm --version >/dev/null 2>&1
}

have_chromium() {
    if [ -n "${CHROMIUM:-}" ]; then
        [ -x "$CHROMIUM" ]
    else
        command -v chromium || command -v chromium-browser || command -v google-chrome
    fi >/dev/null
}

# The places where the server itself looks (crates/private-postgres/src/binaries.rs), one a line.
postgres_places() {
    if [ -n "${PG_BIN_DIR:-}" ]; then
        printf '%s\n' "$PG_BIN_DIR"
        return
    fi
    tr : '\n' <<<"$PATH"
    pg_config --bindir 2>/dev/null || true
    local place
    for place in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
        /usr/lib64/pgsql*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
        /home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
        /Applications/Postgres.app/Contents/Versions/*/bin /Library/PostgreSQL/*/bin \
        /usr/local/pgsql*/bin /opt/postgresql*/bin; do
        printf '%s\n' "$place"
    done
}

# The major versions of the installed server programs, one a line.
postgres_found() {
    local place
    postgres_places | while IFS= read -r place; do
        if [ -x "$place/initdb" ] && [ -x "$place/postgres" ]; then
            "$place/postgres" --version 2>/dev/null | sed -n 's/^[^0-9]*\([0-9]*\).*/\1/p'
        fi
    done
}

have_postgres() {
    local version
    for version in $(postgres_found); do
        if [ "$version" -ge "$oldest_postgres" ]; then return 0; fi
    done
    return 1
}

# --- What is missing -------------------------------------------------------------------------

still_missing() {
    case $1 in
        postgres)
            local found
            found=$(postgres_found | sort -un | paste -s -d ' ' -)
            printf '%s' "PostgreSQL $oldest_postgres or newer is needed: initdb and postgres. "
            if [ -n "$found" ]; then printf '%s' "Found: version $found. "; fi
            printf '%s' "Install one from https://www.postgresql.org/download/, or name the "
            printf '%s' "directory of its programs in PG_BIN_DIR"
            ;;
        node)
            local found
            found=$(node_found)
            printf '%s' "node $oldest_node or newer and npm are needed for the tests of the client "
            printf '%s' "libraries, of generated clients and of the pages. "
            if [ -n "$found" ]; then
                if is_at_least "$found" "$oldest_node"; then
                    printf '%s' "Found: node $found, and no npm. "
                else
                    printf '%s' "Found: node $found, which is too old. "
                fi
            fi
            printf '%s' "Install it from https://nodejs.org, or leave these tests out with "
            printf '%s' "PAIN_JOURNAL_SKIP_CLIENTS=1 PAIN_JOURNAL_SKIP_GENERATED=1 "
            printf '%s' "PAIN_JOURNAL_SKIP_BROWSER=1"
            ;;
        chromium)
            printf '%s' "Chromium is needed for the tests of the pages. Name its program in CHROMIUM, "
            printf '%s' "or leave these tests out with PAIN_JOURNAL_SKIP_BROWSER=1"
            ;;
        pgbouncer)
            printf '%s' "PgBouncer is needed for the tests behind poolers. Install it, or leave these "
            printf '%s' "tests out with PAIN_JOURNAL_SKIP_PROXIES=1"
            ;;
        nginx | apache)
            printf '%s' "$1 is needed for the tests behind proxies. Install it, or leave these tests out "
            printf '%s' "with PAIN_JOURNAL_SKIP_PROXIES=1"
            ;;
        compiler) printf '%s' "a C compiler (cc) with the headers of the C library is needed" ;;
        python) printf '%s' "Python 3.8 or newer (python3) is needed" ;;
        python-venv)
            printf '%s' "Python 3.11 or newer with its module venv is needed for the tests of generated "
            printf '%s' "clients. Install it, or leave these tests out with PAIN_JOURNAL_SKIP_GENERATED=1"
            ;;
        java)
            printf '%s' "Java $oldest_java or newer (java) is needed for the tests of generated clients. "
            printf '%s' "Install it, or leave these tests out with PAIN_JOURNAL_SKIP_GENERATED=1"
            ;;
        pip) printf '%s' "pip, or the modules venv and ensurepip of Python, are needed to bring node" ;;
        certificates) printf '%s' "the certificates of the system (ca-certificates) are needed" ;;
        *) printf '%s' "$1 is needed" ;;
    esac
}
