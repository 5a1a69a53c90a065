//go:build !go1.20

package compat

import (
	"go/ast"
	"go/token"
)

// FileSpan is where a file begins and ends, without the comments at both ends.
func FileSpan(file *ast.File) (token.Pos, token.Pos) { return file.Package, file.End() }
