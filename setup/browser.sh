# What the browser tests need: Chromium from the system's own packages, and a font that has 中文.
# Sourced by run.sh. The product needs neither, so where they are not to be had set-up says so and goes on; the tests of
# tests/browser, which look for the same browsers, are skipped then with their reason.

install_browser() {
    local missing=()
    has_browser || missing+=("chromium")
    has_chinese_font || missing+=("fonts-noto-cjk")
    [ "${#missing[@]}" -eq 0 ] && return
    if ! command -v apt-get >/dev/null; then
        without_browser "this machine has no apt. Install Chromium or Chrome yourself, and a font that has Chinese"
        return
    elif ! has_browser && offers_only_a_snap; then
        without_browser "$A_SNAP"
        return
    elif [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        without_browser "there is no sudo. An administrator may install it: setup/run.sh --system-only --with-browser"
        return
    fi
    become_administrator "${missing[@]}"
    say "Installing a browser for the tests (once; a minute or two)."
    : >"$UNFINISHED"
    finish_interrupted_packages
    say "  Reading the lists of packages"
    "${AS_ROOT[@]}" apt-get update >>"$SETUP_LOG" 2>&1 </dev/null || true
    if ! has_browser && offers_only_a_snap; then
        without_browser "$A_SNAP"
    else
        apt_install "${missing[@]}"
    fi
    rm -f "$UNFINISHED"
}

A_SNAP="this system brings Chromium only as a snap, which tests cannot drive. Chrome from its maker will do"

has_browser() {
    local name place
    for name in chromium google-chrome-stable google-chrome; do
        place="$(command -v "$name")" || continue
        [[ "$(readlink -f "$place")" == */snap* ]] || return 0
    done
    return 1
}

has_chinese_font() {
    command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh-cn family 2>/dev/null)" ]
}

# Ubuntu's packages of the name install nothing but a snap, and say so in their version.
offers_only_a_snap() {
    LC_ALL=C apt-cache policy chromium chromium-browser 2>/dev/null | grep -q 'Candidate:.*snap'
}

without_browser() {
    say "No browser for the tests: $1."
    say "Everything else goes on; the tests of tests/browser will be skipped."
}
