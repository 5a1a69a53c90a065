package facts

import (
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// An Op is one operation on a channel, on an object of package sync, or on a context.
type Op struct {
	ID int
	// Kind is send, receive, close, lock, rlock, unlock, runlock, done, wait, signal, cancel or reset (of a timer); once
	// for a call of Once.Do.
	Kind    string
	Fn      *ssa.Function
	Instr   ssa.Instruction
	Operand ssa.Value
	Pos     token.Pos
	// Expr is the operand as written.
	Expr string
	// Deferred: it runs when its function returns.
	Deferred bool
	// Maybe: it may do nothing, as TryLock, or a case of a select beside others.
	Maybe bool
	// Alone is false where a select has other cases.
	Alone bool
	text  written
}

var syncMethods = map[string]string{
	"sync.(*Mutex).Lock": "lock", "sync.(*Mutex).TryLock": "lock", "sync.(*Mutex).Unlock": "unlock",
	"sync.(*RWMutex).Lock": "lock", "sync.(*RWMutex).TryLock": "lock", "sync.(*RWMutex).Unlock": "unlock",
	"sync.(*RWMutex).RLock": "rlock", "sync.(*RWMutex).TryRLock": "rlock", "sync.(*RWMutex).RUnlock": "runlock",
	"sync.(*WaitGroup).Done": "done", "sync.(*WaitGroup).Add": "add", "sync.(*WaitGroup).Wait": "wait",
	"sync.(*Cond).Wait": "wait", "sync.(*Cond).Signal": "signal", "sync.(*Cond).Broadcast": "signal",
	"sync.(*Once).Do": "once", "sync.Locker.Lock": "lock", "sync.Locker.Unlock": "unlock",
	"sync.Cond.Wait": "wait",
	// Several may have a semaphore at once, as readers have a lock.
	semaphorePackage + ".(*Weighted).Acquire": acquire, semaphorePackage + ".(*Weighted).TryAcquire": acquire,
	semaphorePackage + ".(*Weighted).Release": "runlock",
}

const acquire = "rlock"

// timerResets start a timer again.
var timerResets = map[string]bool{"time.(*Timer).Reset": true, "time.(*Ticker).Reset": true}

// timerOf is the timer whose channel a value is; nil for all others.
func timerOf(v ssa.Value) ssa.Value {
	load, ok := v.(*ssa.UnOp)
	if !ok || load.Op != token.MUL {
		return nil
	}
	f, ok := load.X.(*ssa.FieldAddr)
	if !ok || f.Field != 0 {
		return nil
	}
	owner := deref(f.X.Type())
	if typeIs(owner, "time", "Timer") || typeIs(owner, "time", "Ticker") {
		return f.X
	}
	return nil
}

func isSyncCall(name string) bool { return syncMethods[name] != "" }

func (w *World) findOps() {
	for _, fn := range w.funcs {
		if w.isInsideSync(fn) {
			continue
		}
		for _, b := range fn.Blocks {
			for _, in := range b.Instrs {
				w.findOpsIn(fn, in)
			}
		}
	}
}

// isInsideSync: the objects of package sync are taken as wholes; only what runs a caller's function is looked into.
func (w *World) isInsideSync(fn *ssa.Function) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	if fn.Pkg == nil {
		return false
	}
	path := fn.Pkg.Pkg.Path()
	if path == "internal/sync" {
		return true
	}
	if path != "sync" {
		return false
	}
	recv := fn.Signature.Recv()
	if recv == nil {
		return true
	}
	switch syncType(deref(recv.Type())) + "." + fn.Name() {
	case "Once.doSlow", "WaitGroup.Go":
		return false
	}
	return true
}

func (w *World) addOp(op *Op) {
	op.ID = len(w.ops)
	op.text = w.syntaxOf(op.Fn).at[op.Pos]
	if op.text.operand != nil && op.Expr == "" {
		op.Expr = types.ExprString(op.text.operand)
	}
	w.ops = append(w.ops, op)
	w.opsOf[op.Fn] = append(w.opsOf[op.Fn], op)
	w.opAt[op.Instr] = append(w.opAt[op.Instr], op)
}

