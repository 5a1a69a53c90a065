package facts

import (
	"go/types"

	"go-deadlock-lab/facts/internal/compat"

	"golang.org/x/tools/go/ssa"
)

// typeKeys gives types names under which equal types of one program are found again.
type typeKeys struct{}

func (k typeKeys) of(t types.Type) string {
	return types.TypeString(compat.Unalias(t), func(p *types.Package) string { return p.Path() })
}

func deref(t types.Type) types.Type {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

func isChan(t types.Type) bool {
	_, ok := t.Underlying().(*types.Chan)
	return ok
}

func isFunc(t types.Type) bool {
	_, ok := t.Underlying().(*types.Signature)
	return ok
}

// semaphorePackage has a semaphore that is told, held and given back as what package sync has.
const semaphorePackage = "golang.org/x/sync/semaphore"

// syncType is the name of a type of package sync: `Mutex`, or `Weighted` of package semaphore; "" for all others.
func syncType(t types.Type) string {
	named, ok := compat.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return ""
	}
	if named.Obj().Pkg().Path() == semaphorePackage && named.Obj().Name() == "Weighted" {
		return "Weighted"
	}
	if named.Obj().Pkg().Path() != "sync" {
		return ""
	}
	switch name := named.Obj().Name(); name {
	case "Mutex", "RWMutex", "WaitGroup", "Cond", "Once":
		return name
	}
	return ""
}

// calledName is the package path and name of the function or method that a call certainly runs, as
// `sync.(*Mutex).Lock`; of a method called through an interface, `context.Context.Done`.
func calledName(c *ssa.CallCommon) string {
	if c.IsInvoke() {
		named, ok := compat.Unalias(c.Value.Type()).(*types.Named)
		if !ok || named.Obj().Pkg() == nil {
			return ""
		}
		return named.Obj().Pkg().Path() + "." + named.Obj().Name() + "." + c.Method.Name()
	}
	fn := c.StaticCallee()
	if fn == nil {
		return ""
	}
	return linkerName(fn)
}
