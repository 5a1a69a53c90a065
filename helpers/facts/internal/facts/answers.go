package facts

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// A Spot is a frame of a stack in which something is still to come, or is held.
type Spot struct {
	Stack int `json:"stack"`
	Frame int `json:"frame"`
	// Expr finds the object in that frame; "" where it cannot be read there.
	Expr string `json:"expr"`
	// Stays: the variable and the fields on the way mean the same object until then.
	Stays bool `json:"stays"`
	// Again: the frame has been there before, and comes there once more.
	Again bool `json:"again,omitempty"`
	// Renewed: the frame waits to receive the value that it is in; what it has now is not meant.
	Renewed bool `json:"renewed,omitempty"`
	// Owner says how to tell the object by a pointer in the frame's memory, where the variable was optimised away.
	Owner *Owner `json:"owner,omitempty"`
	// Via tells the object from what the goroutine waits for, where the variable cannot be read.
	Via *Via `json:"via,omitempty"`
	// Arms are those of the select that the frame waits in from which it comes there; none where all of them do.
	Arms []Arm `json:"arms,omitempty"`
	// Waited: the object is what the goroutine waits for.
	Waited bool `json:"waited,omitempty"`
	// Loose: the frame holds it as long as it is needed, with a variable or without.
	Loose bool `json:"loose,omitempty"`
	// Bound tells it by a function value in the frame that has it.
	Bound *Bound `json:"bound,omitempty"`
	// Registered: a deferred call that the frame has registered leads straight there.
	Registered bool `json:"registered,omitempty"`
	// Skips: the frame may come round to where it stands, and not by the operation.
	Skips bool `json:"skips,omitempty"`
	// Times: sure, once or many, for what a frame does to a wait group.
	Times string `json:"times,omitempty"`
	// Site is where the frame calls what leads there; zero for the operation itself.
	Site     *Place `json:"site,omitempty"`
	CalledAt *Place `json:"calledAt,omitempty"`
	Gates    []int  `json:"gates,omitempty"`
	// Groups are waited for before the frame comes there.
	Groups []GroupWait `json:"groups,omitempty"`
}

// An Arm is a case of a select.
type Arm struct {
	Kind string `json:"kind"`
	Expr string `json:"expr"`
	Via  *Via   `json:"via,omitempty"`
}

// An Owner tells an object by what lies around it.
type Owner struct {
	Type   string `json:"type"`
	Offset int64  `json:"offset"`
	// Ambiguous: the function has other variables of that type.
	Ambiguous bool `json:"ambiguous"`
	// Passed: the caller gave it, so that it is in the frame as long as it is needed.
	Passed bool `json:"passed"`
	// Access: from the pointer in the frame to the object, where that lies behind a pointer of its own; then it is in
	// nothing that Offset could tell.
	Access Access `json:"access,omitempty"`
}

// An Entry is a way in for code that is on no stack and was not read.
type Entry struct {
	Why   string `json:"why"`
	File  string `json:"file"`
	Line  int    `json:"line"`
	Gates []int  `json:"gates,omitempty"`
}

// An Operation of a class, with everyone who may come to it.
type Operation struct {
	Kind     string `json:"kind"`
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Expr     string `json:"expr"`
	Deferred bool   `json:"deferred,omitempty"`
	// Bare: an unlock of what its function has not locked.
	Bare bool `json:"bare,omitempty"`
	// Foreign: it stands in a module that the program depends on.
	Foreign bool `json:"foreign,omitempty"`
	// One: of all who wait for a condition it wakes one, whichever that is.
	One bool `json:"one,omitempty"`
	// LeftBefore: the line of a return before a send, close or Done; 0 where there is none.
	LeftBefore int     `json:"leftBefore,omitempty"`
	OnStack    []Spot  `json:"onStack"`
	Routes     []Spot  `json:"routes"`
	Open       []Entry `json:"open"`
}

// A Gate is a lock that everyone new has to take before an operation.
type Gate struct {
	ID     int    `json:"id"`
	Global bool   `json:"global"`
	Closed []Spot `json:"closed"` // who stands in it: waits there, or has taken its lock
}

// A Class is what operations may be on the objects that are waited for at some places.
type Class struct {
	Operations []Operation `json:"operations"`
	Gates      []Gate      `json:"gates"`
	Names      []Name      `json:"names"`
	Unknown    bool        `json:"unknown"`
	Escapes    []Entry     `json:"escapes"`
	Contexts   []Context   `json:"contexts"`
	Others     []Entry     `json:"others"`
	Background bool        `json:"background"`
	Departures []Departure `json:"departures"`
	Slots      []int       `json:"slots"` // stacks that hold a slot of a semaphore
	Holders    []Holder    `json:"holders"`
	Leaks      []Leak      `json:"leaks"`
	Made       []Made      `json:"made,omitempty"`
}

