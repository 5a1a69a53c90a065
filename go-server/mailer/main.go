// Command mailer sends the letters of campaigns.
package main

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"lab.example/go-server/internal/service"
)

const (
	senders = 8
	// betweenCampaigns is how long the editors need for the next one.
	betweenCampaigns = 10 * time.Millisecond
	// sendTime is about what a mail server needs to take a letter.
	sendTime = 100 * time.Microsecond
)

func main() {
	mailer := &Mailer{outbox: NewOutbox()}
	mailer.start()
	service.Main(service.Service{Handler: routes(mailer)})
}

// Mailer writes letters and sends them.
type Mailer struct {
	outbox *Outbox
	sent   int64
}

// start begins to write and to send, until the process ends.
func (m *Mailer) start() {
	for i := 0; i < senders; i++ {
		go m.sendAll()
	}
	go m.writeAll()
}

// writeAll writes one campaign after the other. The first ones are small, for the
// editors alone; then come those to everybody.
func (m *Mailer) writeAll() {
	n := 0
	for range time.Tick(betweenCampaigns) {
		n++
		size := 3
		if n > 10 {
			size = 30
		}
		m.outbox.PutAll(write(n, size))
	}
}

func (m *Mailer) sendAll() {
	for {
		letter := m.outbox.Take()
		m.send(letter)
	}
}

// send stands for a talk with a mail server.
func (m *Mailer) send(Letter) {
	time.Sleep(sendTime)
	atomic.AddInt64(&m.sent, 1)
}

func write(campaign, size int) []Letter {
	letters := make([]Letter, size)
	for i := range letters {
		letters[i] = Letter{To: fmt.Sprintf("reader-%d@mail.example", i), Text: fmt.Sprintf("Issue %d is out", campaign)}
	}
	return letters
}

func routes(mailer *Mailer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/sent", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, atomic.LoadInt64(&mailer.sent))
	})
	return mux
}
