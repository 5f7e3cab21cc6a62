#!/usr/bin/env bash
# Install whatever Relight still needs on this machine: system packages, the server's account, Python packages,
# pages. It installs only; it starts nothing, and a second run finds all in place within seconds. With --system-only
# it leaves the last two out: the rest an administrator may run for a user who has no sudo. With --with-browser it adds
# what the browser tests need, and nothing else does.
set -euo pipefail

PROJECT_FOLDER="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
cd "$PROJECT_FOLDER"

# What the caller's shell sets for its own Python must not leak into ours.
unset PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV VIRTUAL_ENV
export LC_ALL=C.UTF-8 PIP_DISABLE_PIP_VERSION_CHECK=1

. setup/messages.sh
. setup/system_packages.sh
. setup/browser.sh
. setup/server_account.sh
. setup/python_environment.sh
. setup/web_pages.sh

main() {
    local argument system_only="" with_browser=""
    for argument in "$@"; do
        case "$argument" in
        --system-only) system_only=yes ;;
        --with-browser) with_browser=yes ;;
        *) fail "setup/run.sh knows --system-only and --with-browser, not $argument." ;;
        esac
    done
    begin_log
    # Two set-ups at once, say of `make demo` and `make test`, would trip over each other: the second waits.
    if command -v flock >/dev/null; then
        exec 9<"$PROJECT_FOLDER"
        if ! flock --nonblock 9; then
            say "Another set-up is running in this folder; waiting for it."
            flock 9
        fi
    fi
    install_system_packages
    [ -z "$with_browser" ] || install_browser
    create_server_account
    [ -z "$system_only" ] || return 0
    install_python_environment
    install_web_pages
    say "Relight is set up."
}

main "$@"
