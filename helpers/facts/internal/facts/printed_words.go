package facts

import (
	"go/types"
)

// The compiler describes so many words of a function's arguments, and structs so deep (internal/abi, TraceArgs...).
const maxPrintedDepth = 5

// printedWords is how many words a traceback prints of an argument.
func printedWords(t types.Type, depth int) int {
	depth++
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if u.Info()&(types.IsString|types.IsComplex) != 0 && depth < maxPrintedDepth {
			return 2
		}
	case *types.Interface:
		if depth < maxPrintedDepth {
			return 2
		}
	case *types.Slice:
		if depth < maxPrintedDepth {
			return 3
		}
	case *types.Array:
		if depth >= maxPrintedDepth || u.Len() == 0 {
			return 1
		}
		return int(u.Len()) * printedWords(u.Elem(), depth)
	case *types.Struct:
		if depth >= maxPrintedDepth || u.NumFields() == 0 {
			return 1
		}
		sum := 0
		for i := 0; i < u.NumFields(); i++ {
			sum += printedWords(u.Field(i).Type(), depth)
		}
		return sum
	}
	return 1
}

// Alike numbers operations by the objects that they may be on: those with one number may share an object, those with
// different ones do not.
func (w *World) Alike(ids []int) []int {
	group := map[*Op]*Op{}
	root := func(op *Op) *Op {
		for group[op] != nil && group[op] != op {
			op = group[op]
		}
		return op
	}
	asked := make([]*Op, len(ids))
	for i, id := range ids {
		if id < 0 || id >= len(w.ops) {
			continue
		}
		op := w.ops[id]
		asked[i] = op
		if group[op] == nil {
			group[op] = op
		}
		for _, other := range w.classOfAny([]*Op{op}).ops {
			if group[other] == nil {
				group[other] = other
			}
			if a, b := root(op), root(other); a != b {
				group[b] = a
			}
		}
	}
	out := make([]int, len(ids))
	for i, op := range asked {
		out[i] = -1
		if op != nil {
			out[i] = root(op).ID
		}
	}
	return out
}
