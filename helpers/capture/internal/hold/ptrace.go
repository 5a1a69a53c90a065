package hold

import (
	"syscall"
	"unsafe"
)

// Requests of ptrace(2) that package syscall does not have for all architectures.
const (
	requestSeize      = 0x4206
	requestInterrupt  = 0x4207
	requestGetRegSet  = 0x4204
	requestSetRegSet  = 0x4205
	requestGetSigMask = 0x420a
	requestDetach     = 17
	requestSyscall    = 24
	requestSetOptions = 0x4200
	requestEventMsg   = 0x4201

	optionSysGood    = 0x1
	optionTraceFork  = 0x2
	optionTraceClone = 0x8
	optionExitKill   = 0x100000

	eventStop = 128
	waitAll   = 0x40000000 // __WALL of wait(2): threads too.
)

// NoteRegisters and the others are the sets of registers, by the types of their notes in a core (elf.h).
const (
	NoteRegisters      = 1
	NoteFloatingPoint  = 2
	NoteX86State       = 0x202
	NoteArmThreadLocal = 0x401
	NoteArmPacMask     = 0x406
)

func ptrace(request, thread int, address, data uintptr) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PTRACE, uintptr(request), uintptr(thread), address, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func registerSet(thread, set int, into []byte) ([]byte, error) {
	vector := syscall.Iovec{Base: &into[0]}
	vector.SetLen(len(into))
	if err := ptrace(requestGetRegSet, thread, uintptr(set), uintptr(unsafe.Pointer(&vector))); err != nil {
		return nil, err
	}
	return into[:vector.Len], nil
}

func setRegisterSet(thread, set int, from []byte) error {
	vector := syscall.Iovec{Base: &from[0]}
	vector.SetLen(len(from))
	return ptrace(requestSetRegSet, thread, uintptr(set), uintptr(unsafe.Pointer(&vector)))
}

func signalMask(thread int) (mask uint64) {
	_ = ptrace(requestGetSigMask, thread, 8, uintptr(unsafe.Pointer(&mask)))
	return mask
}
