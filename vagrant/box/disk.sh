#!/bin/sh
# Makes a disk of an archive: one ext4 file system without a partition table.
#   disk.sh disk|direct TAR FOLDER
# disk: the disk boots by itself. direct: FOLDER gets the kernel and the initramfs too, for a hypervisor that starts them.
# Runs as root, or as root of a user namespace.
set -eu
boot=$1 tar=$2 folder=$3
size=8G
cmdline='root=LABEL=lab-root rw quiet net.ifnames=0'
tree=$folder/tree

mkdir "$tree"
# The kernel fills /dev itself; a user namespace could not make devices.
tar --extract --file "$tar" --directory "$tree" --numeric-owner --exclude './dev/*'
rm -- "$tar"
kernel=$(cd "$tree/boot" && ls vmlinuz-* | tail -n 1)
initrd=initrd.img-${kernel#vmlinuz-}

if [ "$boot" = disk ]; then
  mkdir -p "$tree/boot/extlinux"
  printf '%s\n' 'DEFAULT lab' 'TIMEOUT 1' 'PROMPT 0' 'LABEL lab' "  LINUX /boot/$kernel" "  INITRD /boot/$initrd" \
    "  APPEND $cmdline" >"$tree/boot/extlinux/extlinux.conf"
else
  cp -- "$tree/boot/$kernel" "$folder/vmlinuz"
  cp -- "$tree/boot/$initrd" "$folder/initrd.img"
  chmod 0644 "$folder/vmlinuz" "$folder/initrd.img"
  printf '%s\n' "$cmdline" >"$folder/cmdline"
fi

# extlinux reads neither 64-bit nor checksummed file systems. The journal stays: machines get killed here.
truncate --size "$size" "$folder/disk.raw"
mke2fs -q -F -t ext4 -L lab-root -O '^metadata_csum,^64bit' -J size=16 -m 0 -d "$tree" "$folder/disk.raw"
rm -rf --one-file-system -- "$tree"

if [ "$boot" = disk ]; then
  mkdir "$folder/mnt"
  # The mount ends with the namespace, and the loop device with the mount.
  unshare --mount --propagation private -- sh -euc '
    mount -o loop -- "$1" "$2"
    extlinux --install "$2/boot/extlinux"
    umount -- "$2"' sh "$folder/disk.raw" "$folder/mnt"
  rmdir "$folder/mnt"
fi

qemu-img convert -c -O qcow2 -o compression_type=zstd "$folder/disk.raw" "$folder/box.img"
rm -- "$folder/disk.raw"
