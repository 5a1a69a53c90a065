#!/bin/sh
# The tools of the experiment, in the guest, as root: gdb, curl, jq, netcat and rsync from the distribution, and the
# Go and the Delve that are pinned here. Running it again changes nothing; the offline box has everything already.
#
# A new Go: version and both checksums come from the list of archives at https://go.dev/dl/.
#
# Environment: LAB_GO_ARCHIVES, where the archive lies when not there; LAB_PREFIX, /usr/local by default.
# Exit codes: 0 everything is there; 69 something cannot be had.
set -eu

GO_VERSION=1.26.8
GO_SHA256_AMD64=d0f743b33e8d8945e6b1f432edd15785c70507121d6e2a723b21285eddf8b57b
GO_SHA256_ARM64=211ffced9dcb9633a55eac6364816ec0ddd951389a740e88fa8b3337971bdda0
DELVE_VERSION=1.27.2

archives=${LAB_GO_ARCHIVES:-https://go.dev/dl}
prefix=${LAB_PREFIX:-/usr/local}
export DEBIAN_FRONTEND=noninteractive

fail() {
  printf '%s\n-> %s\n' "$1" "$2" >&2
  exit 69
}

have() {
  for tool; do
    command -v "$tool" >/dev/null 2>&1 || return 1
  done
}

install_packages() {
  have gdb gcore curl jq nc rsync tar && return
  if ! have apt-get; then fail 'the guest has no apt-get' 'choose a box of Debian or Ubuntu: LAB_BOX=NAME'; fi
  echo 'installing gdb, curl, jq, netcat and rsync'
  { apt-get update -q && apt-get install -y -q --no-install-recommends ca-certificates gdb curl jq netcat-openbsd rsync; } ||
    fail 'the packages cannot be installed' 'mend the network of the guest, or use the offline box: see docs/vm.md'
}

install_go() {
  [ "$(cat "$prefix/go/VERSION" 2>/dev/null | head -n 1)" != "go$GO_VERSION" ] || return 0
  case $(uname -m) in
    x86_64) arch=amd64 sha256=$GO_SHA256_AMD64 ;;
    aarch64) arch=arm64 sha256=$GO_SHA256_ARM64 ;;
    *) fail "no Go is pinned for $(uname -m)" 'add its checksum to vagrant/provision.sh' ;;
  esac
  echo "installing Go $GO_VERSION"
  # Unpacked beside its place and renamed: an interrupted installation leaves none that looks whole.
  new=$(mktemp -d "$prefix/.go.XXXXXX")
  trap 'rm -rf -- "$new"' EXIT
  trap 'exit 143' INT TERM HUP
  curl --fail --silent --show-error --location --retry 3 -o "$new/go.tar.gz" "$archives/go$GO_VERSION.linux-$arch.tar.gz" ||
    fail "Go $GO_VERSION cannot be downloaded" 'mend the network of the guest, or use the offline box: see docs/vm.md'
  echo "$sha256  $new/go.tar.gz" | sha256sum --check --status ||
    fail "the archive of Go $GO_VERSION is not the one that is pinned" 'compare the checksum with https://go.dev/dl/'
  tar --extract --file "$new/go.tar.gz" --directory "$new" --no-same-owner
  rm -rf -- "$prefix/go"
  mv -- "$new/go" "$prefix/go"
  rm -rf -- "$new"
  trap - EXIT
  mkdir -p "$prefix/bin"
  # Commands that come over SSH see this folder without a login shell's profile.
  ln -sf "$prefix/go/bin/go" "$prefix/go/bin/gofmt" "$prefix/bin/"
}

install_delve() {
  if [ -x "$prefix/bin/dlv" ] && "$prefix/bin/dlv" version 2>/dev/null | grep -qx "Version: $DELVE_VERSION"; then return; fi
  echo "installing Delve $DELVE_VERSION"
  GOBIN=$prefix/bin GOTOOLCHAIN=local GOFLAGS=-mod=mod CGO_ENABLED=0 HOME=${HOME:-/root} \
    "$prefix/go/bin/go" install "github.com/go-delve/delve/cmd/dlv@v$DELVE_VERSION" ||
    fail "Delve $DELVE_VERSION cannot be built" 'mend the network of the guest, or use the offline box: see docs/vm.md'
}

allow_ptrace() {
  file=/etc/sysctl.d/60-lab.conf
  [ -e $file ] || [ ! -e /proc/sys/kernel/yama/ptrace_scope ] || {
    echo 'kernel.yama.ptrace_scope=0' >$file
    sysctl --quiet --load $file
  }
}

# The offline box calls itself server-test-1 from the start; another machine made of it must find that one elsewhere.
forget_baked_name() {
  [ "$(hostname)" = server-test-1 ] || sed -i '/^127\.0\.1\.1[[:space:]]*server-test-1$/d' /etc/hosts
}

case ${1:-all} in
  go) install_go ;;
  delve) install_delve ;;
  all)
    forget_baked_name
    if [ -e /etc/lab-offline-box ] && have go dlv gdb gcore curl jq nc rsync; then
      echo "everything is in the box: $(go version), Delve $(dlv version | sed -n 's/^Version: //p')"
      exit
    fi
    install_packages
    install_go
    install_delve
    allow_ptrace
    echo "ready: $("$prefix/bin/go" version), Delve $DELVE_VERSION"
    ;;
  *) fail "no such step: $1" 'provision.sh [go|delve|all]' ;;
esac
