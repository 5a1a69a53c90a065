package main

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"strings"
)

// sampleArchive is what a project looks like: folders next to each other, and one
// that goes deep.
func sampleArchive() (fs.FS, error) {
	files := map[string]int{
		"README":                             900,
		"docs/start":                         1200,
		"docs/faq":                           3100,
		"src/main":                           400,
		"src/store/index":                    2200,
		"src/store/log":                      1800,
		"vendor/a/vendor/b/vendor/c/LICENCE": 1100,
	}
	var packed bytes.Buffer
	writer := zip.NewWriter(&packed)
	for name, size := range files {
		file, err := writer.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := file.Write([]byte(strings.Repeat(".", size))); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
}
