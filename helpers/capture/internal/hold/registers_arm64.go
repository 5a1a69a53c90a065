package hold

import "encoding/binary"

var extraSets = []uint32{NoteFloatingPoint, NoteArmThreadLocal, NoteArmPacMask}

// Places in user_pt_regs (asm/ptrace.h), in words.
const (
	atSP = 31
	atPC = 32

	registerWords = 34
)

func registersAt(counter, stack uint64) []byte {
	registers := make([]byte, registerWords*8)
	binary.LittleEndian.PutUint64(registers[atSP*8:], stack)
	binary.LittleEndian.PutUint64(registers[atPC*8:], counter)
	return registers
}
