package snapshot

const (
	numberPidfdOpen      = 434
	numberPidfdGetfd     = 438
	numberUserFault      = 323
	numberProcessMadvise = 440
)
