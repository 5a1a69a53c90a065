//go:build go1.22

package compat

import (
	"go/ast"
	"go/types"
)

func Unalias(t types.Type) types.Type { return types.Unalias(t) }

// RecordVersions asks the type checker for the language version of each file.
func RecordVersions(info *types.Info) { info.FileVersions = map[*ast.File]string{} }
