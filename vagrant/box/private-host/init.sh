#!/bin/sh
# The first process inside new namespaces (network, mounts, processes): when it ends, so does everything in them.
#   init.sh FOLDER [COMMAND...]
# With a command it ends with that command's exit code. Without one it says that libvirt answers by the file
# FOLDER/ready, and stays.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../common.sh"
. "$here/forward.sh"
trap 'exit 130' INT USR1
trap 'exit 143' TERM HUP USR2
folder=$1
shift
exec 3<&0

# What libvirt and hostmanager write to, as a private copy. The machine's own settings and networks are left out.
for place in /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do
  [ -d $place ] || fail 69 "libvirt is not installed: there is no $place" 'apt-get install -y libvirt-daemon-system'
  mkdir -p "$folder$place"
  mount --bind "$folder$place" $place
done
cp /etc/hosts "$folder/hosts"
mount --bind "$folder/hosts" /etc/hosts
mount -t tmpfs -o mode=0755 tmpfs /run
mount -t sysfs sysfs /sys
ip link set lo up

# No cgroups, labels or owners to change: everything is root's, and nothing of it lasts.
cat >/etc/libvirt/qemu.conf <<'END'
user = "root"
group = "root"
security_driver = "none"
dynamic_ownership = 0
remember_owner = 0
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
END
cat >/etc/libvirt/libvirtd.conf <<'END'
listen_tls = 0
listen_tcp = 0
auth_unix_ro = "none"
auth_unix_rw = "none"
END
: >/etc/libvirt/virtlogd.conf
virtlogd -d 3<&-
libvirtd -d 3<&-
deadline=$(($(date +%s) + 60))
until virsh --connect qemu:///system version >/dev/null 2>&1; do
  [ "$(date +%s)" -lt $deadline ] || fail 70 'libvirtd does not answer' 'look at its words: libvirtd --verbose'
  sleep 0.1
done

if [ $# -eq 0 ]; then
  : >"$folder/ready"
  # The first process is everyone's parent in the end; `wait` takes leave of them.
  sleep infinity &
  await $!
  exit
fi
run_command "$@"
exit "$code"
