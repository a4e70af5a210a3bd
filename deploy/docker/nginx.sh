#!/bin/sh
# Starts nginx as deploy/nginx has it, in front of the service of compose.yaml.
set -eu
sed -e "s/auth\.example\.com/$SERVER_NAME/" \
    -e 's/server 10\.0\.0\.11:8000/server app:8000/' \
    -e '/server 10\.0\.0\.12:8000/d' \
    /run/shipped.conf > /tmp/nginx.conf
exec nginx -c /tmp/nginx.conf -g 'daemon off;'
