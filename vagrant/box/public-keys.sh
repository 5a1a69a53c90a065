#!/bin/sh
# Prints the public halves of the keys that Vagrant ships for boxes that were never up: whoever installs Vagrant has
# the private ones, and Vagrant replaces them at the first `vagrant up` where it is asked to.
set -eu
. "$(dirname -- "$0")/common.sh"

folders=$(
  dpkg -L vagrant 2>/dev/null | grep '/keys$' || true
  ls -d /opt/vagrant/embedded/gems/gems/vagrant-*/keys 2>/dev/null || true
)
for folder in $folders; do
  for file in "$folder"/vagrant.pub "$folder"/vagrant.pub.*; do
    [ ! -f "$file" ] || { cat "$file" && found=1; }
  done
done
[ -n "${found:-}" ] || fail 69 "Vagrant's public key was not found" 'apt-get install -y vagrant'
