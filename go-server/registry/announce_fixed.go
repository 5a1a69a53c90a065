//go:build fixed

package main

// Announce takes down where a device can be reached. That one has moved is rare,
// and tells much of the network: the whole registry goes into the journal then.
//
// The repair: the journal gets a text, which was made by the method that expects
// the lock to be held.
func (r *Registry) Announce(name, addr string) error {
	if addr == "" {
		return errNoAddr
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	device := r.devices[name]
	if device == nil {
		r.devices[name] = &Device{Name: name, Addr: addr}
		return nil
	}
	if device.Addr != addr {
		device.Addr = addr
		device.Moves++
		r.logf("%s moved to %s, %d times so far; known are: %v", name, addr, device.Moves, r.list())
	}
	return nil
}
