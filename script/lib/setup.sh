# shellcheck shell=bash
# What the scripts have in common: how they report, and setting up what a fresh machine lacks.
#
#   root    the top directory of the project
#   say     prints a progress line
#   fail    prints an error and ends
#   setup   makes sure that the named tools are there: rust, compiler, postgres, curl, python,
#           node, chromium, rust-checks
#
# With root rights, or sudo without a password, missing tools are installed by the system's package
# manager. Without, the command to run is printed. Rust is never installed, only asked for.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)

# The oldest Postgres that works: its server programs run the development and test databases.
oldest_postgres=15
# The oldest node that the client libraries are tested with.
oldest_node=20.14

say() { printf '==> %s\n' "$*" >&2; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# setup TOOL...: installs those that are missing, and ends with an error if that is not possible.
setup() {
    local tool missing=()
    for tool in "$@"; do
        "have_${tool//-/_}" || missing+=("$tool")
    done
    if [ ${#missing[@]} -eq 0 ]; then return 0; fi
    for tool in "${missing[@]}"; do
        # These two are not packages of the system.
        case $tool in
            rust) ask_for_rust ;;
            rust-checks) add_rust_checks ;;
        esac
    done
    install_packages "${missing[@]}"
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

have_python() { python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; }

# The version of the installed node, or nothing.
node_found() {
    { node --version 2>/dev/null || true; } | sed -n 's/^v\([0-9]*\.[0-9]*\).*/\1/p'
}

# The version of node among the packages of the system, where that is known without asking a server.
node_offered() {
    { apt-cache policy nodejs 2>/dev/null || true; } |
        sed -n 's/^ *Candidate: \([0-9]*:\)\{0,1\}\([0-9]*\.[0-9]*\).*/\2/p'
}

# npm is a package of its own in some systems.
have_node() {
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

# The places where the server itself looks (src/postgres/binaries.rs), one a line.
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

ask_for_rust() {
    local found needed
    found=$(rust_found)
    needed=$(rust_needed)
    if [ -n "$found" ]; then
        fail "Rust $needed or newer is needed, but this is $found. Run: rustup update stable" \
            "(packages of the system are mostly too old: https://rustup.rs has the current one)"
    elif command -v cargo >/dev/null; then
        fail "cargo does not work: $(cargo --version 2>&1 | head -n 1)." \
            "With rustup, run: rustup default stable"
    fi
    fail "Rust $needed or newer is needed. Install it with rustup, then run this again:" \
        "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
}

add_rust_checks() {
    command -v rustup >/dev/null ||
        fail "rustfmt and clippy are needed: install the packages of your Rust that hold them"
    say "adding rustfmt and clippy to the Rust toolchain"
    (cd "$root" && rustup component add rustfmt clippy) >&2
}

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
            local found offered
            found=$(node_found)
            offered=$(node_offered)
            printf '%s' "node $oldest_node or newer and npm are needed for the tests of the client "
            printf '%s' "libraries and of the pages. "
            if [ -n "$found" ]; then
                if is_at_least "$found" "$oldest_node"; then
                    printf '%s' "Found: node $found, and no npm. "
                else
                    printf '%s' "Found: node $found, which is too old. "
                fi
            fi
            if [ -n "$offered" ] && ! is_at_least "$offered" "$oldest_node"; then
                printf '%s' "The packages of this system have node $offered, which is too old. "
            fi
            printf '%s' "Install it from https://nodejs.org, or leave these tests out with "
            printf '%s' "PAIN_JOURNAL_SKIP_CLIENTS=1 PAIN_JOURNAL_SKIP_BROWSER=1"
            ;;
        chromium)
            printf '%s' "Chromium is needed for the tests of the pages. Name its program in CHROMIUM, "
            printf '%s' "or leave these tests out with PAIN_JOURNAL_SKIP_BROWSER=1"
            ;;
        compiler) printf '%s' "a C compiler (cc) with the headers of the C library is needed" ;;
        python) printf '%s' "Python 3.8 or newer (python3) is needed" ;;
        *) printf '%s' "$1 is needed" ;;
    esac
}

