package process

// Numbers of process_vm_readv and process_vm_writev (process_vm_readv(2)).
const (
	CallReadMemory  = 310
	CallWriteMemory = 311
)
