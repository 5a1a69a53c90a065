//go:build fixed

package main

// transfer moves money. The payer's account stays locked until the money has
// arrived, so that it cannot be spent twice meanwhile.
//
// The repair: of two accounts the one with the smaller number is locked first,
// whichever way the money goes.
func (b *Bank) transfer(from, to *Account, cents int64) error {
	first, second := from, to
	if second.iban < first.iban {
		first, second = second, first
	}
	first.mu.Lock()
	defer first.mu.Unlock()
	second.mu.Lock()
	defer second.mu.Unlock()
	if from.balance < cents {
		return errNoMoney
	}
	<-b.window.Opened()

	from.balance -= cents
	to.balance += cents
	return nil
}
