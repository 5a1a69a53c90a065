// Package hold stops the threads of a process and lets them go on.
//
// Threads are seized, not attached (ptrace(2), PTRACE_SEIZE): no signal is sent to them, and the kernel lets go of all
// of them when the thread that holds them ends, for whatever reason. So nothing that happens to this program leaves
// the process stopped.
package hold

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"time"

	"capture/internal/process"
)

// Thread is a thread that was stopped, with its registers as the kernel lays them out in a core.
type Thread struct {
	ID         int
	Registers  []byte
	Sets       []RegisterSet
	SignalMask uint64
	// Uninterruptible threads could not be stopped: they wait in the kernel until something else has happened, for
	// example until the child of a vfork(2) runs its program. Of them only the stack pointer and the program counter are known.
	Uninterruptible bool
}

// Process is one whose threads this program may hold. All its methods run on one thread of the system, which
// ptrace(2) wants.
type Process struct {
	PID   int
	work  chan func()
	ended chan struct{}
	held  map[int]*stopped
	// Whether another thread is to go on with the work.
	retire bool
}

type stopped struct {
	isStopped bool
	// A signal that was about to be delivered, and is when the thread goes on.
	signal syscall.Signal
}

// Open begins; nothing is done to the process yet.
func Open(pid int) *Process {
	p := &Process{PID: pid, work: make(chan func()), ended: make(chan struct{}), held: map[int]*stopped{}}
	go p.run()
	return p
}

func (p *Process) run() {
	// Never unlocked: the thread ends with this function, and with it every hold that it still has.
	runtime.LockOSThread()
	for do := range p.work {
		do()
		if p.retire {
			p.retire = false
			go p.run()
			return
		}
	}
	close(p.ended)
}

// Close lets go of whatever is still held.
func (p *Process) Close() {
	close(p.work)
	<-p.ended
}

func (p *Process) do(act func()) {
	done := make(chan struct{})
	p.work <- func() { defer close(done); act() }
	<-done
}

// ErrTraced is that of a process that another debugger holds.
type ErrTraced struct{ By int }

func (e ErrTraced) Error() string { return fmt.Sprintf("held by another debugger, process %d", e.By) }

// ErrGone is that of a process that has ended or is about to.
var ErrGone = errors.New("the process is gone")

// ErrRefused is that of a process that the kernel does not let this one hold.
var ErrRefused = errors.New("the kernel refuses")

// ErrNoThread is that of a process none of whose threads sleeps where a call can be made in its place.
var ErrNoThread = errors.New("no thread sleeps in a futex without a time limit")

// How often a list of threads that is too short is made again.
const mostMissed = 20

// How long a thread that waits in the kernel has to answer, after all others stand still.
const patience = 100 * time.Millisecond

// Stop stops all threads, and returns them with their registers, the leader first. When it fails, all go on.
func (p *Process) Stop(ctx context.Context) (threads []Thread, err error) {
	p.do(func() {
		if err = p.stopAll(ctx); err == nil {
			threads, err = p.registers()
		}
		if err != nil {
			p.release()
		}
	})
	return threads, err
}

// Resume lets all threads go on.
func (p *Process) Resume() { p.do(p.release) }

func (p *Process) stopAll(ctx context.Context) error {
	for missed := 0; ; {
		ids, err := process.Threads(p.PID)
		if err != nil {
			return ErrGone
		}
		fresh := 0
		for _, id := range ids {
			if p.held[id] != nil {
				continue
			}
			seized, err := p.seize(id)
			if err != nil {
				return err
			}
			if seized {
				fresh++
			}
		}
		// Only a thread that runs can start another.
		if fresh == 0 {
			if len(p.held) == 0 {
				return ErrGone
			}
			// A list may lack a thread when another one ended while it was made.
			if stat, err := process.ReadStat(process.Path(p.PID, "")); err == nil && stat.Threads > len(ids) && missed < mostMissed {
				missed++
				continue
			}
			return nil
		}
		if err := p.awaitStops(ctx); err != nil {
			return err
		}
	}
}

func (p *Process) seize(id int) (bool, error) {
	switch err := ptrace(requestSeize, id, 0, 0); err {
	case nil:
	case syscall.ESRCH:
		return false, nil
	default:
		// A thread that has ended, while others of the process run on, may not be seized either.
		if stat, statErr := process.ReadStat(fmt.Sprintf("/proc/%d/task/%d", p.PID, id)); statErr != nil || strings.IndexByte("ZXx", stat.State) >= 0 {
			return false, nil
		}
		if by := process.Number(p.PID, "TracerPid"); by != 0 {
			return false, ErrTraced{By: by}
		}
		return false, fmt.Errorf("%w to let process %d be held: %v", ErrRefused, p.PID, err)
	}
	if err := ptrace(requestInterrupt, id, 0, 0); err == syscall.ESRCH {
		return false, nil
	}
	p.held[id] = &stopped{}
	return true, nil
}

func (p *Process) awaitStops(ctx context.Context) error {
	last := time.Now()
	for turn := 0; ; turn++ {
		waiting := 0
		for id, thread := range p.held {
			if thread.isStopped {
				continue
			}
			status, found, err := waitFor(id, true)
			switch {
			case err == syscall.ECHILD, found && !status.Stopped():
				delete(p.held, id)
				last = time.Now()
			case found:
				thread.isStopped = true
				if status>>16 == 0 {
					thread.signal = status.StopSignal()
				}
				last = time.Now()
			default:
				waiting++
			}
		}
		if waiting == 0 || (time.Since(last) > patience && p.allUninterruptible()) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if turn < 50 {
			runtime.Gosched()
		} else {
			time.Sleep(50 * time.Microsecond)
		}
	}
}

// allUninterruptible tells whether those that did not stop sleep where no signal reaches them (state D of proc(5)).
func (p *Process) allUninterruptible() bool {
	for id, thread := range p.held {
		if thread.isStopped {
			continue
		}
		stat, err := process.ReadStat(fmt.Sprintf("/proc/%d/task/%d", p.PID, id))
		if err == nil && stat.State != 'D' {
			return false
		}
	}
	return true
}

func (p *Process) release() {
	lost := false
	for id, thread := range p.held {
		if !thread.isStopped || ptrace(requestDetach, id, 0, uintptr(thread.signal)) != nil {
			lost = true
		}
	}
	p.held = map[int]*stopped{}
	// What never stopped cannot be let go by name: the kernel does it when the thread that holds it ends.
	p.retire = lost
}

func waitFor(id int, now bool) (status syscall.WaitStatus, found bool, err error) {
	options := waitAll
	if now {
		options |= syscall.WNOHANG
	}
	for {
		got, err := syscall.Wait4(id, &status, options, nil)
		if err == syscall.EINTR {
			continue
		}
		return status, got == id, err
	}
}
