package hold

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
)

// RegisterSet is what else a core has of a thread, by the type of its note.
type RegisterSet struct {
	Note  uint32
	Bytes []byte
}

func (p *Process) registers() ([]Thread, error) {
	threads := make([]Thread, 0, len(p.held))
	buffer := make([]byte, 64<<10)
	read := func(id int) {
		thread := Thread{ID: id}
		if !p.held[id].isStopped {
			thread.Uninterruptible = true
			thread.Registers = fromSyscallFile(p.PID, id)
			threads = append(threads, thread)
			return
		}
		registers, err := registerSet(id, NoteRegisters, buffer)
		if err != nil {
			// It was killed while it stood still.
			delete(p.held, id)
			return
		}
		thread.Registers = append([]byte(nil), registers...)
		for _, note := range extraSets {
			if set, err := registerSet(id, int(note), buffer); err == nil {
				thread.Sets = append(thread.Sets, RegisterSet{Note: note, Bytes: append([]byte(nil), set...)})
			}
		}
		thread.SignalMask = signalMask(id)
		threads = append(threads, thread)
	}
	if p.held[p.PID] != nil {
		read(p.PID)
	}
	ids := make([]int, 0, len(p.held))
	for id := range p.held {
		if id != p.PID {
			ids = append(ids, id)
		}
	}
	sort.Ints(ids)
	for _, id := range ids {
		read(id)
	}
	if len(threads) == 0 {
		return nil, ErrGone
	}
	return threads, nil
}

// fromSyscallFile reads stack pointer and program counter from /proc/PID/task/TID/syscall, whose last two words they are.
func fromSyscallFile(pid, id int) []byte {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/syscall", pid, id))
	words := strings.Fields(string(text))
	if len(words) < 3 {
		return registersAt(0, 0)
	}
	number := func(at int) uint64 {
		value, _ := strconv.ParseUint(strings.TrimPrefix(words[at], "0x"), 16, 64)
		return value
	}
	return registersAt(number(len(words)-1), number(len(words)-2))
}
