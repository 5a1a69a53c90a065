package hold

import (
	"context"
	"encoding/binary"
	"errors"
	"syscall"
	"time"
	"unsafe"

	"capture/internal/process"
)

// StopAndFork stops all threads, makes the process fork a child that never runs, and lets the process go on. The child
// has the memory as it was, and is killed by the kernel when this program ends.
//
// The child has no handlers of signals and its stack is nowhere: should it ever run, its first instruction ends it. It
// tells nobody when it ends, so the process has to be made to forget it afterwards: see [Process.Forget].
func (p *Process) StopAndFork(ctx context.Context) (threads []Thread, child int, err error) {
	p.do(func() {
		defer p.release()
		if err = p.stopAll(ctx); err != nil {
			return
		}
		if threads, err = p.registers(); err != nil {
			return
		}
		for _, thread := range threads {
			if thread.Uninterruptible {
				err = ErrNoThread
				return
			}
		}
		err = ErrNoThread
		for id := range p.held {
			injector, unfit := p.injectorFor(id)
			if unfit != nil {
				continue
			}
			child, err = injector.fork()
			if back := injector.restore(); err == nil {
				err = back
			}
			return
		}
	})
	return threads, child, err
}

func (i *Injector) fork() (child int, err error) {
	// struct clone_args (clone(2)): eight words are its first version, and eleven what is common now.
	var arguments [8]uint64
	const flags, stack, stackSize = 0, 5, 6
	arguments[flags] = clearHandlers
	arguments[stack], arguments[stackSize] = 4096, 16
	text := make([]byte, len(arguments)*8)
	for at, value := range arguments {
		binary.LittleEndian.PutUint64(text[at*8:], value)
	}
	// Memory below the stack pointer is nobody's.
	at := (word(i.registers, atRSP) - belowRedZone - uint64(len(text))) &^ 15
	before := make([]byte, len(text))
	if err := readAt(i.thread, at, before); err != nil {
		return 0, err
	}
	if err := writeAt(i.thread, at, text); err != nil {
		return 0, err
	}
	// So that process and core are as they were to the last byte.
	defer func() {
		_ = writeAt(i.thread, at, before)
		if child != 0 {
			_ = writeAt(child, at, before)
		}
	}()
	if err := i.begin(optionSysGood|optionTraceFork|optionTraceClone, clone3, at, uint64(len(text))); err != nil {
		return 0, err
	}
	// To the call; to its end, or to the child if there is one; to the end then.
	if _, err := i.toNextStop(); err != nil {
		return 0, err
	}
	event, err := i.toNextStop()
	if err != nil {
		return 0, err
	}
	if event == 0 {
		_, err := i.result()
		return 0, err
	}
	var message uintptr
	if err := ptrace(requestEventMsg, i.thread, 0, uintptr(unsafe.Pointer(&message))); err != nil {
		return 0, err
	}
	child = int(message)
	if _, err := i.toNextStop(); err != nil {
		return child, err
	}
	// It stands still from its beginning on.
	if _, _, err := waitFor(child, false); err != nil {
		return child, err
	}
	return child, ptrace(requestSetOptions, child, 0, optionExitKill)
}

// Forget ends a child of [Process.StopAndFork] and makes the process take note of its end: nobody else may do that. It
// waits until the child has ended and a thread sleeps where the call can be made.
func (p *Process) Forget(ctx context.Context, child int) error {
	p.do(func() {
		_ = syscall.Kill(child, syscall.SIGKILL)
		for {
			status, _, err := waitFor(child, false)
			if err != nil || !status.Stopped() {
				return
			}
		}
	})
	failure := ErrNoThread
	for {
		stat, err := process.ReadStat(process.Path(child, ""))
		if err != nil || stat.ExitSignal != 0 || stat.Parent != p.PID {
			return nil
		}
		// Without WNOHANG the thread would wait where this program may end meanwhile.
		if stat.State == 'Z' {
			err := p.Inject(ctx, func(injector *Injector) error {
				_, err := injector.Call(wait4, uint64(child), 0, waitAll|syscall.WNOHANG, 0)
				return err
			})
			if errors.Is(err, ErrGone) {
				return nil
			}
			if err != nil {
				failure = err
			}
		}
		select {
		case <-ctx.Done():
			return failure
		case <-time.After(childEvery):
		}
	}
}

// How often it is looked whether a child has ended, and its parent can be made to take note of it.
const childEvery = 2 * time.Millisecond
