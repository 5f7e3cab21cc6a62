#!/bin/sh
# Run a command with the Node that set-up found or installed first in PATH: setup/with_node.sh npm --prefix web test
own="$(cd "$(dirname "$0")/.." && pwd -P)/.node/bin"
PATH="$own:$PATH"
# A production setting of the caller's would leave the build tools out.
unset NODE_ENV
exec "$@"
