package snapshot

const (
	numberPidfdOpen      = 434
	numberPidfdGetfd     = 438
	numberUserFault      = 282
	numberProcessMadvise = 440
)
