package main

import (
	"fmt"
	"time"
)

// fetchTime is about what a page needs to come.
const fetchTime = time.Millisecond

// Site is what can be crawled.
type Site interface {
	// fetch tells the links of a page.
	fetch(url string) []string
}

// docs stands for the pages of a handbook: a page for each chapter, which leads to
// one for each of its sections.
type docs struct {
	chapters, sections int
}

func (d docs) fetch(url string) []string {
	time.Sleep(fetchTime)
	var chapter, section int
	switch n, _ := fmt.Sscanf(url, "/chapter/%d/%d", &chapter, &section); n {
	case 0:
		return d.list("/chapter", d.chapters)
	case 1:
		return append(d.list(url, d.sections), "/")
	default:
		return []string{"/", fmt.Sprintf("/chapter/%d", chapter)}
	}
}

func (d docs) list(prefix string, count int) []string {
	urls := make([]string, count)
	for i := range urls {
		urls[i] = fmt.Sprintf("%s/%d", prefix, i)
	}
	return urls
}
