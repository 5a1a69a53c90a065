package facts

import (
	"strings"
	"testing"
)

const transactions = `
type db struct{ rw, meta sync.Mutex; mm sync.RWMutex; closed bool }
type tx struct{ of *db; writable bool }
var errClosed = errors.New("closed")
func (d *db) beginWrite() (*tx, error) {
	d.rw.Lock() // write
	d.meta.Lock()
	defer d.meta.Unlock()
	if d.closed {
		d.rw.Unlock()
		return nil, errClosed
	}
	return &tx{of: d, writable: true}, nil
}
func (d *db) beginRead() (*tx, error) {
	d.mm.RLock() // read
	if d.closed {
		d.mm.RUnlock()
		return nil, errClosed
	}
	return &tx{of: d}, nil
}
func (d *db) begin(writable bool) (*tx, error) {
	if writable {
		return d.beginWrite()
	}
	return d.beginRead()
}
func (t *tx) commit() error {
	if t.writable { t.of.rw.Unlock() } else { t.of.mm.RUnlock() }
	return nil
}
func work() {
	select {} // parked
}
func (d *db) grow() { d.mm.Lock(); d.mm.Unlock() } // grow
`

func TestATransactionThatBeganHasTheLockForCertain(t *testing.T) {
	for name, test := range map[string]struct{ body, write, read string }{
		"in a write":       {"t, err := d.begin(true) // begun\n if err != nil {\n return err\n }\n work() // here\n return t.commit()", "lock begun by 0", ""},
		"in a read":        {"t, err := d.begin(false) // begun\n if err != nil {\n return err\n }\n work() // here\n return t.commit()", "", "rlock begun by 0"},
		"in a loop":        {"for {\n t, err := d.begin(true) // begun\n if err != nil {\n continue\n }\n work() // here\n t.commit()\n }", "lock begun by 0", ""},
		"unasked":          {"t, _ := d.begin(true) // begun\n work() // here\n return t.commit()", "lock begun by 0?", ""},
		"after the commit": {"t, err := d.begin(true) // begun\n if err != nil {\n return err\n }\n err = t.commit()\n work() // here\n return err", "lock begun by 0?", ""},
		"where it failed":  {"t, err := d.begin(true) // begun\n if err != nil {\n work() // here\n return err\n }\n return t.commit()", "lock begun by 0?", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := program(t, transactions+"func (d *db) run() error {\n"+test.body+"\n}\nfunc main() { d := &db{}; d.run(); d.grow(); t, _ := d.begin(false); t.commit() }")
			stack := p.stack("runtime.gopark", "main.work@parked", "main.(*db).run@here")
			isHeld(p, p.holders(p.answer("write/lock", "lock", stack)), test.write)
			isHeld(p, p.holders(p.answer("grow/lock", "drain", stack)), test.read)
		})
	}
}

// isHeld: who may hold it on some ways need not be told at all.
func isHeld(p *told, got []string, want string) {
	if strings.HasSuffix(want, "?") && len(got) == 0 {
		return
	}
	if want == "" {
		for _, one := range got {
			if !strings.HasSuffix(one, "?") {
				p.T.Errorf("%s is held for certain", one)
			}
		}
		return
	}
	p.is("held", got, want)
}

func TestWhatACallerHasSettledTellsWhichLockIsTaken(t *testing.T) {
	p := program(t, `
type db struct{ mu sync.RWMutex; closed bool }
type tx struct{ of *db; writable bool }
func (t *tx) lock() { if t.writable { t.of.mu.Lock() } else { t.of.mu.RLock() } } // write
func (t *tx) unlock() { if t.writable { t.of.mu.Unlock() } else { t.of.mu.RUnlock() } }
func (d *db) begin(writable bool) (*tx, error) {
	t := &tx{of: d, writable: writable}
	t.lock()
	if d.closed {
		t.unlock()
		return nil, errors.New("closed")
	}
	return t, nil
}
func (d *db) managed(writable bool, fn func(*tx) error) (err error) {
	var t *tx
	t, err = d.begin(writable) // begun
	if err != nil {
		return
	}
	defer func() { t.unlock() }()
	err = fn(t) // managed
	return
}
func (d *db) update(fn func(*tx) error) error { return d.managed(true, fn) } // update
func (d *db) view(fn func(*tx) error) error { return d.managed(false, fn) } // view
func work(*tx) error {
	select {} // parked
}
func main() { d := &db{}; d.update(work); d.view(work) }`)
	writing := p.stack("runtime.gopark", "main.work@parked", "main.(*db).managed@managed", "main.(*db).update@update")
	reading := p.stack("runtime.gopark", "main.work@parked", "main.(*db).managed@managed", "main.(*db).view@view")
	isHeld(p, p.holders(p.answer("write/lock", "lock", writing)), "lock begun by 0")
	isHeld(p, p.holders(p.answer("write/lock", "lock", reading)), "")
	isHeld(p, p.holders(p.answer("write/lock", "drain", reading)), "rlock begun by 0")
	isHeld(p, p.holders(p.answer("write/lock", "drain", writing)), "")
}

func TestATransactionThatWasEndedInsideIsGivenBack(t *testing.T) {
	p := program(t, transactions+`
func (d *db) managed(fn func(*tx) error) error {
	t, err := d.begin(true) // begun
	if err != nil {
		return err
	}
	return fn(t) // managed
}
func early(t *tx) error {
	t.commit()
	work() // early
	return nil
}
func main() { d := &db{}; d.managed(early); d.grow() }`)
	stack := p.stack("runtime.gopark", "main.work@parked", "main.early@early", "main.(*db).managed@managed")
	found := false
	for _, h := range p.answer("write/lock", "lock", stack).Holders {
		found = true
		if h.Always && h.GivenBack == "" {
			t.Errorf("%+v", h)
		}
	}
	if !found {
		t.Error("nobody may hold it")
	}
}
