#!/bin/sh
# Draws the secrets of compose.yaml, once: what is there stays as it is.
set -eu
umask 022
cd "$(dirname "$0")"

# Some engines make folders of what is not there yet, if `up` came before this.
[ -n "$(find secrets -type f 2>/dev/null)" ] || find secrets -type d -empty -delete 2>/dev/null || true
[ ! -e secrets ] || { echo "secrets/ is there already" >&2; exit 1; }

draw() {
    drawn=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
    [ ${#drawn} -eq 64 ] || { echo "nothing to draw secrets from" >&2; exit 1; }
    printf '%s' "$drawn"
}
jwt=$(draw)
postgres=$(draw)
redis=$(draw)

# Others on this machine get no further than this folder; containers see what is in it
# as users of their own.
mkdir -m 700 secrets
mkdir secrets/app secrets/tls
printf '%s' "$jwt" > secrets/app/jwt-secret
printf 'postgresql://scribes:%s@postgres:5432/scribes' "$postgres" > secrets/app/database-url
printf 'redis://:%s@redis:6379/0' "$redis" > secrets/app/redis-url
printf '%s' "$postgres" > secrets/postgres-password
printf 'requirepass %s\n' "$redis" > secrets/redis.conf
