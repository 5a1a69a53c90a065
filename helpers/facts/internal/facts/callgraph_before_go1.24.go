//go:build !go1.24

package facts

import (
	"golang.org/x/tools/go/callgraph"
	"golang.org/x/tools/go/callgraph/cha"
	"golang.org/x/tools/go/callgraph/vta"
	"golang.org/x/tools/go/ssa"
)

func callGraph(program *ssa.Program, functions map[*ssa.Function]bool) *callgraph.Graph {
	return vta.CallGraph(functions, cha.CallGraph(program))
}
