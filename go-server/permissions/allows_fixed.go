//go:build fixed

package main

// Allows tells whether a role lets a person do something, by itself or by a role
// that it includes.
//
// The repair: the lock is taken once, and what calls itself does not lock.
func (r *Roles) Allows(name, person, action string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.allows(name, person, action)
}

// allows is Allows for those who hold the lock.
func (r *Roles) allows(name, person, action string) bool {
	role := r.roles[name]
	if role == nil || role.valid != nil && !role.valid(person) {
		return false
	}
	if role.actions[action] {
		return true
	}
	for _, included := range role.includes {
		if r.allows(included, person, action) {
			return true
		}
	}
	return false
}
