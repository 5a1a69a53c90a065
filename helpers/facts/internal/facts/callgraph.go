//go:build go1.24

package facts

import (
	"golang.org/x/tools/go/callgraph"
	"golang.org/x/tools/go/callgraph/vta"
	"golang.org/x/tools/go/ssa"
)

// callGraph starts from what fits by its type alone, which vta finds for itself.
func callGraph(_ *ssa.Program, functions map[*ssa.Function]bool) *callgraph.Graph {
	return vta.CallGraph(functions, nil)
}
