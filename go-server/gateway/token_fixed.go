//go:build fixed

package main

import "sync"

type session struct {
	// logins lets one log in at a time. It is taken before the client's lock, and
	// the reader has no business with it.
	logins sync.Mutex
	token  string
}

// token returns what the bank wants to see, and logs in first when there is none.
//
// The repair: that only one logs in is the business of a lock of its own. The
// client's lock is free while the reply is waited for.
func (c *Client) token() (string, error) {
	c.session.logins.Lock()
	defer c.session.logins.Unlock()
	if token := c.currentToken(); token != "" {
		return token, nil
	}
	welcome, err := c.ask(request{})
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session.token = welcome.Token
	return c.session.token, nil
}

func (c *Client) currentToken() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session.token
}
