// Command lab-facts answers questions about the sources of a Go program, over standard input and output: one JSON
// object a line. It ends when its input does, so that it never outlives who asked.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
)

// Protocol is raised when a question or an answer changes its meaning.
const Protocol = "lab.facts/1"

// version tells helpers apart; the build sets it to the hash of the sources.
var version = "dev"

type request struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

type failure struct {
	Message string `json:"message"`
	// Internal says that the helper failed, and not that the question was wrong.
	Internal bool `json:"internal,omitempty"`
}

type response struct {
	ID     int      `json:"id"`
	Result any      `json:"result,omitempty"`
	Error  *failure `json:"error,omitempty"`
}

type output struct {
	mu  sync.Mutex
	out *bufio.Writer
}

func (o *output) write(value any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := json.NewEncoder(o.out).Encode(value); err != nil || o.out.Flush() != nil {
		os.Exit(1)
	}
}

func main() {
	paceCollector()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	// Nothing that is being worked out is of use to anybody once it is to end.
	go func() {
		<-ctx.Done()
		os.Exit(143)
	}()
	out := &output{out: bufio.NewWriterSize(os.Stdout, 1<<20)}
	out.write(map[string]string{"protocol": Protocol, "version": version, "go": runtime.Version()})
	// With room for all that are asked at once: the end of the input must be seen while a question is being answered.
	requests := make(chan request, 1024)
	go func() {
		in := bufio.NewReaderSize(os.Stdin, 1<<20)
		for {
			line, err := in.ReadBytes('\n')
			if len(line) > 1 {
				var r request
				if json.Unmarshal(line, &r) != nil {
					out.write(response{Error: &failure{Message: "not a request"}})
				} else {
					requests <- r
				}
			}
			if err != nil {
				// Whoever asked has gone.
				os.Exit(0)
			}
		}
	}()
	s := &session{progress: func(text string) { out.write(map[string]string{"progress": text}) }}
	for r := range requests {
		out.write(answer(ctx, s, r))
	}
}

// answer turns whatever goes wrong within one question into an error of that question.
func answer(ctx context.Context, s *session, r request) (res response) {
	res.ID = r.ID
	defer func() {
		if x := recover(); x != nil {
			stack := make([]byte, 4096)
			fmt.Fprintf(os.Stderr, "%s: %v\n%s\n", r.Method, x, stack[:runtime.Stack(stack, false)])
			res.Result, res.Error = nil, &failure{fmt.Sprintf("%s failed: %v", r.Method, x), true}
		}
	}()
	result, err := s.call(ctx, r.Method, r.Params)
	if err != nil {
		res.Error = &failure{Message: err.Error()}
		return res
	}
	res.Result = result
	return res
}
