# frozen_string_literal: true

require 'socket'
require_relative 'settings'

module Lab
  # The ports that the host forwards. Providers with a choice of their own take the next free one; where they have none,
  # a taken port is told before the machine boots.
  module Ports
    CHECKED = %i[libvirt qemu].freeze

    def self.configure(machine, settings)
      forward(machine, settings)
      machine.trigger.before :up do |trigger|
        trigger.name = 'ports'
        trigger.ruby { |_env, instance| check(instance, settings) }
      end
    end

    def self.forward(machine, settings, **options)
      settings.ports.each do |guest, host|
        machine.vm.network 'forwarded_port', id: "lab-#{guest}", guest: guest, host: host, host_ip: '127.0.0.1',
                                             auto_correct: true, **options
      end
    end

    def self.check(instance, settings)
      return unless CHECKED.include?(instance.provider_name)

      end_forwarders(instance) unless instance.state.id == :running
      taken = settings.ports.find { |_guest, host| !free?(host) }
      # A machine that runs holds its ports itself.
      return if taken.nil? || instance.state.id == :running

      guest, host = taken
      raise SettingsError.new("port #{host} of 127.0.0.1 is taken; it was to lead to the guest's #{guest}",
                              "choose another: LAB_PORT_#{guest}=#{host + 1000} vagrant up")
    end

    # libvirt's provider forwards by processes of ssh, which it ends when it halts a machine. Those of one that lost its
    # power do not notice, and hold its ports. SECONDS is how long one may take to end.
    SECONDS = 5

    def self.end_forwarders(instance)
      return unless instance.data_dir

      Dir[instance.data_dir.join('pids', 'ssh_*.pid').to_s].each do |file|
        pid = File.read(file).to_i
        end_forwarder(pid) if pid.positive? && `ps -o comm= -p #{pid}`.strip == 'ssh'
        File.delete(file)
      end
    end

    def self.end_forwarder(pid)
      Process.kill(:TERM, pid)
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + SECONDS
      while Process.clock_gettime(Process::CLOCK_MONOTONIC) < deadline
        Process.kill(0, pid)
        sleep 0.05
      end
    rescue Errno::ESRCH, Errno::EPERM
      nil
    end

    def self.free?(port)
      TCPServer.new('127.0.0.1', port).close
      true
    rescue Errno::EADDRINUSE
      false
    end
  end
end
