package facts

import (
	"golang.org/x/tools/go/ssa"
)

// isDrain tells whether a receive from a timer comes after its Stop, and not after a Reset since: the runtime sends
// nothing any more, and what it had sent before would be there.
func (w *World) isDrain(op *Op) bool {
	timer := timerOf(op.Operand)
	if timer == nil || op.Kind != "receive" {
		return false
	}
	at := op.Instr.Block()
	for _, stop := range w.timerCalls(op.Fn, timer, "time.(*Timer).Stop") {
		b := stop.Block()
		before := b == at && indexIn(stop) < indexIn(op.Instr) || b != at && b.Dominates(at)
		isSet := false
		for _, reset := range w.timerCalls(op.Fn, timer, "time.(*Timer).Reset") {
			isSet = isSet || leadsTo(reset.Block(), indexIn(reset)+1, op.Instr, b)
		}
		if before && !isSet {
			return true
		}
	}
	return false
}

// timerCalls are the calls of a method of one timer in a function.
func (w *World) timerCalls(fn *ssa.Function, timer ssa.Value, method string) []ssa.Instruction {
	expr := w.exprOf(timer, 0)
	var out []ssa.Instruction
	for _, b := range fn.Blocks {
		for _, in := range b.Instrs {
			call, ok := in.(*ssa.Call) // a deferred one is still to come
			if !ok || calledName(call.Common()) != method {
				continue
			}
			if of := call.Common().Args[0]; of == timer || expr != "" && w.exprOf(of, 0) == expr {
				out = append(out, in)
			}
		}
	}
	return out
}

// isClockChannel tells whether a channel is one that the runtime sends to when a time has come: of time.After, time.Tick, a
// Timer or a Ticker.
func isClockChannel(v ssa.Value) bool {
	for {
		switch x := v.(type) {
		case *ssa.ChangeType:
			v = x.X
			continue
		case *ssa.Call:
			switch calledName(&x.Call) {
			case "time.After", "time.Tick":
				return true
			}
		}
		return timerOf(v) != nil
	}
}
