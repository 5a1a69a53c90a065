package facts

import (
	"go/ast"
	"regexp"
	"sort"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// A Frame is one of a goroutine's stack, as the debugger tells it, innermost first.
type Frame struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Inlined  bool   `json:"inlined"`
}

// A Stack is one that goroutines of one group have.
type Stack struct {
	ID string `json:"id"`
	// Parked goroutines wait; others run, or are about to.
	Parked  bool    `json:"parked"`
	Partial bool    `json:"partial"`
	Frames  []Frame `json:"frames"`
}

// An activation is a frame of a stack with the function that it runs.
type activation struct {
	stack, frame int
	fn           *ssa.Function
	points       []point
	// waits: the goroutine is parked in this very frame.
	waits bool
}

// Stacks are all stacks of one core, with the functions that their frames run.
type Stacks struct {
	all  []Stack
	of   map[*ssa.Function][]*activation
	at   [][][]*activation // by stack and frame
	open []string          // frames that could not be told: their goroutines may do anything
}

var (
	// literalName: a literal's name ends in a number. Inlined into another one, it has that one's name in front:
	// `f.func1.(*T).m.1`.
	literalName  = regexp.MustCompile(`\.(?:func|gowrap|deferwrap)\d+(?:[.·-]\w+)*$|\.func\d+\..*\.\d+$`)
	nestedName   = regexp.MustCompile(`\.func\d+((?:\.\d+)*)$`)
	typeArgs     = regexp.MustCompile(`\[[^\[\]]*\]`)
	wrapperName  = regexp.MustCompile(`\.(?:gowrap|deferwrap)\d+$|-fm$`)
	rangeBody    = regexp.MustCompile(`(?:-range\d+)+$`)
	numberedInit = regexp.MustCompile(`\.init\.\d+$`)
	initializer  = regexp.MustCompile(`\.(?:map\.)?init(?:\.\d+)?$`)
)

func withoutTypeArgs(name string) string {
	for strings.Contains(name, "[") {
		next := typeArgs.ReplaceAllString(name, "")
		if next == name {
			break
		}
		name = next
	}
	return name
}

func bareName(name string) string {
	name = rangeBody.ReplaceAllString(withoutTypeArgs(name), "")
	name = numberedInit.ReplaceAllString(name, ".init")
	return name[strings.LastIndex(name, ".")+1:]
}

// functionsAt are the functions with source around a line, innermost first.
func (w *World) functionsAt(file string, line int) []*ssa.Function {
	var found []*ssa.Function
	for _, fn := range w.byFile[file] {
		if from, to := w.span(fn); from <= line && line <= to {
			found = append(found, fn)
		}
	}
	sort.SliceStable(found, func(i, j int) bool {
		a, b := found[i].Syntax(), found[j].Syntax()
		return a.End()-a.Pos() < b.End()-b.Pos()
	})
	return found
}

// FunctionsOf are the functions that a frame runs: one, or all instances of a generic one. None for what has no source
// here, or where the sources do not fit.
func (w *World) FunctionsOf(f Frame) []*ssa.Function {
	around := w.functionsAt(f.File, f.Line)
	plain := rangeBody.ReplaceAllString(withoutTypeArgs(f.Function), "")
	if wrapperName.MatchString(plain) {
		return nil
	}
	if literalName.MatchString(plain) {
		return w.literalsOf(plain, around)
	}
	bare := bareName(f.Function)
	var out []*ssa.Function
	for _, fn := range around {
		if fn.Parent() == nil && declaredName(fn) == bare {
			out = append(out, fn)
		}
	}
	return out
}

func declaredName(fn *ssa.Function) string {
	if origin := fn.Origin(); origin != nil {
		fn = origin
	}
	name := fn.Name()
	if strings.HasPrefix(name, "init#") {
		return "init"
	}
	return name
}

