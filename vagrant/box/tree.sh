#!/bin/sh
# Installs the box's packages and settings into an archive.
#   tree.sh SUITE ARCHITECTURE SOURCES TAR
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
suite=$1 arch=$2 sources=$3 tar=$4

if [ "$(id -u)" -eq 0 ]; then mode=root; else mode=unshare; fi
packages=$(sed -e 's/#.*//' -e "s/^KERNEL$/linux-image-cloud-$arch/" "$here/packages.txt" | xargs | tr ' ' ,)

# How this machine's apt reaches its archives (proxies, clocks) holds for the build, and does not stay in the box.
options=$(dirname -- "$tar")/apt.conf
apt-config dump Acquire | grep -E '^Acquire::(https?::|Check-|Retries)' >"$options" || true

# As many as it takes to stay out of what nobody reads in the box.
set -- --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/go-*/test/*' --dpkgopt='path-exclude=/usr/share/go-*/*_test.go' \
  --dpkgopt='path-exclude=/usr/share/go-*/testdata/*'

exec mmdebstrap --mode="$mode" --variant=minbase --architectures="$arch" --include="$packages" \
  --aptopt="$options" --aptopt='Acquire::Languages "none"' --aptopt='Apt::Install-Recommends "false"' "$@" \
  --essential-hook="$here/initramfs.sh \"\$1\"" \
  --customize-hook="$here/customize.sh \"\$1\"" \
  --customize-hook="$here/warm.sh \"\$1\"" \
  "$suite" "$tar" "$sources"
