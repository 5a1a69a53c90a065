package hold

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"capture/internal/process"
)

// CanInject is whether a system call can be made in the place of a thread.
const CanInject = true

const (
	futex          = 202
	futexCommand   = 0x7f // Without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME.
	futexWait      = 0
	clone3         = 435
	wait4          = 61
	restartSystem  = 512 // ERESTARTSYS: the interrupted call is to be made again.
	clearHandlers  = 0x100000000
	callBytes      = 2 // of the instruction syscall
	belowRedZone   = 256
	syscallMark    = 0x80 // PTRACE_O_TRACESYSGOOD
	noCall         = ^uint64(0)
	sleepingPrefix = "202 "
)

// Injector makes system calls in the place of a thread that sleeps in futex(2). Such a thread may be woken at any time
// for no reason, and those who made it sleep look again at what they wait for. So if this program dies at any moment,
// what the thread finds is one more such waking.
type Injector struct {
	process   int
	thread    int
	registers []byte
	// Signals that came meanwhile; the thread gets them when it goes on.
	later []syscall.Signal
}

// Inject stops one sleeping thread, lets act make calls in its place, and sets everything back. The other threads run on.
func (p *Process) Inject(ctx context.Context, act func(*Injector) error) (err error) {
	p.do(func() {
		defer p.release()
		for _, id := range sleepers(p.PID) {
			if seized, seizeErr := p.seize(id); seizeErr != nil {
				err = seizeErr
				return
			} else if !seized {
				continue
			}
			if err = p.awaitStops(ctx); err != nil {
				return
			}
			var injector *Injector
			if injector, err = p.injectorFor(id); err == nil {
				err = act(injector)
				if back := injector.restore(); err == nil {
					err = back
				}
				return
			}
			p.release()
		}
		err = ErrNoThread
	})
	return err
}

// sleepers are the threads in futex(2), the leader last: it is the one that others look at.
func sleepers(pid int) []int {
	ids, _ := process.Threads(pid)
	found := []int{}
	for i := len(ids) - 1; i >= 0; i-- {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/syscall", pid, ids[i]))
		if strings.HasPrefix(string(text), sleepingPrefix) {
			found = append(found, ids[i])
		}
	}
	return found
}

// injectorFor looks whether the thread stands where a call can be made in its place: in a futex wait without a time
// limit, at an instruction syscall.
func (p *Process) injectorFor(id int) (*Injector, error) {
	held := p.held[id]
	if held == nil || !held.isStopped || held.signal != 0 {
		return nil, ErrNoThread
	}
	// A filter of system calls may end the thread for one that the program never makes.
	if process.FieldOf(fmt.Sprintf("/proc/%d/task/%d", p.PID, id), "Seccomp") != "0" {
		return nil, ErrNoThread
	}
	registers, err := registerSet(id, NoteRegisters, make([]byte, registerWords*8))
	if err != nil {
		return nil, err
	}
	isWait := word(registers, atOrigRAX) == futex && word(registers, atRSI)&futexCommand == futexWait
	if !isWait || int64(word(registers, atRAX)) != -restartSystem {
		return nil, ErrNoThread
	}
	var instruction [callBytes]byte
	if readAt(id, word(registers, atRIP)-callBytes, instruction[:]) != nil || instruction != [callBytes]byte{0x0f, 0x05} {
		return nil, ErrNoThread
	}
	return &Injector{process: p.PID, thread: id, registers: registers}, nil
}

// Call makes one system call and returns what it returned; an error is that of the kernel.
func (i *Injector) Call(number uint64, arguments ...uint64) (uint64, error) {
	if err := i.begin(optionSysGood, number, arguments...); err != nil {
		return 0, err
	}
	// To the call, and to its end.
	for stop := 0; stop < 2; stop++ {
		if _, err := i.toNextStop(); err != nil {
			return 0, err
		}
	}
	return i.result()
}

func (i *Injector) begin(options uintptr, number uint64, arguments ...uint64) error {
	registers := append([]byte(nil), i.registers...)
	setWord(registers, atRIP, word(registers, atRIP)-callBytes)
	setWord(registers, atRAX, number)
	setWord(registers, atOrigRAX, noCall)
	for at, value := range arguments {
		setWord(registers, [...]int{atRDI, atRSI, atRDX, atR10, atR8}[at], value)
	}
	if err := ptrace(requestSetOptions, i.thread, 0, options); err != nil {
		return err
	}
	return setRegisterSet(i.thread, NoteRegisters, registers)
}

// toNextStop returns when the thread is at the beginning or the end of a system call, or at an event of ptrace(2).
func (i *Injector) toNextStop() (event int, err error) {
	for {
		if err := ptrace(requestSyscall, i.thread, 0, 0); err != nil {
			return 0, err
		}
		status, _, err := waitFor(i.thread, false)
		if err != nil {
			return 0, err
		}
		if !status.Stopped() {
			return 0, ErrGone
		}
		if event := int(status >> 16); event != 0 && event != eventStop {
			return event, nil
		}
		if status.StopSignal() == syscall.SIGTRAP|syscallMark {
			return 0, nil
		}
		if status>>16 == 0 {
			i.later = append(i.later, status.StopSignal())
		}
	}
}

func (i *Injector) result() (uint64, error) {
	registers, err := registerSet(i.thread, NoteRegisters, make([]byte, registerWords*8))
	if err != nil {
		return 0, err
	}
	value := word(registers, atRAX)
	if code := -int64(value); code > 0 && code < 4096 {
		return 0, syscall.Errno(code)
	}
	return value, nil
}

// restore lets the thread make again the call that it slept in.
func (i *Injector) restore() error {
	registers := append([]byte(nil), i.registers...)
	setWord(registers, atRIP, word(registers, atRIP)-callBytes)
	setWord(registers, atRAX, futex)
	setWord(registers, atOrigRAX, noCall)
	err := setRegisterSet(i.thread, NoteRegisters, registers)
	for _, signal := range i.later {
		_, _, _ = syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(i.process), uintptr(i.thread), uintptr(signal))
	}
	return err
}

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
