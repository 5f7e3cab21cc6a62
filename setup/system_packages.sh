# Python and PostGIS from the system's own packages: what is there stays as it is, what lacks is installed by apt.
# Sourced by run.sh. It never upgrades, configures, starts or stops a PostgreSQL server that is already there.

OLDEST_PYTHON="3.11"
OLDEST_POSTGRESQL=15
# It exists while apt is at work: packages that were unpacked but never configured look installed, and are not.
UNFINISHED="$PROJECT_FOLDER/.setup.unfinished"
# Where PostgreSQL's packages are told, while we install them, to make no cluster of the system's own.
CLUSTER_WISH=/etc/postgresql-common/createcluster.d/relight.conf

install_system_packages() {
    local missing=()
    find_python || missing+=("Python $OLDEST_PYTHON or newer, with its venv module")
    has_postgis || missing+=("PostgreSQL $OLDEST_POSTGRESQL or newer, with PostGIS 3 (server packages)")
    [ ! -e "$UNFINISHED" ] || missing+=("the rest of an installation that was interrupted")
    [ "${#missing[@]}" -eq 0 ] && return
    if ! command -v apt-get >/dev/null; then
        fail "this machine has no apt, so please install these yourself, then run the same command again:" \
            "${missing[@]/#/  - }" \
            "Fedora: dnf install python3 postgresql-server postgis" \
            "Arch:   pacman -S python postgresql postgis" \
            "openSUSE: zypper install python311 postgresql-server postgresql-postgis"
    fi
    become_administrator "${missing[@]}"
    say "Installing system packages (once; a few minutes)."
    : >"$UNFINISHED"
    finish_interrupted_packages
    # Lists of some other repository may fail to load without any harm; the install below shows what matters.
    say "  Reading the lists of packages"
    "${AS_ROOT[@]}" apt-get update >>"$SETUP_LOG" 2>&1 </dev/null || true
    find_python || install_python
    has_postgis || install_postgis
    if [ -e "$CLUSTER_WISH" ]; then
        logged "Leaving the system's own clusters to its administrator again" "${AS_ROOT[@]}" rm -f "$CLUSTER_WISH"
    fi
    rm -f "$UNFINISHED"
}

# find_python: put into PYTHON the first interpreter that is new enough and can make a virtual environment.
find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$candidate" -c "import sys, venv, ensurepip
sys.exit(sys.version_info < tuple(map(int, '$OLDEST_PYTHON'.split('.'))))" >/dev/null 2>&1; then
            PYTHON="$("$candidate" -c 'import os, sys; print(os.path.realpath(sys.executable))')"
            return 0
        fi
    done
    return 1
}

# server_versions: the major versions of the PostgreSQL servers that are installed as Debian lays them out.
server_versions() {
    local folder
    for folder in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$folder" ] && folder="${folder%/bin/initdb}" && printf '%s\n' "${folder##*/}"
    done | sort --numeric-sort --reverse
}

has_postgis() {
    local version
    for version in $(server_versions); do
        if [ "$version" -ge "$OLDEST_POSTGRESQL" ] &&
            [ -e "/usr/share/postgresql/$version/extension/postgis.control" ]; then
            return 0
        fi
    done
    # Elsewhere than on Debian: whichever server is on PATH.
    command -v initdb >/dev/null && command -v pg_config >/dev/null &&
        [ "$(postgres --version 2>/dev/null | sed 's/[^0-9]*\([0-9]*\).*/\1/')" -ge "$OLDEST_POSTGRESQL" ] 2>/dev/null &&
        [ -e "$(pg_config --sharedir)/extension/postgis.control" ]
}

become_administrator() {
    AS_ROOT=(env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1)
    [ "$(id -u)" -eq 0 ] && return
    if ! command -v sudo >/dev/null; then
        fail "these are missing, and $(id -un) cannot install them because there is no sudo:" \
            "${missing[@]/#/  - }" "Ask an administrator to run this as root, then try again:" \
            "  '$PROJECT_FOLDER/setup/run.sh' --system-only${with_browser:+ --with-browser}"
    fi
    say "System packages are missing; sudo may ask for your password."
    sudo -n true 2>/dev/null || sudo -v || fail "sudo refused." "Ask an administrator to run this as root, then try again:" \
        "  '$PROJECT_FOLDER/setup/run.sh' --system-only${with_browser:+ --with-browser}"
    AS_ROOT=(sudo "${AS_ROOT[@]}")
}

# apt_install PACKAGE…: only what is missing, nothing upgraded, waiting for another apt that is at work.
apt_install() {
    logged "Installing $*" "${AS_ROOT[@]}" apt-get install --yes --no-install-recommends --no-upgrade \
        -o DPkg::Lock::Timeout=600 "$@"
}

finish_interrupted_packages() {
    if command -v dpkg >/dev/null && [ -n "$(dpkg --audit 2>/dev/null)" ]; then
        logged "Finishing packages that were interrupted" "${AS_ROOT[@]}" dpkg --configure -a
    fi
}

install_python() {
    local found
    apt_install python3 python3-venv
    find_python && return
    # A Python of its own from elsewhere may lie first in PATH, and an older Ubuntu may have a newer one apart.
    for found in 3.14 3.13 3.12 3.11; do
        if [ -n "$(apt-cache search --names-only "^python$found-venv\$")" ]; then
            apt_install "python$found" "python$found-venv"
            find_python && return
        fi
    done
    fail "Relight needs Python $OLDEST_PYTHON or newer; this system brings $(/usr/bin/python3 --version 2>&1)." \
        "Debian 12, Ubuntu 24.04 and newer have it."
}

install_postgis() {
    local version
    # PostGIS for the newest server that is there already; only without any a server is installed too.
    for version in $(server_versions); do
        if [ "$version" -ge "$OLDEST_POSTGRESQL" ] &&
            [ -n "$(apt-cache search --names-only "^postgresql-$version-postgis-3\$")" ]; then
            apt_install "postgresql-$version-postgis-3"
            return
        fi
    done
    version="$(apt-cache depends postgresql | sed -n 's/.*Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -n 1)"
    if [ "${version:-0}" -lt "$OLDEST_POSTGRESQL" ]; then
        fail "Relight needs PostgreSQL $OLDEST_POSTGRESQL or newer; this system brings ${version:-none}." \
            "Debian 12, Ubuntu 24.04 and newer have it."
    fi
    # Relight keeps a cluster of its own; one more would only take memory.
    logged "Asking PostgreSQL to make no cluster of the system's own" "${AS_ROOT[@]}" sh -c \
        "mkdir -p ${CLUSTER_WISH%/*} && echo 'create_main_cluster = false' >$CLUSTER_WISH"
    apt_install "postgresql-$version" "postgresql-$version-postgis-3"
}
