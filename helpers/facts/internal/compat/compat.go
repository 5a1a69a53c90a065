// Package compat has what Go 1.19 lacks of the library that this program uses.
package compat

import (
	"go/ast"
	"strings"
)

func Delete[E any](s []E, i, j int) []E { return append(s[:i], s[j:]...) }

func DeleteFunc[E any](s []E, del func(E) bool) []E {
	kept := s[:0]
	for _, v := range s {
		if !del(v) {
			kept = append(kept, v)
		}
	}
	return kept
}

func Clone[E any](s []E) []E { return append([]E(nil), s...) }

func ContainsFunc[E any](s []E, f func(E) bool) bool {
	for _, v := range s {
		if f(v) {
			return true
		}
	}
	return false
}

func CutPrefix(s, prefix string) (string, bool) {
	if !strings.HasPrefix(s, prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// FirstError is the first of them that is one.
func FirstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func Min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

// Unparen takes the parentheses off an expression.
func Unparen(e ast.Expr) ast.Expr {
	for {
		paren, ok := e.(*ast.ParenExpr)
		if !ok {
			return e
		}
		e = paren.X
	}
}
