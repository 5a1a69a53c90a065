//go:build fixed

package main

import "encoding/json"

// Quote adds up a basket. All of its lines are to be of one price list, so the
// list is kept from changing until the last one has come.
//
// The repair: whoever holds the lock asks price, which expects it to be held, and
// not Price, which takes it.
func (c *Catalog) Quote(basket *json.Decoder) (int, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	total := 0
	err := eachLine(basket, func(line Line) error {
		cents, ok := c.price(line.SKU)
		if !ok {
			return errUnknownSKU
		}
		total += cents * line.Count
		return nil
	})
	return total, err
}
