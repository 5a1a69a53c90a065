//go:build fixed

package main

// Ship sends the goods of a list to a sibling.
//
// The repair: the lock is held for as long as pieces are taken off the shelves,
// and not over the call. What did not arrive is put back.
func (w *Warehouse) Ship(to string, list *List, road Road) error {
	url, known := w.siblings[to]
	if !known {
		return errNoSibling
	}
	items, err := list.All()
	if err != nil {
		return err
	}
	if err := w.takeAll(items); err != nil {
		return err
	}
	if err := w.deliver(url, items, road); err != nil {
		w.Receive(items)
		return err
	}
	return nil
}

func (w *Warehouse) takeAll(items []Item) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, item := range items {
		if err := w.take(item); err != nil {
			w.put(items[:i])
			return err
		}
	}
	return nil
}
