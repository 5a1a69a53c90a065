package main

import (
	"errors"
	"sort"
	"sync"
)

// depot keeps the artifacts of all builds in memory. There is one for the process.
var depot struct {
	sync.Mutex
	artifacts map[string][]byte
	bytes     int
}

// roomFor is how many bytes the depot may hold.
const roomFor = 1 << 20

var errFull = errors.New("the depot is full")

// list tells the names of all artifacts, in order.
func list() []string {
	depot.Lock()
	defer depot.Unlock()
	names := make([]string, 0, len(depot.artifacts))
	for name := range depot.artifacts {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// find returns an artifact.
func find(name string) ([]byte, bool) {
	depot.Lock()
	defer depot.Unlock()
	content, ok := depot.artifacts[name]
	return content, ok
}

// put replaces an artifact. The lock is held.
func put(name string, content []byte) {
	if depot.artifacts == nil {
		depot.artifacts = make(map[string][]byte)
	}
	depot.bytes += len(content) - len(depot.artifacts[name])
	depot.artifacts[name] = content
}
