#!/bin/sh
# Builds the offline box and prints the path of its catalogue; finds it in the cache when nothing changed that it
# is built from. Progress goes to stderr.
#
#   build.sh --cache DIR [--variant root|user] [--suite NAME] [--sources FILE] [--key]
#
#   --cache DIR     where boxes are kept, one folder for each hash of what built them
#   --variant       root: boots by itself, for libvirt's system mode (default for root)
#                   user: boots through the kernel beside it, for qemu:///session (default for others)
#   --suite         the distribution's release; the machine's own by default
#   --sources FILE  apt sources to build from, instead of the machine's own configuration
#   --key           only print the name that the box has in the cache
#
# Exit codes: 0 built or found, 64 bad arguments, 69 something is missing on this machine, 70 the build failed.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/common.sh"
PATH=$PATH:/usr/sbin:/sbin

usage() { fail 64 "$1" 'build.sh --cache DIR [--variant root|user] [--suite NAME] [--sources FILE] [--key]'; }

cache= variant= suite= sources= key_only=
while [ $# -gt 0 ]; do
  case $1 in
    --key) key_only=1; shift; continue ;;
    --cache | --variant | --suite | --sources) [ $# -ge 2 ] || usage "$1 needs a value" ;;
    *) usage "unknown argument: $1" ;;
  esac
  case $1 in
    --cache) cache=$2 ;;
    --variant) variant=$2 ;;
    --suite) suite=$2 ;;
    --sources) sources=$2 ;;
  esac
  shift 2
done

if [ -z "$variant" ]; then
  if [ "$(id -u)" -eq 0 ]; then variant=root; else variant=user; fi
fi
case $variant in root | user) ;; *) usage "no such variant: $variant" ;; esac
[ "$variant" = user ] || [ "$(id -u)" -eq 0 ] || fail 69 'the variant root needs root to install its boot loader' \
  'build.sh --variant user'
[ -n "$cache" ] || [ -n "$key_only" ] || usage '--cache is missing'
[ -z "$sources" ] || [ -r "$sources" ] || usage "cannot read $sources"

[ -n "$suite" ] || suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[ -n "$suite" ] || fail 69 'this machine does not say which release it runs' 'name one: build.sh --suite NAME'
arch=$(dpkg --print-architecture 2>/dev/null) || fail 69 'the box is built from Debian packages, and dpkg is missing' \
  'build it on a Debian machine and copy the folder'
LAB_BOX_PUBLIC_KEYS=$("$here/public-keys.sh")

key=$suite-$arch-$variant-$(
  {
    printf '%s\n' "$suite" "$arch" "$variant" "$LAB_BOX_PUBLIC_KEYS"
    [ -z "$sources" ] || cat "$sources"
    cd "$here" && sha256sum -- *.sh *.txt
  } | sha256sum | cut -c1-16
)
if [ -n "$key_only" ]; then
  echo "$key"
  exit
fi

mkdir -p "$cache"
cache=$(CDPATH='' cd -- "$cache" && pwd)
box=$cache/$key
work=$cache/.building.$key

# Two builds of the same box: the second waits and takes what the first made.
exec 9>"$cache/.$key.lock"
flock --exclusive 9

child=
# A signal to this script alone reaches what it runs too; that cleans up before the folder goes.
stop() {
  trap '' INT TERM HUP
  [ -z "$child" ] || { kill -TERM "$child" 2>/dev/null && wait "$child"; } || true
  exit "$1"
}
trap 'as_root rm -rf --one-file-system -- "$work"' EXIT
trap 'stop 130' INT
trap 'stop 143' TERM HUP

step() {
  text=$1
  shift
  say "$text ..."
  begun=$(date +%s)
  "$@" >&2 9>&- &
  child=$!
  code=0
  wait "$child" || code=$?
  child=
  [ "$code" -eq 0 ] || fail 70 "$text failed: exit $code" 'read the lines above, mend what they name, and build again'
  say "$text ... $(($(date +%s) - begun)) s"
}

if [ ! -f "$box/box.sha256" ]; then
  if [ "$variant" = root ] && [ "$arch" = amd64 ]; then boot=disk; else boot=direct; fi
  need mmdebstrap qemu-img mke2fs tar jq unshare
  [ $boot = direct ] || need extlinux
  [ "$(id -u)" -eq 0 ] || need newuidmap
  # What was killed without a chance to clean up left its folder behind.
  as_root rm -rf --one-file-system -- "$work"
  mkdir "$work"
  export LAB_BOX_PUBLIC_KEYS
  [ -n "$sources" ] || { sources=$work/sources.list && "$here/sources.sh" "$suite" >"$sources"; }
  step 'installing packages' "$here/tree.sh" "$suite" "$arch" "$sources" "$work/tree.tar"
  step 'making the disk' as_root "$here/disk.sh" "$boot" "$work/tree.tar" "$work"
  step 'packing the box' "$here/pack.sh" "$boot" "$work" "$work/done/debian.box"
  rm -rf -- "$box"
  mv -- "$work/done" "$box"
fi
"$here/catalogue.sh" "$box"
