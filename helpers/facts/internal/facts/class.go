package facts

import (
	"go/types"
	"sort"

	"golang.org/x/tools/go/ssa"
)

// A class is what operations may be on one object: found once for all objects that are waited for at the same places.
type class struct {
	waits []*Op
	want  types.Type
	// made are the places where such objects are made; empty where they come out of sight.
	made []ssa.Value
	// used is every value and storage that may be or hold one of them.
	used map[node]bool
	// order is used in the order of the search, beginning with what is waited for.
	order []node
	ops   []*Op
	// unknown: where the object comes from was lost, and every operation on its type counts.
	unknown bool
	// library are places where code that was not read gets the object.
	library []ssa.Instruction
	// contexts are the calls that made the contexts whose end is waited for.
	contexts []*ssa.Call
	// clocks are those among them that end by a deadline; others, contexts of other origin.
	clocks, others []ssa.Instruction
	// background: a context without an end is among them.
	background bool
}

// objectType is the type by which objects of an operand are told: a channel, a pointer to an object of package sync, or
// a context.
func objectType(op *Op) types.Type { return op.Operand.Type() }

func isSyncKind(kind string) bool {
	switch kind {
	case "send", "receive", "close", "cancel", "reset":
		return false
	}
	return true
}

// classOfAny is classOf for operations of which one is meant, and for the same ones in other instances of a generic
// function: a frame does not tell which instance it runs.
func (w *World) classOfAny(waits []*Op) *class {
	var kinds [][]*Op
	seen := map[*Op]bool{}
	add := func(op *Op) {
		if seen[op] {
			return
		}
		seen[op] = true
		for i, others := range kinds {
			if types.Identical(objectType(others[0]), objectType(op)) {
				kinds[i] = append(others, op)
				return
			}
		}
		kinds = append(kinds, []*Op{op})
	}
	for _, op := range waits {
		add(op)
		if op.Fn.Origin() == nil && op.Fn.Parent() == nil {
			continue
		}
		for _, same := range w.ops {
			if same.Pos == op.Pos && same.Kind == op.Kind && op.Pos.IsValid() {
				add(same)
			}
		}
	}
	if len(kinds) <= 1 {
		return w.classOf(waitsOf(kinds))
	}
	c := &class{used: map[node]bool{}}
	known := map[*Op]bool{}
	for _, some := range kinds {
		one := w.classOf(some)
		for n := range one.used {
			c.used[n] = true
		}
		for _, op := range one.ops {
			if !known[op] {
				known[op] = true
				c.ops = append(c.ops, op)
			}
		}
		c.waits, c.want = append(c.waits, some...), one.want
		c.made, c.order = append(c.made, one.made...), append(c.order, one.order...)
		c.library, c.contexts = append(c.library, one.library...), append(c.contexts, one.contexts...)
		c.clocks, c.others = append(c.clocks, one.clocks...), append(c.others, one.others...)
		c.unknown, c.background = c.unknown || one.unknown, c.background || one.background
	}
	sort.SliceStable(c.ops, func(i, j int) bool { return c.ops[i].ID < c.ops[j].ID })
	return c
}

func waitsOf(kinds [][]*Op) []*Op {
	if len(kinds) == 0 {
		return nil
	}
	return kinds[0]
}

// classOf finds the operations that may be on the objects of these.
func (w *World) classOf(waits []*Op) *class {
	c := &class{waits: waits, used: map[node]bool{}}
	if len(waits) == 0 {
		return c
	}
	c.want = objectType(waits[0])
	if isSyncKind(waits[0].Kind) {
		w.syncClass(c)
	} else {
		w.channelClass(c)
	}
	sort.SliceStable(c.ops, func(i, j int) bool { return c.ops[i].ID < c.ops[j].ID })
	return c
}

func (w *World) channelClass(c *class) {
	var starts []node
	var contexts []ssa.Value
	for _, op := range c.waits {
		if ctx := doneOf(op.Operand); ctx != nil {
			contexts = append(contexts, ctx)
			starts = append(starts, w.doneByProgram(op.Operand)...)
			continue
		}
		if timer := timerOf(op.Operand); timer != nil {
			w.timerClass(c, timer)
			continue
		}
		starts = append(starts, op.Operand)
	}
	if len(starts) > 0 {
		contexts = w.followChannel(c, starts, contexts)
	}
	if len(contexts) > 0 {
		w.followContexts(c, contexts)
		if len(c.contexts) == 0 && len(c.others) == 0 && len(c.made) == 0 && !c.background {
			c.unknown = true
		}
	}
	for _, op := range w.ops {
		if isSyncKind(op.Kind) || op.Kind == "cancel" || op.Kind == "reset" {
			continue
		}
		if c.used[op.Operand] || (c.unknown && sameChannel(op.Operand.Type(), c.want)) {
			c.ops = append(c.ops, op)
		}
	}
}

