package facts

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// A lending tells whether a function returns with a lock that it, or one that it calls, has taken for its caller.
type lending int

const (
	notLent lending = iota
	// lentIfNil: wherever the error that it returns is nil.
	lentIfNil
	lentAlways
)

const maxLenders = 6

// isLent: what a called function has taken, as Begin of a transaction does, the frame has for certain. The call cannot have
// returned without it here, and nothing that came after it may have given it back.
func (w *World) isLent(h hold, a *activation, s *Stacks) bool {
	call, ok := h.site.(*ssa.Call)
	at, known := w.syncLocation(h.op.Operand)
	if !ok || !known || h.op.Maybe || len(a.points) == 0 || call.Parent() != a.fn {
		return false
	}
	lent := w.lends(call, h.op, w.settledFor(a, s, 0), 0)
	if lent == notLent {
		return false
	}
	for _, p := range a.points {
		if p.lost || p.entry || p.block == nil || p.deferred != nil {
			return false
		}
		here := p.block.Instrs[p.index]
		if !dominates(call, here) || lent == lentIfNil && !w.isWithoutError(call, here) {
			return false
		}
		for _, b := range a.fn.Blocks {
			for _, in := range b.Instrs {
				if in != here && in != ssa.Instruction(call) && w.givesBackAt(in, at, h.mode) &&
					reaches(call, in, call) && reaches(in, here, call) {
					return false
				}
			}
		}
	}
	return true
}

// lentOwner describes the object for which a called function has taken the lock, and which leads to it: a transaction, that
// has its database. Nil where the object may not lead there, or may do so in two ways.
func (w *World) lentOwner(h hold, a *activation) *Owner {
	root, offset, ok := w.ownerOffset(h.op.Operand)
	results := h.site.(*ssa.Call).Call.Signature().Results()
	if !ok || root == nil || results.Len() == 0 {
		return nil
	}
	lent := results.At(0).Type()
	st, isStruct := deref(lent).Underlying().(*types.Struct)
	if _, isPointer := lent.Underlying().(*types.Pointer); !isPointer || !isStruct {
		return nil
	}
	var out *Owner
	for i := 0; i < st.NumFields(); i++ {
		if !types.Identical(st.Field(i).Type(), root.Type()) {
			continue
		}
		at, known := w.offsetOf(lent, i)
		if !known || out != nil {
			return nil
		}
		out = &Owner{Type: w.keys.of(deref(lent)), Access: Access{at, loadStep, offset}}
	}
	if out != nil {
		out.Ambiguous = w.hasOthersOf(a.fn, lent)
	}
	return out
}

// reaches tells whether one instruction can run after another one without a third in between.
func reaches(from, to, without ssa.Instruction) bool {
	isIt := func(in ssa.Instruction) bool { return in == to }
	isStop := func(in ssa.Instruction) bool { return in == without }
	return firstWithout(from.Block(), indexIn(from)+1, isIt, isStop) != nil
}

// givesBackAt: what is called at once may give such a lock back.
func (w *World) givesBackAt(in ssa.Instruction, at locKey, mode string) bool {
	call, ok := in.(*ssa.Call)
	return ok && w.givesSuch(call, at, mode)
}

func (w *World) givesSuch(call ssa.CallInstruction, at locKey, mode string) bool {
	is := func(op *Op) bool {
		key, known := w.syncLocation(op.Operand)
		return op.Kind == map[string]string{"lock": "unlock", "rlock": "runlock"}[mode] && (!known || key == at)
	}
	for _, op := range w.opAt[call] {
		if is(op) {
			return true
		}
	}
	for _, callee := range w.callees[call] {
		if !w.touching[callee] {
			continue
		}
		s := w.summaryOf(callee)
		for _, back := range s.released {
			if is(back.op) {
				return true
			}
		}
		for op := range s.chosen {
			if is(op) {
				return true
			}
		}
	}
	return false
}

// isWithoutError: an instruction is reached only where the error of a call was found to be nil.
func (w *World) isWithoutError(call *ssa.Call, at ssa.Instruction) bool {
	for _, b := range call.Parent().Blocks {
		tested, ifNil := errorTest(b)
		if tested != call {
			continue
		}
		next := b.Succs[ifNil]
		if len(next.Preds) == 1 && (next == at.Block() || !reaches(call, at, next.Instrs[0])) {
			return true
		}
	}
	return false
}

// errorTest is the call of which a block asks at its end whether it returned an error, and where it goes on if not.
func errorTest(b *ssa.BasicBlock) (*ssa.Call, int) {
	cond, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
	if !ok {
		return nil, 0
	}
	compared, ok := cond.Cond.(*ssa.BinOp)
	if !ok || !isNil(compared.Y) || compared.Op != token.EQL && compared.Op != token.NEQ {
		return nil, 0
	}
	ifNil := 0
	if compared.Op == token.NEQ {
		ifNil = 1
	}
	return errorOf(compared.X), ifNil
}

// errorOf is the call whose last result, an error, a value is; a variable has what the same block has put into it before.
func errorOf(v ssa.Value) *ssa.Call {
	if load, ok := v.(*ssa.UnOp); ok && load.Op == token.MUL {
		if v = storedBefore(load); v == nil {
			return nil
		}
	}
	if !isErrorType(v.Type()) {
		return nil
	}
	switch v := v.(type) {
	case *ssa.Call:
		return v
	case *ssa.Extract:
		call, ok := v.Tuple.(*ssa.Call)
		if ok && v.Index == call.Call.Signature().Results().Len()-1 {
			return call
		}
	}
	return nil
}

func storedBefore(load *ssa.UnOp) ssa.Value {
	if _, ok := load.X.(*ssa.Alloc); !ok {
		return nil
	}
	var stored ssa.Value
	for _, in := range load.Block().Instrs {
		switch in := in.(type) {
		case *ssa.UnOp:
			if in == load {
				return stored
			}
		case *ssa.Store:
			if in.Addr == load.X {
				stored = in.Val
			}
		case ssa.CallInstruction:
			stored = nil
		}
	}
	return nil
}

func isErrorType(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}

// lends tells what is known after a call of a lock that was taken in it.
func (w *World) lends(call *ssa.Call, op *Op, known given, depth int) lending {
	callees := w.callees[call]
	if len(callees) != 1 || depth > maxLenders || isOpaque(callees[0]) || !w.touching[callees[0]] {
		return notLent
	}
	fn := callees[0]
	inside := w.passedOn(call, fn, known)
	key := lenderKey{fn, op, inside.key()}
	if found, ok := w.lenders[key]; ok {
		return found
	}
	if w.lenders == nil {
		w.lenders = map[lenderKey]lending{}
	}
	// A function that calls itself lends nothing.
	w.lenders[key] = notLent
	found := (&lender{w: w, fn: fn, op: op, given: inside, depth: depth}).run()
	w.lenders[key] = found
	return found
}

type lenderKey struct {
	fn    *ssa.Function
	op    *Op
	given string
}
