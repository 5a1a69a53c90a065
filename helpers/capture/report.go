package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"capture/internal/hold"
	"capture/internal/scrub"
	"capture/internal/snapshot"
)

// Exit codes, as the lab's own.
const (
	exitUndecided   = 2
	exitUsage       = 64
	exitMissing     = 69
	exitInternal    = 70
	exitInterrupted = 130
)

// event is a line on stderr.
type event struct {
	Event       string   `json:"event"`
	Done        uint64   `json:"done,omitempty"`
	Total       uint64   `json:"total,omitempty"`
	Pid         int      `json:"pid,omitempty"`
	Threads     int      `json:"threads,omitempty"`
	PauseMicros int64    `json:"pauseMicros,omitempty"`
	Snapshot    string   `json:"snapshot,omitempty"`
	Resident    uint64   `json:"resident,omitempty"`
	Size        int64    `json:"size,omitempty"`
	Slim        bool     `json:"slim,omitempty"`
	Notes       []string `json:"notes,omitempty"`
	Code        string   `json:"code,omitempty"`
	Message     string   `json:"message,omitempty"`
	Hint        string   `json:"hint,omitempty"`
}

type reporter struct {
	guard sync.Mutex
	last  time.Time
}

const progressEvery = 200 * time.Millisecond

func (r *reporter) say(said event) {
	r.guard.Lock()
	defer r.guard.Unlock()
	line, _ := json.Marshal(said)
	// Whoever does not listen any more ends this program otherwise.
	_, _ = os.Stderr.Write(append(line, '\n'))
}

func (r *reporter) progress(done, total uint64) {
	r.guard.Lock()
	due := time.Since(r.last) > progressEvery
	if due {
		r.last = time.Now()
	}
	r.guard.Unlock()
	if due {
		r.say(event{Event: "progress", Done: done, Total: total})
	}
}

// failure is what became of it, with one thing to do.
type failure struct {
	code, message, hint string
	exit                int
}

func (f failure) Error() string { return f.message }

// fail says why, and returns the exit code.
func (r *reporter) fail(err error, pid int, interrupted bool) int {
	found := explain(err, pid, interrupted)
	r.say(event{Event: "failed", Pid: pid, Code: found.code, Message: found.message, Hint: found.hint})
	return found.exit
}

func explain(err error, pid int, interrupted bool) failure {
	var own failure
	var traced hold.ErrTraced
	var memory snapshot.ErrNoMemory
	switch {
	case interrupted:
		return failure{"interrupted", "interrupted", "", exitInterrupted}
	case errors.As(err, &own):
		return own
	case errors.As(err, &traced):
		return failure{"missing-permission", fmt.Sprintf("process %d is %v", pid, traced), fmt.Sprintf("end that debugger: `kill %d`", traced.By), exitMissing}
	case errors.As(err, &memory):
		return failure{"no-space", memory.Error(), "write the core to a file where the process runs, or allow more: --memory BYTES", exitMissing}
	case errors.Is(err, hold.ErrGone):
		return failure{"target", fmt.Sprintf("process %d is gone", pid), "find the pid of one that runs: pgrep -l NAME", exitMissing}
	case errors.Is(err, hold.ErrRefused):
		return failure{"missing-permission", fmt.Sprintf("process %d may not be captured: %v", pid, err), "run the same command with sudo (in a container: start it with --cap-add=SYS_PTRACE)", exitMissing}
	case errors.Is(err, snapshot.ErrTooLong):
		return failure{"undecided", fmt.Sprintf("process %d would have stood still for longer than --max-pause, and goes on", pid), "allow more, or take the copy from a child: --snapshot fork", exitUndecided}
	case errors.Is(err, snapshot.ErrChanged):
		return failure{"undecided", fmt.Sprintf("process %d began another program meanwhile", pid), "capture again", exitUndecided}
	case errors.Is(err, scrub.ErrNoTables):
		return failure{"undecided", fmt.Sprintf("nothing of process %d can be told from its data: %v", pid, err), "take the whole core: leave out --slim", exitUndecided}
	case errors.Is(err, scrub.ErrMissed):
		return failure{"undecided", fmt.Sprintf("process %d: %v", pid, err), "capture again, or from a child: --snapshot fork", exitUndecided}
	case errors.Is(err, snapshot.ErrNoFork):
		return failure{"undecided", fmt.Sprintf("process %d cannot be made to fork: its system calls are filtered, none of its threads sleeps, or this is not amd64", pid), "leave out --snapshot fork", exitUndecided}
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return failure{"no-space", fmt.Sprintf("the core could not be written: %v", err), "free some space and capture again", exitMissing}
	case errors.Is(err, os.ErrPermission):
		return failure{"missing-permission", err.Error(), "run the same command with sudo, or choose another folder", exitMissing}
	case errors.Is(err, syscall.EPIPE), errors.Is(err, context.Canceled):
		return failure{"interrupted", "nobody reads the core any more", "", exitInterrupted}
	}
	return failure{"internal", err.Error(), "tell the makers of the lab", exitInternal}
}
