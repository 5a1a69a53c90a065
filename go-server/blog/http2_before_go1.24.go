//go:build !go1.24

package main

import (
	"errors"
	"net/http"
)

// speakHTTP2 is not possible here: net/http has no HTTP/2 without TLS yet.
func speakHTTP2(*http.Server) error {
	return errors.New("HTTP/2 without TLS needs Go 1.24 or newer")
}