func (w *World) findOpsIn(fn *ssa.Function, in ssa.Instruction) {
	switch in := in.(type) {
	case *ssa.Send:
		w.addOp(&Op{Kind: "send", Fn: fn, Instr: in, Operand: in.Chan, Pos: in.Pos(), Alone: true})
	case *ssa.UnOp:
		if in.Op == token.ARROW {
			w.addOp(&Op{Kind: "receive", Fn: fn, Instr: in, Operand: in.X, Pos: in.Pos(), Alone: true})
		}
	case *ssa.Select:
		for _, s := range in.States {
			kind := "receive"
			if s.Dir == types.SendOnly {
				kind = "send"
			}
			alone := len(in.States) == 1 && in.Blocking
			w.addOp(&Op{Kind: kind, Fn: fn, Instr: in, Operand: s.Chan, Pos: s.Pos, Alone: alone})
		}
	case ssa.CallInstruction:
		w.findCallOps(fn, in)
	}
}

func (w *World) findCallOps(fn *ssa.Function, call ssa.CallInstruction) {
	c := call.Common()
	_, deferred := call.(*ssa.Defer)
	if b, ok := c.Value.(*ssa.Builtin); ok {
		if b.Name() == "close" {
			w.addOp(&Op{Kind: "close", Fn: fn, Instr: call, Operand: c.Args[0], Pos: c.Pos(), Deferred: deferred, Alone: true})
		}
		return
	}
	name := calledName(c)
	if timerResets[name] {
		w.addOp(&Op{Kind: "reset", Fn: fn, Instr: call, Operand: c.Args[0], Pos: c.Pos(), Deferred: deferred, Alone: true})
		return
	}
	kind := syncMethods[name]
	if kind == "" && c.IsInvoke() {
		name = w.syncMethodOf(call)
		kind = syncMethods[name]
	}
	if kind == "" {
		return
	}
	if _, ok := call.(*ssa.Go); ok && kind != "wait" && kind != "done" && kind != "unlock" {
		return
	}
	operand := c.Value
	if !c.IsInvoke() {
		operand = c.Args[0]
	}
	ofSemaphore := strings.HasPrefix(name, semaphorePackage)
	if ofSemaphore && isMethodOfSemaphore(fn) {
		return
	}
	if kind == "add" {
		if !takesAway(c.Args[len(c.Args)-1]) {
			return
		}
		kind = "done"
	}
	w.addOp(&Op{Kind: kind, Fn: fn, Instr: call, Operand: operand, Pos: c.Pos(), Deferred: deferred,
		Maybe: strings.Contains(name, ".Try") || (ofSemaphore && kind == acquire && isLookedAt(call)), Alone: true})
}

// isMethodOfSemaphore: what package semaphore does inside is neither taking nor giving back.
func isMethodOfSemaphore(fn *ssa.Function) bool {
	recv := fn.Signature.Recv()
	return recv != nil && syncType(deref(recv.Type())) == "Weighted"
}

// isLookedAt: the result of a call is used, so that what it says may decide.
func isLookedAt(call ssa.CallInstruction) bool {
	v := call.Value()
	if v == nil || v.Referrers() == nil {
		return false
	}
	for _, ref := range *v.Referrers() {
		if _, ok := ref.(*ssa.DebugRef); !ok {
			return true
		}
	}
	return false
}

// syncMethodOf is the method of package sync that a call through an interface of the program may run.
func (w *World) syncMethodOf(call ssa.CallInstruction) string {
	for _, callee := range w.callees[call] {
		if name := linkerName(callee); isSyncCall(name) {
			return name
		}
	}
	return ""
}

// takesAway tells whether a number may be below zero: `Add` with it counts as `Done`.
func takesAway(v ssa.Value) bool {
	if c, ok := v.(*ssa.Const); ok && c.Value != nil {
		return constant.Sign(c.Value) < 0
	}
	if u, ok := v.(*ssa.UnOp); ok {
		return u.Op == token.SUB
	}
	return false
}

// ownerOffset is how far behind what a variable points at an operand lies: `s.mu` behind `s`. It tells a pointer to
// the object around from others where optimised code kept no variable.
func (w *World) ownerOffset(v ssa.Value) (root ssa.Value, offset int64, ok bool) {
	for {
		f, isField := v.(*ssa.FieldAddr)
		if !isField {
			break
		}
		within, known := w.offsetOf(f.X.Type(), f.Field)
		if !known {
			return nil, 0, false
		}
		offset += within
		v = f.X
	}
	return v, offset, true
}
