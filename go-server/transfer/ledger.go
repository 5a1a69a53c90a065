package main

import (
	"errors"
	"sync"
)

// Account is what a customer has, in cents.
type Account struct {
	mu      sync.Mutex
	iban    string
	balance int64
}

// Balance tells what is on the account. Of money on its way nobody sees a half:
// it waits until the transfer is through.
func (a *Account) Balance() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.balance
}

// Bank has all accounts. None comes or goes while it runs.
type Bank struct {
	accounts map[string]*Account
	window   *Window
}

// NewBank opens an account for each of these balances.
func NewBank(balances map[string]int64, window *Window) *Bank {
	bank := &Bank{accounts: make(map[string]*Account), window: window}
	for iban, balance := range balances {
		bank.accounts[iban] = &Account{iban: iban, balance: balance}
	}
	return bank
}

var (
	errNoAccount = errors.New("no such account")
	errNoMoney   = errors.New("the balance is too low")
)

// Order says what is to go from where to where.
type Order struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Cents int64  `json:"cents"`
}

// Execute carries an order out.
func (b *Bank) Execute(order Order) error {
	from, to := b.accounts[order.From], b.accounts[order.To]
	if from == nil || to == nil || from == to || order.Cents <= 0 {
		return errNoAccount
	}
	return b.transfer(from, to, order.Cents)
}
