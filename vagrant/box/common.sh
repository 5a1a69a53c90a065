# Sourced by the scripts beside it.

say() { printf '%s\n' "$*" >&2; }

# fail EXIT MESSAGE HINT
fail() {
  say "$2"
  say "-> $3"
  exit "$1"
}

# Runs a command as root of a user namespace of its own, unless the caller is root anyway. The files of the box
# have owners, and only such a namespace lets an ordinary user make them.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    unshare --user --map-auto --map-root-user --setuid 0 --setgid 0 -- "$@"
  fi
}

need() {
  for tool; do
    command -v "$tool" >/dev/null 2>&1 || missing="${missing:-} $tool"
  done
  [ -z "${missing:-}" ] || fail 69 "the box cannot be built without:$missing" \
    'apt-get install -y mmdebstrap qemu-utils e2fsprogs extlinux uidmap vagrant jq'
}
