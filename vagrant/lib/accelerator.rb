# frozen_string_literal: true

require 'fileutils'
require 'open3'
require 'tempfile'
require 'timeout'

module Lab
  # Whether KVM works here. The device alone does not say: machines inside machines may have one that fails at the
  # first instruction. So a disk of one sector is booted that ends QEMU with exit code 3, which takes a tenth of a second; the
  # answer is kept until the next boot.
  module Accelerator
    # mov al, 1; out 0xf4, al; jmp $
    SECTOR = [0xb0, 0x01, 0xe6, 0xf4, 0xeb, 0xfe].pack('C*').ljust(510, "\0") + [0x55, 0xaa].pack('C*')
    # Firmware takes no smaller disk.
    BYTES = 1 << 20
    LEFT_BY_GUEST = 3
    SECONDS = 5

    def self.detect(folder = Vagrant.user_data_path)
      return 'qemu' unless File.readable?('/dev/kvm') && File.writable?('/dev/kvm')

      boot = File.read('/proc/sys/kernel/random/boot_id').strip
      file = File.join(folder, 'lab-accelerator')
      known = File.exist?(file) ? File.read(file).split : []
      return known[1] if known[0] == boot && %w[kvm qemu].include?(known[1])

      answer = boots? ? 'kvm' : 'qemu'
      FileUtils.mkdir_p(folder)
      File.write(file, "#{boot} #{answer}\n")
      answer
    end

    def self.boots?(accelerator = 'kvm', cpu = 'host')
      return true unless RbConfig::CONFIG['host_cpu'].match?(/x86_64/)

      Tempfile.create('lab-sector') do |disk|
        disk.binmode
        disk.write(SECTOR)
        disk.flush
        disk.truncate(BYTES)
        command = %W[qemu-system-x86_64 -machine q35,accel=#{accelerator} -cpu #{cpu} -m 32 -nodefaults -display none -no-reboot
                     -device isa-debug-exit,iobase=0xf4,iosize=0x04]
        command += ['-drive', "file=#{disk.path},format=raw,if=ide"]
        exit_code(command) == LEFT_BY_GUEST
      end
    rescue Errno::ENOENT
      false
    end

    def self.exit_code(command)
      pid = Process.spawn(*command, in: File::NULL, out: File::NULL, err: File::NULL)
      Timeout.timeout(SECONDS) { Process.wait2(pid)[1].exitstatus }
    rescue Timeout::Error
      Process.kill(:KILL, pid)
      Process.wait(pid)
      nil
    end
  end
end
