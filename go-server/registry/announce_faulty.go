//go:build !fixed

package main

// Announce takes down where a device can be reached. That one has moved is rare,
// and tells much of the network: the whole registry goes into the journal then.
//
// The fault: %v prints a Registry by its String method, which locks. It cannot be
// seen in this function that it is called at all.
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
		r.logf("%s moved to %s, %d times so far; known are: %v", name, addr, device.Moves, r)
	}
	return nil
}
