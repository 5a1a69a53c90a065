package hold

import (
	"syscall"
	"unsafe"

	"capture/internal/process"
)

func readAt(pid int, address uint64, into []byte) error {
	return transfer(process.CallReadMemory, pid, address, into)
}

func writeAt(pid int, address uint64, from []byte) error {
	return transfer(process.CallWriteMemory, pid, address, from)
}

// transfer is process_vm_readv(2) or process_vm_writev(2) of one piece.
func transfer(number uintptr, pid int, address uint64, bytes []byte) error {
	local := syscall.Iovec{Base: &bytes[0]}
	local.SetLen(len(bytes))
	remote := [2]uint64{address, uint64(len(bytes))}
	got, _, errno := syscall.RawSyscall6(number, uintptr(pid), uintptr(unsafe.Pointer(&local)), 1,
		uintptr(unsafe.Pointer(&remote)), 1, 0)
	if errno != 0 {
		return errno
	}
	if int(got) != len(bytes) {
		return syscall.EFAULT
	}
	return nil
}
