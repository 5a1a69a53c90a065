// Command gateway shows balances that a bank keeps. All requests share one
// connection to the bank.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go serveBank(listener, map[string]int{"ann": 12050, "bob": 310})
	client, err := Dial(listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	service.Main(service.Service{Handler: routes(client)})
}

func routes(client *Client) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/balances/", func(w http.ResponseWriter, r *http.Request) {
		balance, err := client.Balance(strings.TrimPrefix(r.URL.Path, "/balances/"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		fmt.Fprintln(w, balance)
	})
	return mux
}
