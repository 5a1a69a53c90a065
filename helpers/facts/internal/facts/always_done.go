package facts

import (
	"go/token"

	"golang.org/x/tools/go/ssa"
)

// alwaysDoes tells whether a call does an operation on a path whenever it returns.
func (k *walker) alwaysDoes(call *ssa.Call, kind string, p Path, depth int) bool {
	callees := k.w.callees[call]
	if len(callees) == 0 || depth > 3 {
		return false
	}
	for _, fn := range callees {
		if isOpaque(fn) || !k.doneByAll(fn, call, kind, p, depth) {
			return false
		}
	}
	return true
}

func (k *walker) doneByAll(fn *ssa.Function, call *ssa.Call, kind string, p Path, depth int) bool {
	if fn.Recover != nil {
		return false
	}
	for _, op := range k.w.opsOf[fn] {
		if op.Kind != kind || op.Deferred {
			continue
		}
		for _, own := range k.w.Paths(op.Operand) {
			for _, outer := range k.w.inCaller(own, fn, call, 0) {
				if outer.key() != p.key() {
					continue
				}
				if from, at := k.w.comesOut(op); from != nil && passesAllReturns(fn, from, at) {
					return true
				}
			}
		}
	}
	return false
}

func passesAllReturns(fn *ssa.Function, from *ssa.BasicBlock, at int) bool {
	returns := 0
	for _, b := range fn.Blocks {
		if len(b.Instrs) == 0 {
			continue
		}
		if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok {
			returns++
			if !passes(from, at, ret) {
				return false
			}
		}
	}
	return returns > 0
}

// comesOut is where an activation is that has done an operation: behind it, or in the branch of its case.
func (w *World) comesOut(op *Op) (*ssa.BasicBlock, int) {
	sel, ok := op.Instr.(*ssa.Select)
	if !ok {
		return op.Instr.Block(), indexIn(op.Instr) + 1
	}
	state := -1
	for i, s := range sel.States {
		if s.Pos == op.Pos {
			state = i
		}
	}
	for _, ref := range *sel.Referrers() {
		e, ok := ref.(*ssa.Extract)
		if !ok || e.Index != 0 {
			continue
		}
		for _, use := range *e.Referrers() {
			cmp, ok := use.(*ssa.BinOp)
			if !ok || cmp.Op != token.EQL {
				continue
			}
			if c, ok := cmp.Y.(*ssa.Const); !ok || c.Int64() != int64(state) {
				continue
			}
			for _, branch := range *cmp.Referrers() {
				if _, ok := branch.(*ssa.If); ok {
					return branch.Block().Succs[0], 0
				}
			}
		}
	}
	return nil, 0
}

// passes tells whether every way to an instruction leads through a point.
func passes(from *ssa.BasicBlock, at int, in ssa.Instruction) bool {
	if from == in.Block() {
		return at <= indexIn(in)
	}
	return from.Dominates(in.Block())
}
