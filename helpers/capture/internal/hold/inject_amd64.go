package hold

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"

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
