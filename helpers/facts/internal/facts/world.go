// Package facts answers what the analysis of a hung program asks of its sources: which operations there are on
// channels and on the objects of package sync, which of them may be on one object, who comes to them from where it
// stands, and which locks are held there. It rests on go/types, SSA form and VTA's call graph; nothing is decided by
// the names of things.
package facts

import (
	"context"
	"go/ast"
	"go/token"
	"go/types"
	"sort"

	"go-deadlock-lab/facts/internal/load"

	"golang.org/x/tools/go/callgraph"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"
)

// A World is one program in SSA form with its call graph and the indexes that questions need.
type World struct {
	Program *load.Program
	ssa     *ssa.Program
	// funcs are the functions with a body that the executable contains, in a fixed order.
	funcs    []*ssa.Function
	callers  map[*ssa.Function][]ssa.CallInstruction
	callees  map[ssa.CallInstruction][]*ssa.Function
	byFile   map[string][]*ssa.Function // by recorded path, sorted by first line
	byName   map[string][]*ssa.Function // made when it is asked for
	syntax   map[*ssa.Function]*syntaxIndex
	returnsM map[*ssa.Function][][]Path
	pathsM   map[ssa.Value][]Path
	busy     map[any]bool
	stores   map[locKey][]ssa.Value
	loads    map[locKey][]ssa.Value
	addrs    map[locKey][]ssa.Value
	moved    map[locKey]bool // fields that may be set to another object that is there already
	reset    map[locKey]bool // fields that may be set while their object is in use
	copied   map[locKey]bool // fields of structs that are copied as wholes
	aliases  map[locKey][]locKey
	twins    map[string]string // struct types that are converted into each other
	closures map[*ssa.Function][]*ssa.MakeClosure
	ops      []*Op
	opsOf    map[*ssa.Function][]*Op
	opAt     map[ssa.Instruction][]*Op
	library  map[*ssa.Function]string // functions that opaque code may call, and how it got them
	reach    map[*ssa.BasicBlock]map[*ssa.BasicBlock]bool
	locks    map[*ssa.Function]*lockSummary
	lenders  map[lenderKey]lending
	touching map[*ssa.Function]bool
	// shown are the types of values that packages such as fmt have seen.
	shown map[string]bool
	// interfaces are those of Go's library.
	interfaces []*types.Interface
	// waited is what is waited for, by stack and frame of the stacks at hand.
	waited map[[2]int][]rooted
	// libraryFiles are the recorded files of Go's own library.
	libraryFiles map[string]bool
	// withC are the packages that call C; filled for Go before 1.21.
	withC map[string]bool
	keys  typeKeys
	conds *condLocks // made when it is asked for
	// globals are the uses of package variables and functions as values, of which SSA keeps no list.
	globals map[ssa.Value][]ssa.Instruction
}

// Build makes the SSA form of all packages that have bodies, and the call graph.
func Build(ctx context.Context, p *load.Program) (*World, error) {
	w := &World{
		Program: p, callers: map[*ssa.Function][]ssa.CallInstruction{},
		callees: map[ssa.CallInstruction][]*ssa.Function{}, byFile: map[string][]*ssa.Function{},
		syntax: map[*ssa.Function]*syntaxIndex{}, returnsM: map[*ssa.Function][][]Path{},
		pathsM: map[ssa.Value][]Path{}, busy: map[any]bool{}, stores: map[locKey][]ssa.Value{},
		loads: map[locKey][]ssa.Value{}, addrs: map[locKey][]ssa.Value{}, moved: map[locKey]bool{}, reset: map[locKey]bool{},
		aliases: map[locKey][]locKey{}, copied: map[locKey]bool{}, twins: map[string]string{},
		closures: map[*ssa.Function][]*ssa.MakeClosure{}, opsOf: map[*ssa.Function][]*Op{},
		opAt: map[ssa.Instruction][]*Op{}, library: map[*ssa.Function]string{}, shown: map[string]bool{},
		reach: map[*ssa.BasicBlock]map[*ssa.BasicBlock]bool{}, locks: map[*ssa.Function]*lockSummary{},
		keys: typeKeys{}, globals: map[ssa.Value][]ssa.Instruction{},
	}
	w.ssa = ssa.NewProgram(p.Fset, ssa.InstantiateGenerics|ssa.GlobalDebug)
	if err := w.createPackages(ctx); err != nil {
		return nil, err
	}
	return w, w.finish(ctx)
}