// literalsOf chooses among the literals around a line by how deep the frame's name says it is.
func (w *World) literalsOf(plain string, around []*ssa.Function) []*ssa.Function {
	var chain []ast.Node
	byNode := map[ast.Node][]*ssa.Function{}
	for _, fn := range around {
		if _, ok := fn.Syntax().(*ast.FuncLit); !ok {
			continue
		}
		if byNode[fn.Syntax()] == nil {
			chain = append(chain, fn.Syntax())
		}
		byNode[fn.Syntax()] = append(byNode[fn.Syntax()], fn)
	}
	if len(chain) == 0 {
		return nil
	}
	at := 0
	if m := nestedName.FindStringSubmatch(plain); m != nil && len(chain) > 1 {
		depth := strings.Count(m[1], ".") + 1
		if wanted := len(chain) - depth; wanted >= 0 && wanted < len(chain) {
			at = wanted
		}
	}
	return byNode[chain[at]]
}

// Resolve finds the functions of all frames, and where in them each stands.
func (w *World) Resolve(stacks []Stack) *Stacks {
	s := &Stacks{all: stacks, of: map[*ssa.Function][]*activation{}, at: make([][][]*activation, len(stacks))}
	known := map[Frame][]*ssa.Function{}
	functions := func(f Frame) []*ssa.Function {
		if found, ok := known[f]; ok {
			return found
		}
		found := w.FunctionsOf(f)
		known[f] = found
		return found
	}
	for i, stack := range stacks {
		s.at[i] = make([][]*activation, len(stack.Frames))
		for j, f := range stack.Frames {
			fns := functions(f)
			var inner []*ssa.Function
			innerName := ""
			if j > 0 {
				inner, innerName = functions(stack.Frames[j-1]), stack.Frames[j-1].Function
			}
			for _, fn := range fns {
				points := w.pointsOf(fn, f, inner, innerName, stack.Parked || j > 0)
				a := &activation{stack: i, frame: j, fn: fn, points: points, waits: stack.Parked && isParkedIn(stack, j)}
				s.add(a)
			}
			if len(fns) == 0 {
				for _, fn := range w.startedBy(f, j == 0) {
					s.add(&activation{stack: i, frame: j, fn: fn, points: []point{{entry: true}}})
				}
			}
		}
	}
	return s
}

func (s *Stacks) add(a *activation) {
	s.of[a.fn] = append(s.of[a.fn], a)
	s.at[a.stack][a.frame] = append(s.at[a.stack][a.frame], a)
}

// isParkedIn tells whether only the runtime and package sync stand between a frame and the scheduler.
func isParkedIn(stack Stack, frame int) bool {
	for _, f := range stack.Frames[:frame] {
		if !strings.HasPrefix(f.Function, "runtime.") && !strings.HasPrefix(f.Function, "sync.") && !strings.HasPrefix(f.Function, "internal/sync.") {
			return false
		}
	}
	return true
}

// startedBy are the functions that a wrapper is about to run which the compiler made for a go or defer statement.
func (w *World) startedBy(f Frame, innermost bool) []*ssa.Function {
	if !innermost || !literalName.MatchString(withoutTypeArgs(f.Function)) {
		return nil
	}
	var out []*ssa.Function
	for _, fn := range w.functionsAt(f.File, f.Line) {
		for _, b := range fn.Blocks {
			for _, in := range b.Instrs {
				switch call := in.(type) {
				case *ssa.Go:
					if w.line(call.Pos()) <= f.Line && f.Line <= w.endLine(fn, call) {
						out = append(out, w.callees[call]...)
					}
				case *ssa.Defer:
					if w.line(call.Pos()) == f.Line {
						out = append(out, w.callees[call]...)
					}
				}
			}
		}
	}
	return out
}

func (w *World) endLine(fn *ssa.Function, call ssa.CallInstruction) int {
	if c := w.syntaxOf(fn).calls[call.Common().Pos()]; c != nil {
		return w.line(c.End())
	}
	return w.line(call.Pos())
}