# --- Installing ------------------------------------------------------------------------------

package_manager() {
    local manager
    for manager in apt-get dnf apk brew; do
        if command -v "$manager" >/dev/null; then
            printf '%s' "$manager"
            return
        fi
    done
}

# package MANAGER TOOL: the names of the packages.
package() {
    case $1:$2 in
        apt-get:compiler) printf 'gcc libc6-dev' ;;
        dnf:compiler) printf 'gcc glibc-devel' ;;
        apk:compiler) printf 'build-base' ;;
        apt-get:postgres | apk:postgres) printf 'postgresql' ;;
        dnf:postgres) printf 'postgresql-server' ;;
        brew:postgres) printf 'postgresql@17' ;;
        apt-get:node | apk:node) printf 'nodejs npm' ;;
        dnf:node) printf 'nodejs nodejs-npm' ;;
        brew:node) printf 'node' ;;
        # Homebrew has it as an application, which is nobody's to install unasked.
        apt-get:chromium | dnf:chromium | apk:chromium) printf 'chromium' ;;
        *:curl) printf 'curl' ;;
        *:python) printf 'python3' ;;
    esac
}

# install_packages TOOL...: installs the packages of those tools that are packages.
install_packages() {
    local manager packages='' tool
    manager=$(package_manager)
    for tool in "$@"; do
        case $tool in
            rust | rust-checks) continue ;;
        esac
        if [ "$manager:$tool" = brew:compiler ]; then
            fail "a C compiler is needed. Run: xcode-select --install"
        fi
        if [ "$manager:$tool" = brew:chromium ]; then fail "$(still_missing chromium)"; fi
        if [ -z "$manager" ]; then fail "$(still_missing "$tool")"; fi
        if [ "$manager:$tool" = apt-get:node ]; then
            local offered
            offered=$(node_offered)
            # Hundreds of packages that would not do are not installed.
            if [ -n "$offered" ] && ! is_at_least "$offered" "$oldest_node"; then
                fail "$(still_missing node)"
            fi
        fi
        packages="$packages $(package "$manager" "$tool")"
    done
    packages=${packages# }
    if [ -z "$packages" ]; then return 0; fi

    local command as_root=()
    case $manager in
        apt-get) command="apt-get update && apt-get install -y $packages" ;;
        dnf) command="dnf install -y $packages" ;;
        apk) command="apk add $packages" ;;
        brew) command="brew install $packages" ;;
    esac
    if [ "$manager" != brew ] && [ "$(id -u)" -ne 0 ]; then
        if ! { command -v sudo && sudo -n true; } >/dev/null 2>&1; then
            printf 'error: some packages are missing. Run this once, then start again:\n\n' >&2
            printf "  sudo sh -c '%s'\n\n" "$command" >&2
            exit 1
        fi
        as_root=(sudo -n)
    fi
    say "installing: $packages"
    # Word splitting of the list is wanted here.
    # shellcheck disable=SC2086
    case $manager in
        apt-get) install_with_apt $packages ;;
        dnf) with_root dnf install -y -q $packages ;;
        apk) with_root apk add --quiet $packages ;;
        brew) brew install --quiet $packages ;;
    esac >&2 || fail "the packages could not be installed. Run by hand: $command"
}

with_root() { ${as_root[@]+"${as_root[@]}"} "$@"; }

install_with_apt() {
    local settings=/etc/postgresql-common/createcluster.conf
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    with_root "${apt[@]}" update || return
    case " $* " in
        *' postgresql '*)
            # Debian's package would make and start a database server of its own, for all users.
            # Nobody has asked for one, unless the machine is set up for it already.
            if [ ! -e "$settings" ]; then
                with_root "${apt[@]}" install -y --no-install-recommends postgresql-common || return
                with_root sed -i 's/^#* *create_main_cluster *=.*/create_main_cluster = false/' \
                    "$settings" || return
            fi
            ;;
    esac
    with_root "${apt[@]}" install -y --no-install-recommends "$@"
}
