package facts

import (
	"go/token"

	"golang.org/x/tools/go/ssa"
)

// A lender is a function that is looked through for whether it returns with a lock which it was called to take.
type lender struct {
	w     *World
	fn    *ssa.Function
	op    *Op
	given given
	depth int
}

// lentState is what is known of the lock at a point: held or not, or held exactly where a call returned no error.
type lentState struct {
	held, lost bool
	unless     *ssa.Call
}

func (l *lender) run() lending {
	at, known := l.w.syncLocation(l.op.Operand)
	if !known || l.givesBackLater(at) {
		return notLent
	}
	in := map[*ssa.BasicBlock]lentState{l.fn.Blocks[0]: {}}
	work := []*ssa.BasicBlock{l.fn.Blocks[0]}
	out := map[*ssa.BasicBlock]lentState{}
	for len(work) > 0 {
		b := work[0]
		work = work[1:]
		state := l.through(b, in[b], at)
		out[b] = state
		for i, next := range b.Succs {
			if !l.mayTake(b, i) {
				continue
			}
			there := state
			if tested, ifNil := errorTest(b); tested != nil && tested == state.unless {
				there = lentState{held: i == ifNil}
			}
			old, seen := in[next]
			switch {
			case !seen:
			case old == there || old.lost:
				continue
			default:
				there = lentState{lost: true}
			}
			in[next] = there
			work = append(work, next)
		}
	}
	return l.atReturns(out)
}

// mayTake: a branch is not taken whose condition the caller has settled otherwise.
func (l *lender) mayTake(b *ssa.BasicBlock, branch int) bool {
	cond, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
	if !ok {
		return true
	}
	value, known := l.w.settled(cond.Cond, l.given)
	return !known || value == (branch == 0)
}

func (l *lender) through(b *ssa.BasicBlock, state lentState, at locKey) lentState {
	for _, in := range b.Instrs {
		call, ok := in.(*ssa.Call)
		if !ok {
			continue
		}
		takes := false
		for _, op := range l.w.opAt[call] {
			takes = takes || op == l.op
		}
		switch {
		case takes:
			state = lentState{held: !l.op.Maybe, lost: l.op.Maybe}
			continue
		case l.w.givesSuch(call, at, l.op.Kind):
			state = lentState{}
		}
		switch l.w.lends(call, l.op, l.given, l.depth+1) {
		case lentAlways:
			state = lentState{held: true}
		case lentIfNil:
			state = lentState{unless: call}
		}
	}
	return state
}

// givesBackLater: by what is deferred.
func (l *lender) givesBackLater(at locKey) bool {
	for _, b := range l.fn.Blocks {
		for _, in := range b.Instrs {
			if d, ok := in.(*ssa.Defer); ok && l.w.givesSuch(d, at, l.op.Kind) {
				return true
			}
		}
	}
	return false
}

func (l *lender) atReturns(out map[*ssa.BasicBlock]lentState) lending {
	all, some := true, false
	for b, state := range out {
		ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
		if !ok {
			continue
		}
		some = some || state.held || state.unless != nil
		if state.held && !state.lost {
			continue
		}
		all = false
		if len(ret.Results) == 0 || state.lost {
			return notLent
		}
		err := returned(ret)
		isItsError := state.unless != nil && errorOf(err) == state.unless
		if !isErrorType(err.Type()) || !isItsError && (state.unless != nil || !isSomeError(err, b)) {
			return notLent
		}
	}
	switch {
	case !some:
		return notLent
	case all:
		return lentAlways
	}
	return lentIfNil
}

// returned is the last result; where calls are deferred, what was put into its variable before they run.
func returned(ret *ssa.Return) ssa.Value {
	last := ret.Results[len(ret.Results)-1]
	load, ok := last.(*ssa.UnOp)
	if !ok || load.Op != token.MUL {
		return last
	}
	if cell, ok := load.X.(*ssa.Alloc); ok {
		for _, use := range *cell.Referrers() {
			if _, captured := use.(*ssa.MakeClosure); captured {
				return last
			}
		}
	}
	if stored := storedBefore(load); stored != nil {
		return stored
	}
	return last
}

// isSomeError: an error that is not nil, as it was made there, is kept by the package for that, or was asked about.
func isSomeError(v ssa.Value, at *ssa.BasicBlock) bool {
	switch v := v.(type) {
	case *ssa.MakeInterface:
		return true
	case *ssa.UnOp:
		if _, ok := v.X.(*ssa.Global); ok && v.Op == token.MUL {
			return true
		}
	case *ssa.Call:
		switch calledName(&v.Call) {
		case "errors.New", "fmt.Errorf":
			return true
		}
	}
	call := errorOf(v)
	for _, b := range at.Parent().Blocks {
		tested, ifNil := errorTest(b)
		if tested == nil || tested != call {
			continue
		}
		if failed := b.Succs[1-ifNil]; len(failed.Preds) == 1 && failed.Dominates(at) {
			return true
		}
	}
	return false
}
