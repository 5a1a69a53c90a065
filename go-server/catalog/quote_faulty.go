//go:build !fixed

package main

import "encoding/json"

// Quote adds up a basket. All of its lines are to be of one price list, so the
// list is kept from changing until the last one has come.
//
// The fault: Price takes the read lock that Quote has already. As long as nobody
// writes that goes well. A writer that comes in between waits for Quote, and
// keeps every new reader out, Quote's own second one too.
func (c *Catalog) Quote(basket *json.Decoder) (int, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	total := 0
	err := eachLine(basket, func(line Line) error {
		cents, ok := c.Price(line.SKU)
		if !ok {
			return errUnknownSKU
		}
		total += cents * line.Count
		return nil
	})
	return total, err
}
