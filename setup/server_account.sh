# The account that runs the private database server when Relight itself runs as root: PostgreSQL refuses root.
# Sourced by run.sh.

create_server_account() {
    [ "$(id -u)" -eq 0 ] || return 0
    id relight >/dev/null 2>&1 && return
    command -v useradd >/dev/null || return 0 # then the server runs as postgres or nobody
    logged "Creating the account relight, which runs the database server" \
        useradd --system --user-group --no-create-home --home-dir /var/lib/relight --shell /usr/sbin/nologin relight
}
