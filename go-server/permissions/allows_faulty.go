//go:build !fixed

package main

// Allows tells whether a role lets a person do something, by itself or by a role
// that it includes.
//
// The fault: each level takes the read lock anew while those above it have it. A
// change of a role that comes in between waits for the levels above, and the next
// level waits for the change.
func (r *Roles) Allows(name, person, action string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	role := r.roles[name]
	if role == nil || role.valid != nil && !role.valid(person) {
		return false
	}
	if role.actions[action] {
		return true
	}
	for _, included := range role.includes {
		if r.Allows(included, person, action) {
			return true
		}
	}
	return false
}
