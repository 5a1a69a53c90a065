package main

import (
	"encoding/json"
	"fmt"
	"net"
)

// requestsPerToken is how often a client may ask until it has to log in again.
const requestsPerToken = 25

// request and reply go over the connection as JSON, one after the other. Replies
// carry the number of their request.
type request struct {
	Number  int
	Token   string
	Account string // empty: log in
}

type reply struct {
	Number  int
	Token   string
	Balance int
	Error   string
}

const expired = "token expired"

// serveBank stands for the bank.
func serveBank(listener net.Listener, balances map[string]int) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go serveClient(connection, balances)
	}
}

// serveClient greets with a token and answers until the client leaves.
func serveClient(connection net.Conn, balances map[string]int) {
	defer connection.Close()
	in, out := json.NewDecoder(connection), json.NewEncoder(connection)
	tokens, left := 1, requestsPerToken
	if err := out.Encode(reply{Token: "token 1"}); err != nil {
		return
	}
	for {
		var asked request
		if err := in.Decode(&asked); err != nil {
			return
		}
		answer := reply{Number: asked.Number}
		balance, known := balances[asked.Account]
		switch {
		case asked.Account == "":
			tokens++
			left = requestsPerToken
			answer.Token = fmt.Sprintf("token %d", tokens)
		case left == 0 || asked.Token != fmt.Sprintf("token %d", tokens):
			answer.Error = expired
		case !known:
			answer.Error = "no such account"
		default:
			left--
			answer.Balance = balance
		}
		if err := out.Encode(answer); err != nil {
			return
		}
	}
}
