#!/usr/bin/env bash
# Choose the newest fitting versions of all packages and pin them in requirements.lock, with their hashes and
# without any registry's address. Run by `make lock`; the pins of the day are reviewed like any other change.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
TOOLS=".lock-tools"

[ -x "$TOOLS/bin/uv" ] || { .venv/bin/python -m venv "$TOOLS" && "$TOOLS/bin/python" -m pip install --quiet uv; }

pin() {
    "$TOOLS/bin/uv" pip compile "$1" --universal --fork-strategy fewest --python-version 3.11 --upgrade \
        --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
        --no-emit-package relight --quiet --output-file "$2"
}

# --universal: one file for every Python from 3.11 and every platform, and (fewest) one version of each part for all
# of them, so that types and tests say the same everywhere. Relight itself is not in it.
pin requirements.in requirements.lock
# Node is a tool for building the pages, installed apart and only where the machine has none that fits.
pin setup/node.in setup/node.lock

if grep -nE '://|^--' requirements.lock setup/node.lock; then
    echo "The locks must name no address and no option (see above)." >&2
    exit 1
fi
echo "requirements.lock holds $(grep -c '==' requirements.lock) pins."
