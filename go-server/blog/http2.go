//go:build go1.24

package main

import "net/http"

// speakHTTP2 lets clients speak HTTP/2 from their first byte on, as proxies do
// inside a cluster.
func speakHTTP2(server *http.Server) error {
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	return nil
}