// followChannel goes from waits back to where their channel is made, and from there to all that is done with it; it adds the
// contexts whose end the channel is.
func (w *World) followChannel(c *class, starts []node, contexts []ssa.Value) []ssa.Value {
	back := w.search(starts, c.want, true)
	c.unknown = back.Lost
	for _, n := range back.Order {
		if v, ok := n.(ssa.Value); ok {
			switch v := v.(type) {
			case *ssa.MakeChan:
				c.made = append(c.made, v)
			case *ssa.Call:
				if ctx := doneOf(v); ctx != nil {
					contexts = append(contexts, ctx)
				}
			}
		}
	}
	if len(c.made) == 0 && len(contexts) == 0 && len(back.Library) == 0 {
		c.unknown = true
	}
	from := make([]node, 0, len(c.made)+len(starts))
	from = append(from, starts...)
	from = append(from, values(c.made)...)
	if len(back.Library) > 0 {
		// What the library hands out may be handed out at each of these places.
		from = append(from, back.Order...)
		c.library = append(c.library, back.Library...)
	}
	forth := w.search(from, c.want, false)
	c.unknown = c.unknown || forth.Lost
	for n := range forth.Nodes {
		c.used[n] = true
	}
	c.order = append(c.order, append(back.Order, forth.Order...)...)
	for _, n := range back.Order {
		c.used[n] = true
	}
	c.library = append(c.library, forth.Library...)
	return contexts
}

// timerClass: only who resets the timer makes it send again.
func (w *World) timerClass(c *class, timer ssa.Value) {
	back := w.search([]node{timer}, timer.Type(), true)
	forth := w.search(back.Order, timer.Type(), false)
	c.unknown = c.unknown || back.Lost || forth.Lost
	for n := range forth.Nodes {
		c.used[n] = true
	}
	c.order = append(c.order, append(back.Order, forth.Order...)...)
	for _, op := range w.ops {
		if op.Kind == "reset" && c.used[op.Operand] {
			c.ops = append(c.ops, op)
		}
	}
}

func sameChannel(a, b types.Type) bool {
	x, ok := a.Underlying().(*types.Chan)
	y, ok2 := b.Underlying().(*types.Chan)
	return ok && ok2 && types.Identical(x.Elem(), y.Elem())
}

// syncClass tells objects of package sync by where they lie: a field of a type, a package variable, a local variable.
func (w *World) syncClass(c *class) {
	var starts []node
	for _, op := range c.waits {
		starts = append(starts, op.Operand)
	}
	back := w.search(starts, c.want, true)
	c.unknown = back.Lost
	from := append([]node{}, starts...)
	found := false
	for _, n := range back.Order {
		v, ok := n.(ssa.Value)
		if !ok {
			continue
		}
		if key, ok := w.syncLocation(v); ok {
			found = true
			c.made = append(c.made, v)
			from = append(from, v)
			for _, same := range w.addrs[key] {
				from = append(from, same)
			}
		}
	}
	c.unknown = c.unknown || !found || len(back.Library) > 0
	forth := w.search(from, c.want, false)
	c.unknown = c.unknown || forth.Lost
	c.used, c.order = forth.Nodes, append(back.Order, forth.Order...)
	for _, n := range back.Order {
		c.used[n] = true
	}
	c.library = forth.Library
	kind := syncType(deref(c.want))
	for _, op := range w.ops {
		if !isSyncKind(op.Kind) {
			continue
		}
		other := syncType(deref(op.Operand.Type()))
		if c.used[op.Operand] || (c.unknown && (other == kind || other == "" || kind == "")) {
			c.ops = append(c.ops, op)
		}
	}
}

// syncLocation is the storage of an object of package sync that a value is the address of.
func (w *World) syncLocation(v ssa.Value) (locKey, bool) {
	switch a := v.(type) {
	case *ssa.FieldAddr, *ssa.IndexAddr:
		if syncType(deref(v.Type())) != "" {
			return w.locOf(v), true
		}
	case *ssa.Global:
		return w.locOf(a), syncType(deref(a.Type())) != ""
	case *ssa.Call:
		if makesAnew(calledName(&a.Call)) {
			return locKey("N" + itoa(int(a.Pos()))), true
		}
	case *ssa.Alloc:
		return w.locOf(a), syncType(deref(a.Type())) != ""
	}
	return "", false
}