// pointsOf are the instructions at which a frame may stand: of an outer frame, the calls of its line that may run the
// frame inside it.
func (w *World) pointsOf(fn *ssa.Function, f Frame, inner []*ssa.Function, innerName string, stopped bool) []point {
	var exact, line, near []point
	innerSet := map[*ssa.Function]bool{}
	for _, in := range inner {
		innerSet[in] = true
	}
	parked := strings.HasPrefix(innerName, "runtime.")
	syntax := w.syntaxOf(fn)
	for _, b := range fn.Blocks {
		for i, in := range b.Instrs {
			if _, ok := in.(*ssa.DebugRef); ok {
				continue
			}
			from, to := w.extent(syntax, in)
			if from == 0 || f.Line < from || f.Line > to {
				continue
			}
			p := point{block: b, index: i}
			if !stopped {
				// It runs: nothing of its line need have happened.
				p.again = true
				line = append(line, p)
				continue
			}
			matches, stands := w.standsAt(in, innerSet, parked, innerName)
			if !stands {
				continue
			}
			atLine := from == f.Line || w.ownLine(syntax, in) == f.Line
			switch {
			case matches && atLine:
				exact = append(exact, p)
			case matches:
				near = append(near, p)
			case atLine:
				line = append(line, p)
			}
		}
	}
	if len(exact) == 0 {
		exact = w.deferPoints(fn, f, innerSet)
	}
	for _, found := range [][]point{exact, near, line} {
		if len(found) > 0 {
			return found
		}
	}
	return []point{{entry: true}}
}

// standsAt: matches says that the instruction fits what is known of the frame inside; stands, that a frame can be
// stopped in it at all.
func (w *World) standsAt(in ssa.Instruction, inner map[*ssa.Function]bool, parked bool, innerName string) (matches, stands bool) {
	switch in := in.(type) {
	case *ssa.Send, *ssa.Select:
		return parked, true
	case *ssa.UnOp:
		return parked && in.Op.String() == "<-", in.Op.String() == "<-"
	case *ssa.Call:
		for _, callee := range w.callees[in] {
			if inner[callee] {
				return true, true
			}
		}
		name := calledName(&in.Call)
		if name != "" && (name == innerName || withoutTypeArgs(name) == withoutTypeArgs(innerName)) {
			return true, true
		}
		if len(inner) > 0 {
			return false, true
		}
		// Wrappers and functions without source: any call of the line may lead there, one with that name first.
		if name != "" && bareName(name) == bareName(innerName) {
			return true, true
		}
		_, builtin := in.Call.Value.(*ssa.Builtin)
		return false, !builtin
	}
	return false, false
}

// deferPoints: a frame whose inner one was deferred stands at the end of its function, whatever line it shows.
func (w *World) deferPoints(fn *ssa.Function, f Frame, inner map[*ssa.Function]bool) []point {
	deferred := false
	for _, b := range fn.Blocks {
		for _, in := range b.Instrs {
			if d, ok := in.(*ssa.Defer); ok {
				for _, callee := range w.callees[d] {
					deferred = deferred || inner[callee]
				}
			}
		}
	}
	if !deferred {
		return nil
	}
	var all, own []point
	for _, b := range fn.Blocks {
		for i, in := range b.Instrs {
			if _, ok := in.(*ssa.RunDefers); ok {
				p := point{block: b, index: i}
				all = append(all, p)
				if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && w.line(ret.Pos()) == f.Line {
					own = append(own, p)
				}
			}
		}
	}
	if len(own) > 0 {
		return own
	}
	return all
}

// extent is the lines that the debugger may give for an instruction.
func (w *World) extent(syntax *syntaxIndex, in ssa.Instruction) (int, int) {
	pos := in.Pos()
	if call, ok := in.(ssa.CallInstruction); ok && call.Common().Pos().IsValid() {
		pos = call.Common().Pos()
		if c := syntax.calls[pos]; c != nil {
			return w.line(c.Pos()), w.line(c.End())
		}
	}
	if sel, ok := in.(*ssa.Select); ok {
		for _, s := range sel.States {
			if t, ok := syntax.at[s.Pos]; ok && t.sel != nil {
				return w.line(t.sel.Pos()), w.line(t.sel.Pos())
			}
		}
	}
	if t, ok := syntax.at[pos]; ok {
		if loop, ok := t.statement.(*ast.RangeStmt); ok {
			return w.line(loop.Pos()), w.line(loop.X.End())
		}
		return w.line(t.statement.Pos()), w.line(t.statement.End())
	}
	n := w.line(pos)
	return n, n
}

func (w *World) ownLine(syntax *syntaxIndex, in ssa.Instruction) int {
	if call, ok := in.(ssa.CallInstruction); ok {
		if c := syntax.calls[call.Common().Pos()]; c != nil {
			if sel, ok := c.Fun.(*ast.SelectorExpr); ok {
				return w.line(sel.Sel.Pos())
			}
		}
	}
	return w.line(in.Pos())
}
