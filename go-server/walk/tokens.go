package main

import "io/fs"

// maxReaders is how many folders are read at once, over all requests: reading
// needs memory and file handles.
const maxReaders = 4

// readers holds a token for each folder that is being read.
var readers = make(chan struct{}, maxReaders)

func acquire() { readers <- struct{}{} }

func release() { <-readers }

// total is the size of a folder with all that is below, or why there is none.
type total struct {
	bytes int64
	err   error
}

// sumUp waits for the totals of so many folders.
func sumUp(files int64, below <-chan total, folders int) total {
	sum := total{bytes: files}
	for i := 0; i < folders; i++ {
		t := <-below
		sum.bytes += t.bytes
		if t.err != nil {
			sum.err = t.err
		}
	}
	return sum
}

// split reads a folder: the size of its files, and the folders in it.
func split(tree fs.FS, folder string) (files int64, folders []string, err error) {
	entries, err := fs.ReadDir(tree, folder)
	if err != nil {
		return 0, nil, err
	}
	for _, entry := range entries {
		path := entry.Name()
		if folder != "." {
			path = folder + "/" + path
		}
		if entry.IsDir() {
			folders = append(folders, path)
			continue
		}
		info, err := entry.Info()
		if err != nil {
			return 0, nil, err
		}
		files += info.Size()
	}
	return files, folders, nil
}
