package facts

import (
	"go/token"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// quiet tells what neither waits nor does anything: it asks, and lets others run.
type quiet struct {
	w   *World
	fns map[*ssa.Function]*quietCall
}

// A quietCall is what is known of a function that a loop calls: asks is false where its result is its own affair.
type quietCall struct {
	is, asks  bool
	kinds     []string
	values    []ssa.Value
	addresses []ssa.Value
}

// deepest are the calls that are followed into each other.
const deepest = 4

// circle are the blocks of a loop around a block in which every instruction is quiet; none where there is no such loop.
func (q *quiet) circle(b *ssa.BasicBlock) map[*ssa.BasicBlock]bool {
	known := map[*ssa.BasicBlock]bool{}
	isQuiet := func(b *ssa.BasicBlock) bool {
		is, ok := known[b]
		if !ok {
			is = q.block(b, 0)
			known[b] = is
		}
		return is
	}
	if !isQuiet(b) {
		return nil
	}
	walk := func(next func(*ssa.BasicBlock) []*ssa.BasicBlock) map[*ssa.BasicBlock]bool {
		seen := map[*ssa.BasicBlock]bool{}
		work := []*ssa.BasicBlock{b}
		for len(work) > 0 {
			at := work[len(work)-1]
			work = work[:len(work)-1]
			for _, to := range next(at) {
				if !seen[to] && isQuiet(to) {
					seen[to] = true
					work = append(work, to)
				}
			}
		}
		return seen
	}
	after := walk(func(b *ssa.BasicBlock) []*ssa.BasicBlock { return b.Succs })
	before := walk(func(b *ssa.BasicBlock) []*ssa.BasicBlock { return b.Preds })
	out := map[*ssa.BasicBlock]bool{}
	for found := range after {
		if before[found] {
			out[found] = true
		}
	}
	return out
}

func (q *quiet) block(b *ssa.BasicBlock, depth int) bool {
	for _, in := range b.Instrs {
		if !q.instruction(in, depth) {
			return false
		}
	}
	return true
}

func (q *quiet) instruction(in ssa.Instruction, depth int) bool {
	switch in := in.(type) {
	case *ssa.Send, *ssa.Go, *ssa.MapUpdate, *ssa.MakeChan, *ssa.MakeMap, *ssa.MakeSlice, *ssa.MakeClosure, *ssa.Panic,
		*ssa.Next:
		return false
	case *ssa.Return, *ssa.RunDefers:
		// The end of a function that the loop calls, and not of the one around it.
		return depth > 0
	case *ssa.Defer:
		kind := syncMethods[calledName(&in.Call)]
		return depth > 0 && (kind == "unlock" || kind == "runlock")
	case *ssa.Select:
		return !in.Blocking
	case *ssa.UnOp:
		return in.Op != token.ARROW
	case *ssa.Store:
		return isConstant(in.Val) || isLocal(in.Addr) || isStep(in)
	case *ssa.Call:
		return q.call(&in.Call, in, depth).is
	}
	return true
}

// isLocal: nobody else can see it.
func isLocal(addr ssa.Value) bool {
	a, ok := addr.(*ssa.Alloc)
	return ok && !a.Heap
}

// isStep: a count of something, kept in memory.
func isStep(in *ssa.Store) bool {
	step, ok := in.Val.(*ssa.BinOp)
	if !ok || !isConstant(step.Y) {
		return false
	}
	load, ok := step.X.(*ssa.UnOp)
	return ok && load.Op == token.MUL && sameAddress(load.X, in.Addr)
}

func sameAddress(a, b ssa.Value) bool {
	if a == b {
		return true
	}
	x, ok := a.(*ssa.FieldAddr)
	y, also := b.(*ssa.FieldAddr)
	return ok && also && x.Field == y.Field && sameAddress(x.X, y.X)
}

// atomicCall is what a function of sync/atomic does: load, store, add, swap or compare.
func atomicCall(name string) (string, bool) {
	if !strings.HasPrefix(name, "sync/atomic.") {
		return "", false
	}
	bare := bareName(name)
	for prefix, kind := range map[string]string{
		"Load": "load", "Store": "store", "Add": "add", "Swap": "swap", "CompareAndSwap": "compare", "And": "add", "Or": "add",
	} {
		if strings.HasPrefix(bare, prefix) {
			return kind, true
		}
	}
	return "", false
}

var loud = &quietCall{}

// call tells of a call in a loop whether it waits for nothing and does nothing, and what it asks.
func (q *quiet) call(c *ssa.CallCommon, site ssa.CallInstruction, depth int) *quietCall {
	if builtin, ok := c.Value.(*ssa.Builtin); ok {
		switch builtin.Name() {
		case "len", "cap":
			if len(c.Args) == 1 && isChan(c.Args[0].Type()) {
				return &quietCall{is: true, asks: true, kinds: []string{"channel"}, values: c.Args}
			}
			return &quietCall{is: true, asks: true}
		case "min", "max", "real", "imag", "complex":
			return &quietCall{is: true, asks: true}
		}
		return loud
	}
	name := calledName(c)
	if kind, ok := atomicCall(name); ok {
		return atomicAsked(kind, c)
	}
	switch name {
	case "runtime.Gosched", "runtime.KeepAlive":
		return &quietCall{is: true}
	case "context.Context.Err":
		return &quietCall{is: true, asks: true, kinds: []string{"channel"}, values: []ssa.Value{c.Value}}
	case "sync.(*Mutex).TryLock", "sync.(*RWMutex).TryLock", "sync.(*RWMutex).TryRLock":
		return &quietCall{is: true, asks: true, kinds: []string{"try-lock"}, values: c.Args, addresses: c.Args}
	}
	switch syncMethods[name] {
	case "lock", "rlock", "unlock", "runlock":
		// A lock around what is asked; who waits for it does not run.
		return &quietCall{is: true}
	}
	callees := q.w.callees[site]
	if len(callees) == 0 || depth >= deepest {
		return loud
	}
	out := &quietCall{is: true, asks: true}
	for _, callee := range callees {
		own := q.function(callee, depth+1)
		if !own.is {
			return loud
		}
		out.asks = out.asks && own.asks
		out.kinds = append(out.kinds, own.kinds...)
		out.values = append(out.values, own.values...)
		out.addresses = append(out.addresses, own.addresses...)
	}
	return out
}

// atomicAsked: what is compared with a value that was read before is taken from others who go on.
func atomicAsked(kind string, c *ssa.CallCommon) *quietCall {
	if len(c.Args) == 0 {
		return loud
	}
	asked := &quietCall{is: true, asks: true, kinds: []string{"atomic"}, values: c.Args[:1], addresses: c.Args[:1]}
	switch kind {
	case "load":
		return asked
	case "compare", "swap":
		if isConstant(c.Args[1]) {
			return asked
		}
		return loud
	case "store":
		if isConstant(c.Args[1]) {
			return &quietCall{is: true}
		}
		return loud
	}
	return &quietCall{is: true}
}

// function tells of a function that a loop calls: quiet is one without loops of its own.
func (q *quiet) function(fn *ssa.Function, depth int) *quietCall {
	if known, ok := q.fns[fn]; ok {
		return known
	}
	// One that calls itself is not.
	q.fns[fn] = loud
	if isOpaque(fn) {
		return loud
	}
	out := &quietCall{is: true, asks: true}
	for _, b := range fn.Blocks {
		if q.w.blocksAfter(b)[b] {
			return loud
		}
		for _, in := range b.Instrs {
			if !q.instruction(in, depth) {
				return loud
			}
			switch in := in.(type) {
			case *ssa.Call:
				own := q.call(&in.Call, in, depth)
				out.kinds = append(out.kinds, own.kinds...)
				out.values = append(out.values, own.values...)
				out.addresses = append(out.addresses, own.addresses...)
			case *ssa.Select:
				out.kinds = append(out.kinds, "channel")
				for _, state := range in.States {
					out.values = append(out.values, state.Chan)
				}
			case *ssa.UnOp:
				if in.Op == token.MUL && !isLocal(in.X) && isPlain(in.Type()) {
					out.kinds = append(out.kinds, "memory")
					out.values = append(out.values, in.X)
					out.addresses = append(out.addresses, in.X)
				}
			}
		}
	}
	q.fns[fn] = out
	return out
}
