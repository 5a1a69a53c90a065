# frozen_string_literal: true

require_relative 'settings'

module Lab
  # The names server-test-1 and load-test-1, in the guests and on the machine that runs Vagrant.
  module Hostmanager
    # hostmanager up to 1.8.10 calls I18n.t with a hash where Ruby 3 wants keywords, and `vagrant hostmanager` dies of it.
    module PositionalOptions
      %i[t translate].each do |name|
        define_method(name) do |key = nil, *rest, **options|
          options = rest.pop.merge(options) if rest.last.is_a?(Hash)
          super(key, *rest, **options)
        end
      end
    end

    def self.configure(config, settings)
      scope = settings.hostmanager
      return unless scope

      unless Vagrant.has_plugin?('vagrant-hostmanager')
        raise SettingsError.new('the plugin vagrant-hostmanager is missing', 'vagrant plugin install vagrant-hostmanager')
      end
      I18n.singleton_class.prepend(PositionalOptions)

      config.hostmanager.enabled = true
      config.hostmanager.manage_guest = true
      config.hostmanager.manage_host = scope == :host
    end
  end
end
