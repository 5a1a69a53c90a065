#!/bin/sh
# Before the kernel is installed: its initramfs holds only what a virtual machine boots from.
#   initramfs.sh ROOT
set -eu
mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"
echo 'MODULES=list' >"$1/etc/initramfs-tools/conf.d/virtual-machine"
printf '%s\n' virtio_pci virtio_mmio virtio_blk virtio_scsi virtio_net ext4 \
  >"$1/usr/share/initramfs-tools/modules.d/virtual-machine"
