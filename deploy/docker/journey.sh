#!/bin/sh
# Registers somebody new, logs in and asks who that is: journey.sh http://localhost:8000
set -eu
name=user$(date +%s)$$
post() {
    curl --fail-with-body --silent --show-error --max-time 20 "$1" \
        --header 'Content-Type: application/json' --data "$2"
}
post "$1/auth/register" "{\"email\": \"$name@example.com\", \"username\": \"$name\", \"password\": \"SecurePass123!\"}" > /dev/null
token=$(post "$1/auth/login" "{\"email\": \"$name@example.com\", \"password\": \"SecurePass123!\"}" |
    sed 's/.*"access_token": *"\([^"]*\)".*/\1/')
curl --fail-with-body --silent --show-error --max-time 20 "$1/auth/me" --header "Authorization: Bearer $token"
