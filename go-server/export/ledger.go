package main

import "fmt"

// Entry is a line of the ledger as it was typed in.
type Entry struct {
	Number int
	Amount string
}

const (
	months          = 12
	entriesPerMonth = 200
	// Months and entry in which somebody mistyped an amount.
	mistypedEvery = 5
	mistypedEntry = 40
)

// newLedger makes up the ledger of a year, with a slip here and there.
func newLedger() [][]Entry {
	ledger := make([][]Entry, months)
	for month := range ledger {
		for i := 0; i < entriesPerMonth; i++ {
			amount := fmt.Sprintf("%d.%02d", 10+i%90, i%100)
			if month%mistypedEvery == mistypedEvery-1 && i == mistypedEntry {
				amount = "12,5O"
			}
			ledger[month] = append(ledger[month], Entry{Number: i + 1, Amount: amount})
		}
	}
	return ledger
}
