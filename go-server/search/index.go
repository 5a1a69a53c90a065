package main

import (
	"errors"
	"strings"
	"time"
)

// Mirror is one of several copies of the index.
type Mirror interface {
	Lookup(query string) (Answer, error)
}

// Answer is what a mirror found.
type Answer struct {
	Mirror string
	Titles []string
	Err    error
}

var errNoQuery = errors.New("what is to be searched for?")

// index is a mirror that is some way off.
type index struct {
	name     string
	distance time.Duration
	titles   []string
}

func newIndex(name string, distance time.Duration) *index {
	return &index{name: name, distance: distance, titles: []string{
		"Bread and salt", "Salt of the earth", "The tea road", "Rice, rain and rivers",
	}}
}

// Lookup searches the titles for a word.
func (i *index) Lookup(query string) (Answer, error) {
	time.Sleep(i.distance) // the way there and back
	if query == "" {
		return Answer{}, errNoQuery
	}
	found := Answer{Mirror: i.name}
	for _, title := range i.titles {
		if strings.Contains(strings.ToLower(title), strings.ToLower(query)) {
			found.Titles = append(found.Titles, title)
		}
	}
	return found, nil
}
