//go:build !fixed

package main

import "io"

// Ship sends the goods of a list to a sibling. The stock stays locked until they
// have arrived, so that nobody counts pieces that are on the road.
//
// The fault: the lock is held over a call to another process, which needs its own
// lock to answer. When two warehouses send to each other, each has what the other
// waits for.
func (w *Warehouse) Ship(to string, list *List, road Road) error {
	url, known := w.siblings[to]
	if !known {
		return errNoSibling
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var taken []Item
	for {
		item, err := list.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = w.take(item)
		}
		if err != nil {
			w.put(taken)
			return err
		}
		taken = append(taken, item)
	}
	if err := w.deliver(url, taken, road); err != nil {
		w.put(taken)
		return err
	}
	return nil
}
