//go:build !fixed

package main

import "io/fs"

// sizeOf adds up a folder. The folders in it are added up at the same time.
//
// The fault: it keeps its token while it waits for the folders in it, which need
// tokens too. A tree that is deeper than there are tokens is never through.
func sizeOf(tree fs.FS, folder string) total {
	acquire()
	defer release()
	files, folders, err := split(tree, folder)
	if err != nil {
		return total{err: err}
	}
	below := make(chan total, len(folders))
	for _, path := range folders {
		path := path
		go func() { below <- sizeOf(tree, path) }()
	}
	return sumUp(files, below, len(folders))
}
