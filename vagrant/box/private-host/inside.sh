#!/bin/sh
# Runs a command in namespaces that were just entered.
#   inside.sh FOLDER COMMAND...
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/forward.sh"
cd -- "$1"
shift
exec 3<&0
run_command "$@"
exit "$code"
