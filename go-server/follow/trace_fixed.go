//go:build fixed

package main

import "context"

type traceKey struct{}

// traced returns a context that carries the name under which things are logged.
//
// The repair: it is made from the one that is given, and ends with it.
func traced(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, traceKey{}, name)
}

func traceOf(ctx context.Context) string {
	name, _ := ctx.Value(traceKey{}).(string)
	return name
}
