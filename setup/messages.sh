# How set-up speaks: plain words on the terminal, every command's output in a log, the log's end on failure.
# Sourced by the other scripts; it installs nothing.

SETUP_LOG="${PROJECT_FOLDER}/.setup.log"

say() {
    printf '%s\n' "$*"
}

fail() {
    printf '\nSet-up stopped: %s\n' "$1" >&2
    shift
    if [ "$#" -gt 0 ]; then
        printf '%s\n' "$@" >&2
    fi
    exit 1
}

begin_log() {
    # One run's log is enough to find a fault. It may be another account's, in a folder that is ours.
    rm -f "$SETUP_LOG" 2>/dev/null
    if ! : 2>/dev/null >"$SETUP_LOG"; then
        fail "$(id -un) may not write in $PROJECT_FOLDER." "Clone Relight into a folder of your own, and try again."
    fi
}

# logged WORDS COMMAND…: tell what is done in words, run the command, and show the log's end if it fails.
logged() {
    local words="$1"
    shift
    say "  $words"
    printf '\n== %s\n== %s\n' "$words" "$*" >>"$SETUP_LOG"
    if ! "$@" >>"$SETUP_LOG" 2>&1 </dev/null; then
        printf '\nThis failed: %s\nThe end of the log, %s:\n\n' "$words" "$SETUP_LOG" >&2
        tail -n 30 "$SETUP_LOG" >&2
        fail "see above. What was done so far is kept; run the same command again to go on."
    fi
}
