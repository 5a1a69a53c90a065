package load

import (
	"context"
	"runtime"
	"sort"
	"sync"

	"go-deadlock-lab/facts/internal/compat"
)

// discover reads the packages that have code and all that they import, on all processors.
func (s *sources) discover(ctx context.Context, first []string) (map[string]*source, error) {
	found := map[string]*source{}
	for todo := first; len(todo) > 0; {
		read := make([]*source, len(todo))
		var group sync.WaitGroup
		next := make(chan int)
		for n := compat.Min(runtime.GOMAXPROCS(0), len(todo)); n > 0; n-- {
			group.Add(1)
			go func() {
				defer group.Done()
				for i := range next {
					read[i] = s.read(ctx, todo[i])
				}
			}()
		}
		for i := range todo {
			if ctx.Err() != nil {
				break
			}
			next <- i
		}
		close(next)
		group.Wait()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, src := range read {
			found[src.path] = src
		}
		wanted := map[string]bool{}
		for _, src := range read {
			for _, path := range src.imports {
				if found[path] == nil && path != "" {
					wanted[path] = true
				}
			}
		}
		todo = sortedKeys(wanted)
	}
	return found, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// ordered puts dependencies before those that import them. Where files that do not belong together import each other
// in a circle, one import of it is taken out: it then leads to a package without anything in it.
func ordered(all map[string]*source) []*source {
	const (
		open = 1
		done = 2
	)
	state := map[string]int{}
	var order []*source
	var visit func(src *source)
	visit = func(src *source) {
		state[src.path] = open
		for _, written := range sortedKeys(src.imports) {
			path := src.imports[written]
			switch to := all[path]; {
			case to == nil:
			case state[path] == open:
				src.imports[written] = ""
			case state[path] == 0:
				visit(to)
			}
		}
		state[src.path] = done
		order = append(order, src)
	}
	for _, path := range sortedKeys(all) {
		if state[path] == 0 {
			visit(all[path])
		}
	}
	return order
}

// schedule calls one for each package once it has been called for all that it imports, as many at a time as there are
// processors.
func schedule(ctx context.Context, order []*source, one func(*source)) error {
	waits := map[string]int{}
	importers := map[string][]*source{}
	for _, src := range order {
		seen := map[string]bool{}
		for _, path := range src.imports {
			if path != "" && !seen[path] {
				seen[path] = true
				waits[src.path]++
				importers[path] = append(importers[path], src)
			}
		}
	}
	ready := make(chan *source, len(order))
	finished := make(chan *source, len(order))
	for n := runtime.GOMAXPROCS(0); n > 0; n-- {
		go func() {
			for src := range ready {
				if ctx.Err() == nil {
					one(src)
				}
				finished <- src
			}
		}()
	}
	defer close(ready)
	for _, src := range order {
		if waits[src.path] == 0 {
			ready <- src
		}
	}
	for range order {
		src := <-finished
		for _, importer := range importers[src.path] {
			if waits[importer.path]--; waits[importer.path] == 0 {
				ready <- importer
			}
		}
	}
	return ctx.Err()
}