// Made is a place where such an object comes into being.
type Made struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Foreign  bool   `json:"foreign,omitempty"`
}

// A Context that is waited for, as its maker knows it.
type Context struct {
	Name      string  `json:"name"`
	Function  string  `json:"function"`
	File      string  `json:"file"`
	Line      int     `json:"line"`
	Discarded bool    `json:"discarded"`
	Clock     bool    `json:"clock"`
	Cancels   []Place `json:"cancels"`
}

// A Holder stands where its function has taken a lock and not given it back.
type Holder struct {
	Spot
	Always bool   `json:"always"`
	Kind   string `json:"kind"` // lock or rlock
	Text   string `json:"text"` // as written where it was taken
	File   string `json:"file"`
	Line   int    `json:"line"` // of the Lock
	// GivenBack: a function further in gives it back for a while.
	GivenBack string `json:"givenBack,omitempty"`
	// Own: the frame waits for the same variable that it has locked.
	Own bool `json:"own,omitempty"`
	// TakenBy is the function that took it and returned with it; "" where the frame's own did.
	TakenBy string `json:"takenBy,omitempty"`
}

// A Leak is a place where a function returns or panics with the lock.
type Leak struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	LockedAt int    `json:"lockedAt"`
	// Panics: there it panics, and whoever recovers does so without unlocking.
	Panics bool `json:"panics,omitempty"`
}

// ended are the operations that end a wait.
var ended = map[string][]string{
	"send": {"receive", "close"}, "receive": {"send", "close", "cancel", "reset"}, "lock": {"unlock"}, "drain": {"runlock"}, "rlock": {"unlock"},
	"wait": {"done"}, "notify": {"signal"},
}

// Answer finds who could end waits at these operations: mode is send, receive, lock, drain, rlock, wait or notify.
func (w *World) Answer(s *Stacks, ids []int, mode string) *Class {
	var waits []*Op
	for _, id := range ids {
		if id >= 0 && id < len(w.ops) {
			waits = append(waits, w.ops[id])
		}
	}
	c := w.classOfAny(waits)
	out := &Class{Operations: []Operation{}, Gates: []Gate{}, Names: w.namesOf(c), Unknown: c.unknown, Escapes: []Entry{},
		Contexts: []Context{}, Others: []Entry{}, Background: c.background, Departures: []Departure{}, Slots: []int{},
		Holders: []Holder{}, Leaks: []Leak{}}
	if out.Names == nil {
		out.Names = []Name{}
	}
	w.tellContexts(c, out)
	seen := map[ssa.Instruction]bool{}
	for _, at := range c.library {
		if at == nil || seen[at] {
			continue
		}
		seen[at] = true
		p := w.place(positionOf(at))
		out.Escapes = append(out.Escapes, Entry{Why: opaqueName(w, at), File: p.File, Line: p.Line})
	}
	isEnd := map[string]bool{}
	for _, kind := range ended[mode] {
		isEnd[kind] = true
	}
	gates := &gateTable{}
	for _, op := range c.ops {
		switch {
		case isEnd[op.Kind]:
			out.Operations = append(out.Operations, w.tellOperation(op, c, s, gates, mode))
		case mode == "drain" && op.Kind == "unlock" && types.IsInterface(op.Operand.Type()):
			// What RLocker gives is unlocked like any other lock.
			given := w.tellOperation(op, c, s, gates, mode)
			given.Kind = "runlock"
			for i := range given.OnStack {
				given.OnStack[i].Expr, given.OnStack[i].Via = "", nil
			}
			out.Operations = append(out.Operations, given)
		}
	}
	for _, g := range gates.all {
		out.Gates = append(out.Gates, Gate{ID: g.id, Global: g.global, Closed: w.closedBy(g, s)})
	}
	out.Made = w.tellMade(c)
	switch mode {
	case "send", "receive":
		w.tellStory(c, s, out)
		if mode == "send" {
			out.Leaks = append(out.Leaks, w.slotLeaks(c)...)
		} else {
			out.Leaks = append(out.Leaks, w.tokenLeaks(c)...)
		}
	case "lock", "rlock", "drain":
		w.tellHolders(c, s, mode, out)
	}
	return out
}

func positionOf(in ssa.Instruction) token.Pos {
	if call, ok := in.(ssa.CallInstruction); ok && call.Common().Pos().IsValid() {
		return call.Common().Pos()
	}
	return in.Pos()
}

// A gateTable numbers the gates of a whole answer.
type gateTable struct{ all []*gate }

func (t *gateTable) idOf(g *gate) int {
	for _, known := range t.all {
		if known == g || known.op == g.op && known.object == g.object && known.fn == g.fn {
			return known.id
		}
	}
	g.id = len(t.all)
	t.all = append(t.all, g)
	return g.id
}

func (t *gateTable) idsOf(gates []*gate) []int {
	var out []int
	for _, g := range gates {
		out = append(out, t.idOf(g))
	}
	return out
}
