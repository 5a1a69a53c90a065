package facts

import (
	"go/token"
	"sort"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// A Spin is a loop that a frame stands in, in which nothing waits and nothing is done, and which only others can end.
type Spin struct {
	// Kind is what it asks over and over: try-lock, channel, atomic, memory; endless where it asks nothing.
	Kind     string `json:"kind"`
	Function string `json:"function"`
	File     string `json:"file"`
	From     int    `json:"from"` // its first and last line
	To       int    `json:"to"`
	// Asked is what it asks, by name: `main.Cache.ready`.
	Asked []Name `json:"asked"`
	// Changers are the places that change what it asks.
	Changers []Changer `json:"changers"`
}

// A Changer is a place that may change what a loop asks.
type Changer struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	// Stacks are those that have it ahead.
	Stacks []int `json:"stacks"`
}

// Spins tells whether a frame stands in a loop that spins: every way out of it hangs on what others do alone. A loop that
// ends by its own count, by the clock, or by what a call does that may wait is none.
func (w *World) Spins(s *Stacks, stack, frame int) *Spin {
	if stack < 0 || stack >= len(s.at) || frame < 0 || frame >= len(s.at[stack]) {
		return nil
	}
	var found *Spin
	for _, a := range s.at[stack][frame] {
		spin := w.spinOf(a, s)
		if spin == nil {
			return nil
		}
		found = spin
	}
	return found
}

func (w *World) spinOf(a *activation, s *Stacks) *Spin {
	q := &quiet{w: w, fns: map[*ssa.Function]*quietCall{}}
	blocks := map[*ssa.BasicBlock]bool{}
	points := a.points
	if tried := w.triedAt(a.fn, s.all[a.stack].Frames[a.frame].Line); len(tried) > 0 {
		points = tried
	}
	for _, p := range points {
		if p.entry || p.lost || p.block == nil {
			return nil
		}
		circle := map[*ssa.BasicBlock]bool{}
		if q.instruction(p.block.Instrs[p.index], 0) {
			circle = q.circle(p.block)
		}
		// One that runs may be at any instruction of its line.
		if len(circle) == 0 && !p.again {
			return nil
		}
		for b := range circle {
			blocks[b] = true
		}
	}
	if len(blocks) == 0 {
		return nil
	}
	asked := &askedOf{q: q, blocks: blocks, kinds: map[string]bool{}, seen: map[ssa.Value]bool{}}
	for _, b := range asked.order() {
		if !asked.onlyWaits(b) {
			return nil
		}
		branch, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
		if ok && (!blocks[b.Succs[0]] || !blocks[b.Succs[1]]) && !asked.byOthers(branch.Cond) {
			return nil
		}
	}
	if asked.storesWhatItAsks() {
		return nil
	}
	return w.tellSpin(a, asked, s)
}

// triedAt are the selects with a default of which a case stands in a line: a debugger may give that line for them.
func (w *World) triedAt(fn *ssa.Function, line int) []point {
	var out []point
	for _, b := range fn.Blocks {
		for i, in := range b.Instrs {
			sel, ok := in.(*ssa.Select)
			if !ok || sel.Blocking {
				continue
			}
			for _, state := range sel.States {
				if w.line(state.Pos) == line {
					out = append(out, point{block: b, index: i, again: true})
					break
				}
			}
		}
	}
	return out
}

func (w *World) tellSpin(a *activation, asked *askedOf, s *Stacks) *Spin {
	out := &Spin{Kind: asked.kind(), Function: shortDeclared(a.fn), Asked: []Name{}}
	for _, b := range asked.order() {
		for _, in := range b.Instrs {
			if _, ok := in.(*ssa.DebugRef); ok {
				continue
			}
			at := w.place(positionOf(in))
			if at.Line == 0 {
				continue
			}
			out.File = at.File
			if out.From == 0 || at.Line < out.From {
				out.From = at.Line
			}
			if at.Line > out.To {
				out.To = at.Line
			}
		}
	}
	seen := map[string]bool{}
	for _, v := range asked.values {
		if name, ok := w.nameOf(v); ok && !seen[name.Name] {
			seen[name.Name] = true
			out.Asked = append(out.Asked, name)
		}
	}
	sort.SliceStable(out.Asked, func(i, j int) bool { return out.Asked[i].Rank < out.Asked[j].Rank })
	out.Changers = w.changersOf(asked, s)
	return out
}

