//go:build !fixed

package main

import (
	"io"
	"net/http"
)

// receive takes an artifact in. Nobody else may fill the room meanwhile that was
// found for it.
//
// The fault: an upload that breaks off ends the handler by a panic. The server
// recovers from it, as it does from any panic of a handler, and nobody unlocks.
func receive(name string, body io.Reader) error {
	depot.Lock()
	content, err := io.ReadAll(io.LimitReader(body, int64(roomFor-depot.bytes)+1))
	if err != nil {
		// There is nobody left to answer to.
		panic(http.ErrAbortHandler)
	}
	if len(content) > roomFor-depot.bytes {
		depot.Unlock()
		return errFull
	}
	put(name, content)
	depot.Unlock()
	return nil
}
