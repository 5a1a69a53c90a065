#!/bin/sh
# Compiles the standard library once for each flavour of build that the lab uses, into the cache of the user vagrant:
# what takes an emulated machine three minutes is then there.
#   warm.sh ROOT
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$1
packages=$(xargs <"$here/warm-packages.txt")

warm() {
  chroot "$root" runuser -u vagrant -- env -i HOME=/home/vagrant PATH=/usr/bin:/bin CGO_ENABLED=0 GOTOOLCHAIN=local \
    sh -c 'cd / && exec go build "$@"' sh "$@"
}

for flags in '' '-gcflags=all=-l' '-gcflags=all=-N -l'; do
  # shellcheck disable=SC2086 # one package per word
  warm ${flags:+"$flags"} $packages
done