// changersOf are the places outside of a loop that change what it asks.
func (w *World) changersOf(asked *askedOf, s *Stacks) []Changer {
	keys := map[locKey]bool{}
	for _, addr := range asked.addresses {
		keys[w.locOf(addr)] = true
	}
	out := []Changer{}
	for _, fn := range w.funcs {
		for _, b := range fn.Blocks {
			if asked.blocks[b] {
				continue
			}
			for _, in := range b.Instrs {
				if addr := changedBy(in); addr == nil || !keys[w.locOf(addr)] {
					continue
				}
				at := w.place(positionOf(in))
				change := Changer{Function: shortDeclared(fn), File: at.File, Line: at.Line, Stacks: []int{}}
				known := map[int]bool{}
				for _, a := range s.of[fn] {
					if !known[a.stack] && w.isAheadOfAny(in, a.points) {
						known[a.stack] = true
						change.Stacks = append(change.Stacks, a.stack)
					}
				}
				out = append(out, change)
			}
		}
	}
	out = append(out, w.partners(asked, s)...)
	if len(out) > mostChangers {
		out = out[:mostChangers]
	}
	return out
}

// partners are the operations that the channels and locks which a loop tries wait for.
func (w *World) partners(asked *askedOf, s *Stacks) []Changer {
	byMode := map[string][]int{}
	for _, b := range asked.order() {
		for _, in := range b.Instrs {
			for _, op := range w.opAt[in] {
				switch {
				case op.Kind == "send" || op.Kind == "receive":
					byMode[op.Kind] = append(byMode[op.Kind], op.ID)
				case op.Maybe && (op.Kind == "lock" || op.Kind == "rlock"):
					byMode[op.Kind] = append(byMode[op.Kind], op.ID)
				}
			}
		}
	}
	out := []Changer{}
	for _, mode := range []string{"send", "receive", "lock", "rlock"} {
		if len(byMode[mode]) == 0 {
			continue
		}
		for _, op := range w.Answer(s, byMode[mode], mode).Operations {
			if strings.HasPrefix(op.Kind, "told:") {
				continue
			}
			change := Changer{Function: op.Function, File: op.File, Line: op.Line, Stacks: []int{}}
			known := map[int]bool{}
			for _, spot := range append(append([]Spot{}, op.OnStack...), op.Routes...) {
				if !known[spot.Stack] {
					known[spot.Stack] = true
					change.Stacks = append(change.Stacks, spot.Stack)
				}
			}
			out = append(out, change)
		}
	}
	return out
}

const mostChangers = 20

// changedBy is the address that an instruction changes; nil of all others.
func changedBy(in ssa.Instruction) ssa.Value {
	switch in := in.(type) {
	case *ssa.Store:
		return in.Addr
	case ssa.CallInstruction:
		c := in.Common()
		name := calledName(c)
		if change, ok := atomicCall(name); ok && change != "load" && len(c.Args) > 0 {
			return c.Args[0]
		}
	}
	return nil
}

// isConstant: it is written in the program.
func isConstant(v ssa.Value) bool {
	_, ok := v.(*ssa.Const)
	return ok
}

// isCount tells whether a loop carries a value that it only counts up or down, or begins to count anew.
func isCount(phi *ssa.Phi) bool {
	for _, edge := range phi.Edges {
		if step, ok := edge.(*ssa.BinOp); ok && (step.Op == token.ADD || step.Op == token.SUB) && isConstant(step.Y) {
			edge = step.X
		}
		_, counted := edge.(*ssa.Phi)
		if !counted && !isConstant(edge) {
			return false
		}
	}
	return true
}
