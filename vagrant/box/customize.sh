#!/bin/sh
# Turns installed packages into a machine that Vagrant can use.
#   customize.sh ROOT
# Environment: LAB_BOX_PUBLIC_KEYS, keys that may log in as vagrant, one per line.
set -eu
root=$1

# Reads the file's text from stdin.
file() {
  mkdir -p "$root$(dirname -- "$2")"
  cat >"$root$2"
  chmod "$1" "$root$2"
}

# The user that Vagrant expects.
chroot "$root" useradd --create-home --shell /bin/bash --user-group vagrant
file 0440 /etc/sudoers.d/vagrant <<'END'
vagrant ALL=(ALL) NOPASSWD: ALL
END
printf '%s\n' "$LAB_BOX_PUBLIC_KEYS" | file 0600 /home/vagrant/.ssh/authorized_keys
chmod 0700 "$root/home/vagrant/.ssh"
chroot "$root" chown -R vagrant:vagrant /home/vagrant/.ssh
mkdir -p "$root/vagrant"
chroot "$root" chown vagrant:vagrant /vagrant

# The name is in the box: Vagrant's own "Setting hostname" takes 11 to 25 s under emulation.
echo server-test-1 | file 0644 /etc/hostname
file 0644 /etc/hosts <<'END'
127.0.0.1	localhost
127.0.1.1	server-test-1
::1	localhost ip6-localhost ip6-loopback
END

# Cards that nobody configured ask for an address; Vagrant's own files sort before this one. The address goes with
# the card, since copies of a box have no identity of their own yet.
file 0644 /etc/systemd/network/99-dhcp.network <<'END'
[Match]
Name=en* eth*

[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no

[DHCPv4]
ClientIdentifier=mac
UseDNS=no
END
: >"$root/etc/machine-id"
rm -f "$root/var/lib/dbus/machine-id"

# Host keys are made at the first boot: no two copies share one.
rm -f "$root"/etc/ssh/ssh_host_*
file 0644 /etc/ssh/sshd_config.d/lab.conf <<'END'
HostKey /etc/ssh/ssh_host_ed25519_key
HostKey /etc/ssh/ssh_host_ecdsa_key
PasswordAuthentication no
UseDNS no
MaxStartups 100
MaxSessions 100
END
file 0755 /usr/local/sbin/first-host-keys <<'END'
#!/bin/sh
set -eu
for type in ed25519 ecdsa; do
  key=/etc/ssh/ssh_host_${type}_key
  [ -s "$key.pub" ] || { rm -f "$key" && ssh-keygen -q -t "$type" -N '' -f "$key"; }
done
END
file 0644 /etc/systemd/system/ssh.service.d/first-host-keys.conf <<'END'
[Service]
ExecStartPre=
ExecStartPre=/usr/local/sbin/first-host-keys
ExecStartPre=/usr/sbin/sshd -t
END

file 0644 /etc/fstab <<'END'
LABEL=lab-root / ext4 noatime 0 0
END
file 0644 /etc/default/locale <<'END'
LANG=C.UTF-8
END
# gdb and Delve attach to processes that are not their children.
file 0644 /etc/sysctl.d/60-lab.conf <<'END'
kernel.yama.ptrace_scope=0
END
file 0644 /etc/profile.d/lab.sh <<'END'
# There is no C compiler in the box, and the build cache was filled without one.
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOTOOLCHAIN=local
END

# What tells the guest's provisioning that it has everything.
echo 'go-deadlock-lab: Go, Delve, gdb, curl, jq, netcat, rsync and wrk are the distribution'"'"'s' |
  file 0644 /etc/lab-offline-box

# Nothing runs by itself while a measurement goes on.
chroot "$root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
  fstrim.timer man-db.timer dpkg-db-backup.timer systemd-networkd-wait-online.service getty@tty1.service
chroot "$root" systemctl --quiet enable systemd-networkd.service ssh.service

# The archives of the machine that built the box are no business of those who use it.
rm -f "$root"/etc/apt/sources.list.d/* "$root/etc/apt/apt.conf.d/99mmdebstrap"
file 0644 /etc/apt/sources.list <<'END'
# This box needs no network. To install more, name an archive here.
END
