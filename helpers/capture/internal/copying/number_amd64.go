package copying

// Number of process_vm_readv.
const numberRead = 310
