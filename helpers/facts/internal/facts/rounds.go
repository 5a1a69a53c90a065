package facts

import (
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// comesRound tells whether an operation waits for one thing after another, as a worker does, for as long as others will:
// its function comes back to it, and does not count how often.
func (w *World) comesRound(in ssa.Instruction) bool {
	b := in.Block()
	if b == nil || !w.blocksAfter(b)[b] {
		return false
	}
	for other := range w.blocksAfter(b) {
		if !w.blocksAfter(other)[b] {
			continue
		}
		branch, ok := other.Instrs[len(other.Instrs)-1].(*ssa.If)
		if !ok {
			continue
		}
		leaves := false
		for _, next := range other.Succs {
			leaves = leaves || next != b && !w.blocksAfter(next)[b]
		}
		if leaves && isCounted(branch.Cond, map[ssa.Value]bool{}) {
			return false
		}
	}
	return true
}

// comesRoundWithout tells whether an activation may come back to where it stands without having passed an instruction: it
// may go on so for ever.
func (w *World) comesRoundWithout(a *activation, in ssa.Instruction) bool {
	if len(a.points) != 1 || a.points[0].entry {
		return false
	}
	if _, deferred := in.(*ssa.Defer); deferred {
		return false
	}
	here := a.points[0].block
	if in.Block() == here {
		return false
	}
	seen := map[*ssa.BasicBlock]bool{in.Block(): true}
	work := append([]*ssa.BasicBlock{}, here.Succs...)
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		if b == here {
			return true
		}
		if !seen[b] {
			seen[b] = true
			work = append(work, b.Succs...)
		}
	}
	return false
}

// isCounted tells whether a condition hangs on a number that goes up or down, or on what a map has left.
func isCounted(v ssa.Value, seen map[ssa.Value]bool) bool {
	if seen[v] {
		return false
	}
	seen[v] = true
	switch v := v.(type) {
	case *ssa.Next:
		return true
	case *ssa.Extract:
		return isCounted(v.Tuple, seen)
	case *ssa.UnOp:
		return isCounted(v.X, seen)
	case *ssa.BinOp:
		return isCounted(v.X, seen) || isCounted(v.Y, seen)
	case *ssa.Phi:
		if basic, ok := v.Type().Underlying().(*types.Basic); ok && basic.Info()&types.IsInteger != 0 {
			return true
		}
		for _, edge := range v.Edges {
			if isCounted(edge, seen) {
				return true
			}
		}
	case *ssa.Call:
		// len of what is left.
		if builtin, ok := v.Call.Value.(*ssa.Builtin); ok && builtin.Name() == "len" {
			return true
		}
	}
	return false
}

// isForeign tells whether a function belongs to a module that the program depends on.
func (w *World) isForeign(fn *ssa.Function) bool {
	own := w.Program.Main.Path
	if own == "" {
		return false
	}
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	if origin := fn.Origin(); origin != nil {
		fn = origin
	}
	if fn.Pkg == nil {
		return false
	}
	path := fn.Pkg.Pkg.Path()
	return path != "main" && path != own && !strings.HasPrefix(path, own+"/")
}
