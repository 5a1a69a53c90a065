package main

import "sync"

// Payment moves cents from one account to another.
type Payment struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Cents int    `json:"cents"`
}

// Accounts holds the balances, in cents.
type Accounts struct {
	mu       sync.Mutex
	balances map[string]int
	trail    *Trail
}

// NewAccounts returns accounts without money, whose changes go to that trail.
func NewAccounts(trail *Trail) *Accounts {
	return &Accounts{balances: make(map[string]int), trail: trail}
}

// Balance tells what is on an account.
func (a *Accounts) Balance(account string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.balances[account]
}

// Total tells what is on all accounts together. It has to be nothing: what one
// gets, another one pays.
func (a *Accounts) Total() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	total := 0
	for _, cents := range a.balances {
		total += cents
	}
	return total
}

// apply is for those who hold the lock.
func (a *Accounts) apply(p Payment) {
	a.balances[p.From] -= p.Cents
	a.balances[p.To] += p.Cents
}
