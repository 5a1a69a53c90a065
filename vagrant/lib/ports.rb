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

      taken = settings.ports.find { |_guest, host| !free?(host) }
      # A machine that runs holds its ports itself.
      return if taken.nil? || instance.state.id == :running

      guest, host = taken
      raise SettingsError.new("port #{host} of 127.0.0.1 is taken; it was to lead to the guest's #{guest}",
                              "choose another: LAB_PORT_#{guest}=#{host + 1000} vagrant up")
    end

    def self.free?(port)
      TCPServer.new('127.0.0.1', port).close
      true
    rescue Errno::EADDRINUSE
      false
    end
  end
end
