package hold

import "encoding/binary"

var extraSets = []uint32{NoteFloatingPoint, NoteX86State}

// Places in user_regs_struct (sys/user.h), in words.
const (
	atR10 = 7
	atR8  = 9
	atRAX = 10
	atRDX = 12
	atRSI = 13
	atRDI = 14
	// The call that the thread is in, or -1.
	atOrigRAX = 15
	atRIP     = 16
	atRSP     = 19

	registerWords = 27
)

func word(registers []byte, at int) uint64 { return binary.LittleEndian.Uint64(registers[at*8:]) }

func setWord(registers []byte, at int, value uint64) {
	binary.LittleEndian.PutUint64(registers[at*8:], value)
}

func registersAt(counter, stack uint64) []byte {
	registers := make([]byte, registerWords*8)
	setWord(registers, atRIP, counter)
	setWord(registers, atRSP, stack)
	return registers
}