// createPackages makes the SSA form of what has bodies; of the rest only the members are known.
func (w *World) createPackages(ctx context.Context) error {
	made := map[*types.Package]bool{}
	var bodies []*ssa.Package
	create := func(pkg *types.Package, files []*ast.File, info *types.Info) *ssa.Package {
		if made[pkg] {
			return nil
		}
		made[pkg] = true
		return w.ssa.CreatePackage(pkg, files, info, true)
	}
	for _, pkg := range w.Program.Packages {
		if pkg.Types != nil && pkg.Bodies && pkg.Absent == "" && pkg.Info != nil {
			if p := create(pkg.Types, pkg.Files, pkg.Info); p != nil {
				bodies = append(bodies, p)
			}
		}
	}
	var imported func(pkg *types.Package)
	imported = func(pkg *types.Package) {
		create(pkg, nil, nil)
		for _, p := range pkg.Imports() {
			if !made[p] {
				imported(p)
			}
		}
	}
	for _, pkg := range w.Program.Packages {
		if pkg.Types != nil {
			imported(pkg.Types)
		}
	}
	for _, p := range bodies {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, dep := range p.Pkg.Imports() {
			imported(dep)
		}
		p.Build()
	}
	return nil
}

func (w *World) finish(ctx context.Context) error {
	all := ssautil.AllFunctions(w.ssa)
	kept := map[*ssa.Function]bool{}
	for fn := range all {
		if w.isLinked(fn) {
			kept[fn] = true
		}
	}
	dropTemplates(kept)
	if err := ctx.Err(); err != nil {
		return err
	}
	graph := callGraph(w.ssa, kept)
	if err := ctx.Err(); err != nil {
		return err
	}
	for fn := range kept {
		if len(fn.Blocks) > 0 {
			w.funcs = append(w.funcs, fn)
		}
	}
	sort.Slice(w.funcs, func(i, j int) bool {
		a, b := w.funcs[i], w.funcs[j]
		if a.Pos() != b.Pos() {
			return a.Pos() < b.Pos()
		}
		return a.String() < b.String()
	})
	w.indexCalls(graph)
	w.findTwins()
	for _, fn := range w.funcs {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.indexFunction(fn)
	}
	w.findAliases()
	w.findReceivedCalls()
	w.findLibraryCalls()
	w.findOps()
	w.findTouching()
	return ctx.Err()
}

func (w *World) indexCalls(graph *callgraph.Graph) {
	seen := map[ssa.CallInstruction]map[*ssa.Function]bool{}
	names := map[*ssa.Function]string{}
	nameOf := func(fn *ssa.Function) string {
		name, ok := names[fn]
		if !ok {
			name = fn.String()
			names[fn] = name
		}
		return name
	}
	add := func(site ssa.CallInstruction, callee *ssa.Function) {
		if seen[site] == nil {
			seen[site] = map[*ssa.Function]bool{}
		}
		if seen[site][callee] {
			return
		}
		seen[site][callee] = true
		w.callees[site] = append(w.callees[site], callee)
		w.callers[callee] = append(w.callers[callee], site)
	}
	for _, fn := range w.funcs {
		node := graph.Nodes[fn]
		if node != nil {
			out := append([]*callgraph.Edge{}, node.Out...)
			// The order of the graph is another one each time.
			sort.SliceStable(out, func(i, j int) bool {
				a, b := out[i].Callee.Func, out[j].Callee.Func
				if a.Pos() != b.Pos() {
					return a.Pos() < b.Pos()
				}
				return a != b && nameOf(a) < nameOf(b)
			})
			for _, edge := range out {
				if edge.Site != nil && edge.Callee.Func != nil {
					add(edge.Site, edge.Callee.Func)
				}
			}
		}
		for _, b := range fn.Blocks {
			for _, in := range b.Instrs {
				if call, ok := in.(ssa.CallInstruction); ok {
					if callee := call.Common().StaticCallee(); callee != nil {
						add(call, callee)
					}
				}
			}
		}
	}
}

// A Place is a position in the sources, with the path as the compiler recorded it.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

func (w *World) place(pos token.Pos) Place {
	if !pos.IsValid() {
		return Place{}
	}
	at := w.ssa.Fset.Position(pos)
	return Place{w.recorded(at.Filename), at.Line}
}

func (w *World) recorded(local string) string {
	if file := w.Program.Recorded(local); file != "" {
		return file
	}
	return local
}

func (w *World) line(pos token.Pos) int {
	if !pos.IsValid() {
		return 0
	}
	return w.ssa.Fset.Position(pos).Line
}

// span gives the first and last line of a function's declaration or literal; zeros for what the compiler made.
func (w *World) span(fn *ssa.Function) (int, int) {
	node := fn.Syntax()
	if node == nil {
		return 0, 0
	}
	return w.line(node.Pos()), w.line(node.End())
}

func (w *World) indexFunction(fn *ssa.Function) {
	if node := fn.Syntax(); node != nil {
		file := w.place(node.Pos()).File
		w.byFile[file] = append(w.byFile[file], fn)
	}
	for _, b := range fn.Blocks {
		for _, in := range b.Instrs {
			w.indexInstruction(in)
		}
	}
}
