//go:build !fixed

package main

// transfer moves money. The payer's account stays locked until the money has
// arrived, so that it cannot be spent twice meanwhile.
//
// The fault: the accounts are locked in the order in which the customer named
// them. Of two transfers that go opposite ways, each has what the other needs.
func (b *Bank) transfer(from, to *Account, cents int64) error {
	from.mu.Lock()
	defer from.mu.Unlock()
	if from.balance < cents {
		return errNoMoney
	}
	<-b.window.Opened()

	to.mu.Lock()
	defer to.mu.Unlock()
	from.balance -= cents
	to.balance += cents
	return nil
}
