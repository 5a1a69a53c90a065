package main

import (
	"bufio"
	"hash/fnv"
)

// inboxSize is how many messages a node lets wait.
const inboxSize = 8

// message counts a key, or asks for its count, or brings many keys at once.
type message struct {
	key string
	add int
	// lines of an import, instead of a key.
	lines *bufio.Scanner
	// reply gets the count, or how many lines there were. It has room.
	reply chan<- int
}

// Node is one place of the ring. What it has is touched by its own goroutine only.
type Node struct {
	place, places int
	inbox         chan message
	next          *Node
	counts        map[string]int
	// waiting are messages to be handled before those of the inbox.
	waiting []message
}

// NewRing starts nodes of these names, each of which hands on to the one after it.
func NewRing(names ...string) map[string]*Node {
	nodes := make([]*Node, len(names))
	ring := make(map[string]*Node)
	for place, name := range names {
		nodes[place] = &Node{
			place:  place,
			places: len(names),
			inbox:  make(chan message, inboxSize),
			counts: make(map[string]int),
		}
		ring[name] = nodes[place]
	}
	for place, node := range nodes {
		node.next = nodes[(place+1)%len(nodes)]
	}
	for _, node := range nodes {
		go node.run()
	}
	return ring
}

// run handles one message after the other.
func (n *Node) run() {
	for {
		for len(n.waiting) > 0 {
			m := n.waiting[0]
			n.waiting = n.waiting[1:]
			n.handle(m)
		}
		n.handle(<-n.inbox)
	}
}

func (n *Node) handle(m message) {
	switch {
	case m.lines != nil:
		n.importAll(m)
	case n.owns(m.key):
		n.counts[m.key] += m.add
		if m.reply != nil {
			m.reply <- n.counts[m.key]
		}
	default:
		n.handOn(m)
	}
}

// importAll counts every line of an import.
func (n *Node) importAll(m message) {
	lines := 0
	for m.lines.Scan() {
		lines++
		n.handle(message{key: m.lines.Text(), add: 1})
	}
	m.reply <- lines
}

// owns tells whether this is the node on which a key lives.
func (n *Node) owns(key string) bool {
	hash := fnv.New32a()
	hash.Write([]byte(key))
	return int(hash.Sum32()%uint32(n.places)) == n.place
}
