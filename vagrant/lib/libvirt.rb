# frozen_string_literal: true

require_relative 'ports'

module Lab
  # The libvirt provider in its two modes: the system's libvirt with networks of its own, and the session of an
  # ordinary user, where the machine is reached through forwarded ports alone.
  class Libvirt
    def initialize(settings, index)
      @settings = settings
      @index = index
    end

    def configure(machine)
      machine.vm.provider :libvirt do |libvirt, override|
        hardware(libvirt)
        @settings.user_mode? ? session(libvirt, override) : system(override)
      end
    end

    private

    def hardware(libvirt)
      libvirt.default_prefix = @settings.prefix
      libvirt.driver = @settings.accelerator
      libvirt.cpus = @settings.cpus
      libvirt.memory = @settings.memory
      libvirt.machine_type = @settings.arm? ? 'virt' : 'q35'
      if @settings.accelerator == 'kvm'
        libvirt.cpu_mode = 'host-passthrough'
      else
        libvirt.cpu_mode = 'custom'
        libvirt.cpu_model = @settings.arm? ? 'cortex-a72' : 'qemu64'
      end
      libvirt.graphics_type = 'none'
      libvirt.random model: 'random'
    end

    def system(override)
      override.vm.network 'private_network', ip: @settings.ip(@index), libvirt__network_name: "#{@settings.prefix}net",
                                             libvirt__forward_mode: 'none', libvirt__dhcp_enabled: false
      return unless @index.zero?

      # The provider forwards by SSH, from whose end in the guest the debug pages on loopback can be reached too.
      Ports.forward(override, @settings, guest_ip: '127.0.0.1')
    end

    def session(libvirt, override)
      libvirt.qemu_use_session = true
      libvirt.uri = 'qemu:///session'
      libvirt.system_uri = 'qemu:///session'
      # The guest agent tells the address, since no DHCP server of ours knows it; there is no bridge to attach to.
      libvirt.qemu_use_agent = true
      libvirt.mgmt_attach = false
      # 0.11 refuses a machine without any network. What becomes of this one is a card on 10.0.2.0/24 that forwards
      # nothing; ours is therefore on a network of another number, or the guest would answer through the wrong one.
      override.vm.network 'public_network', type: 'user', portgroup: 'unused', network_name: 'unused', auto_config: false

      forwards = { 22 => @settings.ssh_port(@index) }
      forwards.merge!(@settings.ports) if @index.zero?
      rules = forwards.map { |guest, host| "hostfwd=tcp:127.0.0.1:#{host}-:#{guest}" }
      libvirt.qemuargs value: '-netdev'
      libvirt.qemuargs value: "user,id=lab,net=10.0.3.0/24,restrict=on,#{rules.join(',')}"
      libvirt.qemuargs value: '-device'
      libvirt.qemuargs value: 'virtio-net-pci,netdev=lab,addr=0x10'
      # QEMU has these ports already; the provider would try to forward them by SSH once more.
      Ports.forward(override, @settings, disabled: true)
      override.ssh.host = '127.0.0.1'
      override.ssh.port = @settings.ssh_port(@index)
      override.hostmanager.ip_resolver = proc { '127.0.0.1' } if @settings.hostmanager
    end
  end
end
