package scrub

import (
	"runtime"

	"capture/internal/hold"
)

// Registers takes data out of a thread's registers: one that was copying a request has it in its vectors.
func (r *Rule) Registers(thread hold.Thread) {
	r.Scrub(thread.Registers, nil)
	for _, set := range thread.Sets {
		switch {
		case set.Note == hold.NoteFloatingPoint && runtime.GOARCH == "arm64":
			// struct user_fpsimd_state: 32 vectors, then what controls them.
			zero(set.Bytes, 0, 512)
		case set.Note == hold.NoteFloatingPoint:
			// FXSAVE: control words first.
			zero(set.Bytes, 32, len(set.Bytes))
		case set.Note == hold.NoteX86State:
			// XSAVE: as above, with words for the kernel and a header from 464 to 576.
			zero(set.Bytes, 32, 464)
			zero(set.Bytes, 576, len(set.Bytes))
		}
	}
}

func zero(bytes []byte, from, to int) {
	if to > len(bytes) {
		to = len(bytes)
	}
	for i := from; i < to; i++ {
		bytes[i] = 0
	}
}
