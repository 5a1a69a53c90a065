package facts

import (
	"golang.org/x/tools/go/ssa"
)

// A constraint says which function a value must be for the way to lead here: it was called as a value further down.
type constraint struct {
	path Path
	fn   *ssa.Function
}

// mustBe follows which function a value has to be: where it is passed in, the callers decide.
func (k *walker) mustBe(fn *ssa.Function, site ssa.CallInstruction, must *constraint) (*constraint, bool) {
	c := site.Common()
	if must != nil {
		arg := k.constrained(fn, site, must)
		if arg == nil {
			return nil, true
		}
		return k.narrow(k.w.follow(k.w.boundTo(arg, 0), must.path.steps, 0), must.fn)
	}
	if c.IsInvoke() {
		return nil, true
	}
	if c.StaticCallee() != nil {
		return nil, true
	}
	return k.narrow(k.w.Paths(c.Value), fn)
}

// mayBeMade: may what a function that the library calls has captured be the function that is wanted?
func (k *walker) mayBeMade(fn *ssa.Function, must *constraint) bool {
	if must == nil || must.path.root != rootFree {
		return true
	}
	made := k.w.closures[fn]
	for _, closure := range made {
		if must.path.index >= len(closure.Bindings) {
			return true
		}
		bound := k.w.boundTo(closure.Bindings[must.path.index], 0)
		if _, ok := k.narrow(k.w.follow(bound, must.path.steps, 0), must.fn); ok {
			return true
		}
	}
	return len(made) == 0
}

func (k *walker) constrained(fn *ssa.Function, site ssa.CallInstruction, must *constraint) ssa.Value {
	switch must.path.root {
	case rootParam:
		return argument(site.Common(), fn, must.path.index)
	case rootFree:
		if made, ok := site.Common().Value.(*ssa.MakeClosure); ok && made.Fn == fn && must.path.index < len(made.Bindings) {
			return made.Bindings[must.path.index]
		}
	}
	return nil
}

// narrow: of the values that a call may run, is one the function? Only what is passed in stays open.
func (k *walker) narrow(paths []Path, fn *ssa.Function) (*constraint, bool) {
	if len(paths) == 0 {
		return nil, true
	}
	for _, p := range paths {
		switch {
		case p.root == rootFresh && len(p.steps) == 0:
			if functionOfValue(p.value) == fn || functionOfValue(p.value) == nil {
				return nil, true
			}
		case (p.root == rootParam || p.root == rootFree) && len(paths) == 1 && len(p.steps) == 0:
			return &constraint{p, fn}, true
		default:
			return nil, true
		}
	}
	return nil, false
}
