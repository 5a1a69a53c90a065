# frozen_string_literal: true

require 'digest'
require 'ipaddr'
require 'json'
require 'rbconfig'
require 'uri'
require_relative 'accelerator'

module Lab
  # A message and one thing to do about it, as Vagrant prints its own errors.
  class SettingsError < Vagrant::Errors::VagrantError
    def initialize(message, action)
      @text = "#{message}\n-> #{action}"
      super()
    end

    def error_message
      @text
    end
  end

  # What the environment says, checked. The Vagrantfile's top lists the variables.
  class Settings
    # bento has Ubuntu's LTS for these providers on Intel and on Apple silicon; it has no arm64 for libvirt, where
    # Ubuntu's own cloud image comes as a box for both.
    BOXES = {
      virtualbox: 'bento/ubuntu-24.04',
      vmware_desktop: 'bento/ubuntu-24.04',
      parallels: 'bento/ubuntu-24.04',
      libvirt: 'cloud-image/ubuntu-24.04',
      qemu: 'cloud-image/ubuntu-24.04'
    }.freeze

    FORWARDED = [10_080, 10_081].freeze

    def initialize(env)
      @env = env
      machines
      cpus
      memory
      ports
      user_mode?
      hostmanager
      choice('LAB_VM_ACCEL', %w[auto kvm qemu], 'auto')
    end

    def machines
      names = ['server-test-1']
      names << 'load-test-1' if switch('LAB_LOAD_MACHINE')
      names
    end

    def cpus
      number('LAB_VM_CPUS', 2, 1..256)
    end

    def memory
      number('LAB_VM_MEMORY', 2048, 512..1_048_576)
    end

    def ip(index)
      first = IPAddr.new(text('LAB_VM_IP') || '192.168.56.10')
      IPAddr.new(first.to_i + index, Socket::AF_INET).to_s
    rescue IPAddr::Error => e
      raise SettingsError.new("LAB_VM_IP: #{e.message}", 'give an address of a private network: LAB_VM_IP=192.168.56.10')
    end

    # Guest's port => port of 127.0.0.1.
    def ports
      FORWARDED.to_h { |port| [port, number("LAB_PORT_#{port}", port, 1..65_535)] }
    end

    def ssh_port(index)
      number('LAB_PORT_SSH', 50_022, 1..65_534) + index
    end

    def user_mode?
      choice('LAB_VM_MODE', %w[system user], 'system') == 'user'
    end

    # kvm, or qemu for emulation.
    def accelerator
      wanted = choice('LAB_VM_ACCEL', %w[auto kvm qemu], 'auto')
      wanted == 'auto' ? Accelerator.detect : wanted
    end

    # :host, :guest, or nil where hosts files are left alone.
    def hostmanager
      wanted = choice('LAB_HOSTMANAGER', %w[0 guest host], user_mode? ? 'guest' : 'host')
      wanted == '0' ? nil : wanted.to_sym
    end

    def sync(provider)
      text('LAB_SYNC') || (%i[libvirt qemu].include?(provider) ? 'rsync' : nil)
    end

    def arm?
      RbConfig::CONFIG['host_cpu'].match?(/aarch64|arm64/)
    end

    # Name, version and URL of the box; the last two may be nil.
    def box(provider)
      wanted = text('LAB_BOX')
      return [BOXES.fetch(provider), text('LAB_BOX_VERSION'), nil] unless wanted
      return [wanted, text('LAB_BOX_VERSION'), nil] unless wanted.end_with?('.json', '.box')

      path = File.expand_path(wanted)
      unless File.file?(path)
        raise SettingsError.new("LAB_BOX names no file: #{path}", 'build one: LAB_BOX=$(vagrant/box/build.sh --cache DIR)')
      end

      path.end_with?('.json') ? catalogue(path) : ["go-deadlock-lab/#{Digest::SHA256.hexdigest(path)[0, 8]}", nil, path]
    end

    # Tells the machines of one checkout from those of another.
    def prefix
      "lab-#{Digest::SHA256.hexdigest(File.expand_path('..', __dir__))[0, 6]}-"
    end

    private

    def catalogue(path)
      read = JSON.parse(File.read(path))
      [read.fetch('name'), read.fetch('versions').fetch(0).fetch('version'), "file://#{URI::DEFAULT_PARSER.escape(path)}"]
    rescue JSON::ParserError, KeyError, IndexError => e
      raise SettingsError.new("#{path} is no catalogue of boxes: #{e.message}", 'build the box again: vagrant/box/build.sh --cache DIR')
    end

    def text(name)
      value = @env[name]
      value unless value.nil? || value.empty?
    end

    def switch(name)
      choice(name, %w[0 1], '0') == '1'
    end

    def choice(name, allowed, default)
      value = text(name) || default
      return value if allowed.include?(value)

      raise SettingsError.new("#{name}=#{value}: unknown", "give one of: #{allowed.join(', ')}")
    end

    def number(name, default, range)
      value = text(name) || default.to_s
      read = Integer(value, 10, exception: false)
      return read if read && range.cover?(read)

      raise SettingsError.new("#{name}=#{value}: not a number from #{range.min} to #{range.max}", "unset #{name} for #{default}")
    end
  end
end
