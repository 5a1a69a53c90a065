package facts

import (
	"go/constant"
	"go/token"
	"go/types"
	"sort"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// given are the values of conditions that a caller has settled, by their paths: parameters, and fields of what it has made.
type given map[string]bool

func (g given) key() string {
	var keys []string
	for key, value := range g {
		if value {
			key += "+"
		}
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return strings.Join(keys, " ")
}

// passedOn is what a call settles of conditions in the function that it calls.
func (w *World) passedOn(call ssa.CallInstruction, fn *ssa.Function, known given) given {
	out := given{}
	for i, p := range fn.Params {
		arg := argument(call.Common(), fn, i)
		if arg == nil {
			continue
		}
		own := Path{root: rootParam, index: i}
		if value, ok := w.settled(arg, known); ok {
			out[own.key()] = value
		}
		made, isMade := arg.(*ssa.Alloc)
		st, isStruct := deref(p.Type()).Underlying().(*types.Struct)
		for field := 0; isMade && isStruct && field < st.NumFields(); field++ {
			if stores := storesToField(made, field); len(stores) == 1 && isBool(st.Field(field).Type()) {
				step := w.fieldStep(p.Type(), field)
				if value, ok := w.settled(stores[0], known); ok && !w.reset[locKey("F"+step.owner+"#"+itoa(step.index))] {
					out[own.with(step).key()] = value
				}
			}
		}
	}
	return out
}

// settled is the value of a condition that is known.
func (w *World) settled(v ssa.Value, known given) (value, ok bool) {
	switch v := v.(type) {
	case *ssa.Const:
		if v.Value != nil && v.Value.Kind() == constant.Bool {
			return constant.BoolVal(v.Value), true
		}
		return false, false
	case *ssa.UnOp:
		if v.Op == token.NOT {
			value, ok := w.settled(v.X, known)
			return !value, ok
		}
	}
	if !isBool(v.Type()) || len(known) == 0 {
		return false, false
	}
	paths := w.Paths(v)
	if len(paths) != 1 || paths[0].root != rootParam {
		return false, false
	}
	value, ok = known[paths[0].key()]
	return value, ok
}

// settledFor is what the functions that an activation was called by settle for it.
func (w *World) settledFor(a *activation, s *Stacks, depth int) given {
	outer := a.frame + 1
	if depth > maxLenders || outer >= len(s.at[a.stack]) || len(s.at[a.stack][outer]) != 1 {
		return nil
	}
	caller := s.at[a.stack][outer][0]
	if len(caller.points) != 1 || caller.points[0].lost || caller.points[0].entry {
		return nil
	}
	at := caller.points[0]
	call, ok := at.block.Instrs[at.index].(*ssa.Call)
	if !ok {
		return nil
	}
	for _, callee := range w.callees[call] {
		if callee == a.fn {
			return w.passedOn(call, a.fn, w.settledFor(caller, s, depth+1))
		}
	}
	return nil
}

func isBool(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsBoolean != 0
}
