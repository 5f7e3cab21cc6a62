# The Python packages of requirements.lock in .venv, and Relight itself as an editable install.
# Sourced by run.sh. A stamp inside .venv tells what it was made of; it is written last, so that an environment
# cut short, moved, or made by a Python that is gone is never taken for a good one.

ENVIRONMENT=".venv"
STAMP="$ENVIRONMENT/relight-stamp"

install_python_environment() {
    local pins project
    # The path is part of it, since an environment cannot be moved: its programs name their interpreter in full.
    pins="$(printf '%s\n' "$PROJECT_FOLDER/$ENVIRONMENT" "$("$PYTHON" -VV)" "$PYTHON" | cat - requirements.lock | sha256sum)"
    project="$(sha256sum <pyproject.toml)"
    if [ "$(stamped 1)" != "$pins" ] || ! runs; then
        make_environment
        install_project
    elif [ "$(stamped 2)" != "$project" ]; then
        install_project
    else
        return 0
    fi
    printf '%s\n' "$pins" "$project" >"$STAMP"
}

stamped() {
    sed -n "${1}p" "$STAMP" 2>/dev/null || true
}

runs() {
    "$ENVIRONMENT/bin/python" -c "import sys; sys.exit(sys.prefix == sys.base_prefix)" >/dev/null 2>&1 &&
        [ -x "$ENVIRONMENT/bin/relight" ]
}

make_environment() {
    say "Installing Python packages (once, and when they change; a few minutes)."
    if ! rm -rf "$ENVIRONMENT" 2>>"$SETUP_LOG"; then
        fail "$PROJECT_FOLDER/$ENVIRONMENT cannot be removed; another account made it." \
            "Remove it with: sudo rm -rf '$PROJECT_FOLDER/$ENVIRONMENT'"
    fi
    logged "Making $ENVIRONMENT with $("$PYTHON" --version)" "$PYTHON" -m venv "$ENVIRONMENT"
    logged "Installing the packages of requirements.lock" \
        "$ENVIRONMENT/bin/python" -m pip install --no-input --no-user --progress-bar off --require-hashes --only-binary :all: \
        --requirement requirements.lock
}

install_project() {
    logged "Installing Relight itself" \
        "$ENVIRONMENT/bin/python" -m pip install --no-input --no-user --no-deps --no-build-isolation --editable .
}
