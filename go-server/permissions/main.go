// Command permissions tells who may do what in a publishing house. A review looks
// at everybody's rights all the time, and the personnel department changes roles.
package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"lab.example/go-server/internal/service"
)

// betweenChanges is how long the personnel department needs for its next change.
const betweenChanges = 10 * time.Millisecond

func main() {
	roles := NewRoles(new(Staff))
	service.Main(service.Service{
		Handler: routes(roles),
		Work: func(ctx context.Context) {
			go review(ctx, roles)
			synchronise(ctx, roles)
		},
	})
}

// reviewed counts the persons that the review has looked at.
var reviewed int64

// review looks at the rights of everybody, and begins again.
func review(ctx context.Context, roles *Roles) {
	staff := []string{"anton", "vera", "rosa", "emil"}
	for ctx.Err() == nil {
		for _, person := range staff {
			roles.Allows("editor", person, "read")
			atomic.AddInt64(&reviewed, 1)
		}
	}
}

// synchronise follows the changes of the personnel department.
func synchronise(ctx context.Context, roles *Roles) {
	changes := time.NewTicker(betweenChanges)
	defer changes.Stop()
	for n := 0; ; n++ {
		select {
		case <-changes.C:
		case <-ctx.Done():
			return
		}
		if n%2 == 0 {
			roles.Grant("author", "translate")
		} else {
			roles.Revoke("author", "translate")
		}
	}
}

func routes(roles *Roles) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/may", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, roles.Allows(r.FormValue("role"), r.FormValue("person"), r.FormValue("action")))
	})
	mux.HandleFunc("/reviewed", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, atomic.LoadInt64(&reviewed))
	})
	return mux
}
