package main

import (
	"encoding/json"
	"errors"
	"net"
	"sync"
)

var errGone = errors.New("the bank has hung up")

// Client asks the bank over one connection. Several questions may be underway.
type Client struct {
	mu      sync.Mutex
	out     *json.Encoder
	asked   int
	waiting map[int]chan reply
	session session
}

// Dial connects to a bank, which greets with a first token.
func Dial(address string) (*Client, error) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	in := json.NewDecoder(connection)
	var greeting reply
	if err := in.Decode(&greeting); err != nil {
		return nil, err
	}
	c := &Client{out: json.NewEncoder(connection), waiting: make(map[int]chan reply)}
	c.session.token = greeting.Token
	go c.read(in)
	return c, nil
}

// Balance asks for the balance of an account, if need be with a new token.
func (c *Client) Balance(account string) (int, error) {
	for {
		token, err := c.token()
		if err != nil {
			return 0, err
		}
		answer, err := c.ask(request{Token: token, Account: account})
		switch {
		case err != nil:
			return 0, err
		case answer.Error == expired:
			c.forget(token)
		case answer.Error != "":
			return 0, errors.New(answer.Error)
		default:
			return answer.Balance, nil
		}
	}
}

// ask sends a request and waits for its reply.
func (c *Client) ask(r request) (reply, error) {
	c.mu.Lock()
	answer, err := c.send(r)
	c.mu.Unlock()
	if err != nil {
		return reply{}, err
	}
	return receive(answer)
}

// send is for those who hold the lock. The reply comes on the channel.
func (c *Client) send(r request) (<-chan reply, error) {
	c.asked++
	r.Number = c.asked
	answer := make(chan reply, 1)
	c.waiting[r.Number] = answer
	return answer, c.out.Encode(r)
}

func receive(answer <-chan reply) (reply, error) {
	r, ok := <-answer
	if !ok {
		return reply{}, errGone
	}
	return r, nil
}

// forget drops a token that has expired, unless there is a newer one.
func (c *Client) forget(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session.token == token {
		c.session.token = ""
	}
}

// read passes every reply to whoever waits for it.
func (c *Client) read(in *json.Decoder) {
	for {
		var r reply
		if err := in.Decode(&r); err != nil {
			c.giveUp()
			return
		}
		c.mu.Lock()
		answer := c.waiting[r.Number]
		delete(c.waiting, r.Number)
		c.mu.Unlock()
		if answer != nil {
			answer <- r
		}
	}
}

// giveUp tells all who wait that nothing will come.
func (c *Client) giveUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for number, answer := range c.waiting {
		close(answer)
		delete(c.waiting, number)
	}
}
