//go:build !go1.22

package compat

import "go/types"

func Unalias(t types.Type) types.Type { return t }

func RecordVersions(*types.Info) {}
