#!/bin/sh
# Packs a disk as a box for Vagrant's libvirt provider.
#   pack.sh disk|direct FOLDER BOX
set -eu
boot=$1 folder=$2 box=$3

parts='metadata.json Vagrantfile box.img'
printf '{"provider":"libvirt","format":"qcow2","virtual_size":8}\n' >"$folder/metadata.json"
{
  echo "Vagrant.configure('2') do |config|"
  echo "  config.vm.guest = :debian"
  if [ "$boot" = direct ]; then
    parts="$parts vmlinuz initrd.img"
    echo "  config.vm.provider :libvirt do |libvirt|"
    echo "    libvirt.kernel = File.expand_path('../vmlinuz', __FILE__)"
    echo "    libvirt.initrd = File.expand_path('../initrd.img', __FILE__)"
    echo "    libvirt.cmd_line = '$(cat "$folder/cmdline")'"
    echo "  end"
  fi
  echo "end"
} >"$folder/Vagrantfile"

mkdir -p "$(dirname -- "$box")"
# Not compressed: the disk is, and Vagrant would unpack it twice.
# shellcheck disable=SC2086 # one file per word
tar --create --file "$box" --directory "$folder" --owner=0 --group=0 --numeric-owner $parts
cd "$(dirname -- "$box")"
sha256sum "$(basename -- "$box")" >box.sha256
