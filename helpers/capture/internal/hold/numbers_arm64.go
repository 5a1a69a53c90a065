package hold

// Numbers of process_vm_readv and process_vm_writev.
const (
	numberRead  = 270
	numberWrite = 271
)
