#!/bin/sh
# Stands in for the script of this name in the image of MariaDB, whose tests it
# takes: whether the server answers by TCP, and whether InnoDB is there. The port
# and the password come from the variables of the client, the user from HEALTH_USER.
set -eu

ask() {
  mariadb --no-defaults --protocol tcp --host 127.0.0.1 --user "$HEALTH_USER" --batch --skip-column-names --execute "$1"
}

for check in "$@"; do
  case $check in
  --connect) ask 'select 1' >/dev/null ;;
  --innodb_initialized) [ "$(ask "select 1 from information_schema.engines where engine = 'innodb' and support in ('YES', 'DEFAULT')")" = 1 ] ;;
  *)
    echo "healthcheck.sh: no test $check" >&2
    exit 1
    ;;
  esac
done
