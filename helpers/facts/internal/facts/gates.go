package facts

import (
	"sort"

	"golang.org/x/tools/go/ssa"
)

// A gate is what must be passed before an operation, on every way: the opposite operation on the same channel, which
// waits like all the others, or a lock of the same object.
type gate struct {
	id   int
	op   *Op
	fn   *ssa.Function
	from *ssa.BasicBlock // where whoever is through comes out
	at   int
	// object is the path of what lies behind it, in fn.
	object string
	// field is the lock in its owner, and behind leads from that owner to the object.
	field  step
	behind []step
	// global: the lock is a package variable, one for all.
	global bool
}

// gatesOn are what was found on a way so far; closed by a channel, the way is none at all.
type gatesOn struct {
	locks  []*gate
	closed bool
	gate   *gate
}

// before finds the gates that lie between the entry of a function and an instruction in it.
func (k *walker) before(fn *ssa.Function, site ssa.Instruction, p Path, op *Op, below *gatesOn) *gatesOn {
	out := &gatesOn{}
	if below != nil {
		out.locks = append(out.locks, below.locks...)
	}
	if p.root == rootHeap || p.root == rootFresh {
		return out
	}
	if g := k.channelGate(fn, site, p, op); g != nil {
		out.closed, out.gate = true, g
		return out
	}
	for _, lock := range k.w.opsOf[fn] {
		if (lock.Kind != "lock" && lock.Kind != "rlock" && lock.Kind != "wait") || lock.Deferred || lock.Maybe || lock.Instr == site || !dominates(lock.Instr, site) {
			continue
		}
		if of := syncType(deref(lock.Operand.Type())); of == "Weighted" || (lock.Kind == "wait" && of == "Cond") {
			continue
		}
		paths := k.w.Paths(lock.Operand)
		if len(paths) != 1 {
			continue
		}
		if g := k.lockGate(lock, paths[0], p, fn); g != nil && !hasGate(out.locks, g) {
			out.locks = append(out.locks, g)
		}
	}
	return out
}

func hasGate(all []*gate, one *gate) bool {
	for _, g := range all {
		if g == one {
			return true
		}
	}
	return false
}

// idsOf are the numbers of gates, in order.
func idsOf(gates []*gate) []int {
	var out []int
	for _, g := range gates {
		out = append(out, g.id)
	}
	sort.Ints(out)
	return out
}

// isSubset is for sorted numbers, each there once.
func isSubset(some, all []int) bool {
	i := 0
	for _, n := range all {
		if i < len(some) && some[i] == n {
			i++
		}
	}
	return i == len(some)
}

// lockGate: the lock is a package variable, or it lies in the very object that the operation works on, so that whoever
// means the same object has to take the same lock.
func (k *walker) lockGate(lock *Op, at, p Path, fn *ssa.Function) *gate {
	global := at.root == rootGlobal && len(at.steps) == 0
	same := at.root == p.root && at.root == rootParam && at.index == p.index && len(at.steps) > 0 && len(p.steps) > 0 && k.isOwnField(p)
	if (!global && !same) || !k.isSteady(at) {
		return nil
	}
	key := p.key()
	for _, known := range k.gates {
		if known.op == lock && known.object == key {
			return known
		}
	}
	g := &gate{id: len(k.gates), op: lock, fn: fn, from: lock.Instr.Block(), at: indexIn(lock.Instr) + 1, object: key, global: global}
	if same {
		g.field, g.behind = at.steps[len(at.steps)-1], p.steps
		if !isPrefix(at.steps[:len(at.steps)-1], p.steps) {
			return nil
		}
		g.behind = p.steps[len(at.steps)-1:]
	} else {
		g.field = step{owner: at.key()}
	}
	k.gates = append(k.gates, g)
	return g
}

// isOwnField: the object belongs to one owner. A channel that was made for the field, or an object that lies in it.
func (k *walker) isOwnField(p Path) bool {
	last := p.steps[len(p.steps)-1]
	if last.owner == elementStep && len(p.steps) > 1 {
		return k.isOwnContainer(p.steps[len(p.steps)-2])
	}
	if !last.isField() {
		return false
	}
	if len(k.class.waits) > 0 && isSyncKind(k.class.waits[0].Kind) {
		return true
	}
	key := locKey("F" + last.owner + "#" + itoa(last.index))
	stores := k.w.stores[key]
	for _, v := range stores {
		if !isMadeHere(v) {
			return false
		}
	}
	return len(stores) > 0
}

// isOwnContainer: the container was made for its field, and is filled by what appends to it.
func (k *walker) isOwnContainer(s step) bool {
	if !s.isField() {
		return false
	}
	for _, v := range k.w.stores[locKey("F"+s.owner+"#"+itoa(s.index))] {
		switch v := v.(type) {
		case *ssa.MakeSlice, *ssa.MakeMap, *ssa.Const:
		case *ssa.Slice:
			if _, ok := v.X.(*ssa.Alloc); !ok {
				return false
			}
		case *ssa.Call:
			if b, ok := v.Call.Value.(*ssa.Builtin); !ok || b.Name() != "append" {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func isMadeHere(v ssa.Value) bool {
	for {
		switch x := v.(type) {
		case *ssa.ChangeType:
			v = x.X
			continue
		case *ssa.MakeChan:
			return true
		case *ssa.Const:
			return x.IsNil()
		}
		return false
	}
}

func isPrefix(a, b []step) bool {
	if len(a) > len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// channelGate is the opposite operation on the same channel that every way to an instruction passes: a semaphore is
// acquired before it is released.
func (k *walker) channelGate(fn *ssa.Function, site ssa.Instruction, p Path, op *Op) *gate {
	opposite := map[string]string{"receive": "send", "send": "receive"}[op.Kind]
	if opposite == "" || !k.isSteady(p) {
		return nil
	}
	for _, other := range k.w.opsOf[fn] {
		if other.Kind != opposite || other.Deferred {
			continue
		}
		paths := k.w.Paths(other.Operand)
		if len(paths) != 1 || paths[0].key() != p.key() {
			continue
		}
		if from, at := k.w.comesOut(other); from != nil && passes(from, at, site) {
			return &gate{op: other, fn: fn, from: from, at: at}
		}
	}
	for _, b := range fn.Blocks {
		for _, in := range b.Instrs {
			call, ok := in.(*ssa.Call)
			if ok && call != site && dominates(call, site) && k.alwaysDoes(call, opposite, p, 0) {
				return &gate{fn: fn, from: b, at: indexIn(call) + 1, op: &Op{Fn: fn, Instr: call, Kind: opposite, Pos: call.Pos()}}
			}
		}
	}
	return nil
}

// isSteady: the path means the same object all the time.
func (k *walker) isSteady(p Path) bool {
	if p.root == rootHeap || p.isSome() {
		return false
	}
	for _, s := range p.steps {
		if k.w.moved[locKey("F"+s.owner+"#"+itoa(s.index))] {
			return false
		}
	}
	return true
}

// isThrough tells whether an activation may have passed a gate.
func (g *gate) isThrough(a *activation) bool {
	for _, p := range a.points {
		if p.entry {
			continue
		}
		if passes(g.from, g.at, p.block.Instrs[p.index]) {
			return true
		}
	}
	return false
}
