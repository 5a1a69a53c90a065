package main

import "sync"

// Role allows some actions, and whatever the roles that it includes allow.
type Role struct {
	actions  map[string]bool
	includes []string
	// valid, when there is one, tells whether the role is of use to a person today.
	valid func(person string) bool
}

// Roles decides who may do what.
type Roles struct {
	mu    sync.RWMutex
	roles map[string]*Role
}

// NewRoles returns the roles of a publisher.
func NewRoles(staff *Staff) *Roles {
	return &Roles{roles: map[string]*Role{
		"reader": {actions: map[string]bool{"read": true}},
		"author": {actions: map[string]bool{"write": true}, includes: []string{"reader"}, valid: staff.Employed},
		"editor": {actions: map[string]bool{"publish": true}, includes: []string{"author"}, valid: staff.OnDuty},
	}}
}

// Grant adds an action to a role.
func (r *Roles) Grant(name, action string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if role := r.roles[name]; role != nil {
		role.actions[action] = true
	}
}

// Revoke takes an action from a role.
func (r *Roles) Revoke(name, action string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if role := r.roles[name]; role != nil {
		delete(role.actions, action)
	}
}
