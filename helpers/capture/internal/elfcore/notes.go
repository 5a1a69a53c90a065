package elfcore

import (
	"bytes"
	"encoding/binary"
	"os"

	"capture/internal/hold"
	"capture/internal/pages"
	"capture/internal/process"
)

// Types of notes (elf.h).
const (
	notePrStatus = 1
	notePrPsInfo = 3
	noteAuxv     = 6
	noteFile     = 0x46494c45
)

// Owner is what notes tell of a process that it takes with it when it ends.
type Owner struct {
	pid       int
	stat      process.Stat
	uid, gid  int
	vector    []byte
	arguments []byte
}

// OwnerOf reads it.
func OwnerOf(pid int) (Owner, error) {
	living := process.Living(pid)
	stat, err := process.ReadStat(process.Path(pid, ""))
	if err != nil {
		return Owner{}, err
	}
	vector, _ := os.ReadFile(process.Path(living, "auxv"))
	arguments, _ := os.ReadFile(process.Path(living, "cmdline"))
	return Owner{pid, stat, process.Number(pid, "Uid"), process.Number(pid, "Gid"), vector, arguments}, nil
}

// Notes tells of the process, of its threads, the leader first, and of the files that it has mapped.
func Notes(owner Owner, threads []hold.Thread, mappings []process.Mapping) []byte {
	var out bytes.Buffer
	for i, thread := range threads {
		note(&out, "CORE", notePrStatus, prStatus(thread, owner.stat))
		if i == 0 {
			note(&out, "CORE", notePrPsInfo, prPsInfo(owner))
			note(&out, "CORE", noteAuxv, owner.vector)
			note(&out, "CORE", noteFile, fileNote(mappings))
		}
		for _, set := range thread.Sets {
			name := "LINUX"
			if set.Note == hold.NoteFloatingPoint {
				name = "CORE"
			}
			note(&out, name, set.Note, set.Bytes)
		}
	}
	return out.Bytes()
}

func note(out *bytes.Buffer, name string, kind uint32, content []byte) {
	header := [3]uint32{uint32(len(name) + 1), uint32(len(content)), kind}
	_ = binary.Write(out, binary.LittleEndian, header)
	padded := func(text []byte) {
		out.Write(text)
		out.Write(make([]byte, -len(text)&3))
	}
	padded(append([]byte(name), 0))
	padded(content)
}

// struct elf_prstatus (linux/elfcore.h), without the registers and what comes behind them.
type statusHead struct {
	Signal, Code, Errno         int32
	Current                     int16
	_                           int16
	Pending, Held               uint64
	PID, Parent, Group, Session int32
	Times                       [4][2]int64
}

func prStatus(thread hold.Thread, stat process.Stat) []byte {
	var out bytes.Buffer
	head := statusHead{
		Held: thread.SignalMask, PID: int32(thread.ID),
		Parent: int32(stat.Parent), Group: int32(stat.Group), Session: int32(stat.Session),
		Times: [4][2]int64{ticks(stat.UserTicks), ticks(stat.SystemTicks), ticks(stat.ChildUserTicks), ticks(stat.ChildSysTicks)},
	}
	_ = binary.Write(&out, binary.LittleEndian, head)
	out.Write(thread.Registers)
	hasFloats := int32(0)
	for _, set := range thread.Sets {
		if set.Note == hold.NoteFloatingPoint {
			hasFloats = 1
		}
	}
	_ = binary.Write(&out, binary.LittleEndian, [2]int32{hasFloats, 0})
	return out.Bytes()
}

// ticks of a hundredth of a second, which proc(5) counts in, as seconds and microseconds.
func ticks(count uint64) [2]int64 { return [2]int64{int64(count / 100), int64(count%100) * 10_000} }

// struct elf_prpsinfo (linux/elfcore.h).
type processInfo struct {
	State, Name, Zombie, Nice   byte
	_                           uint32
	Flags                       uint64
	UID, GID                    uint32
	PID, Parent, Group, Session int32
	File                        [16]byte
	Arguments                   [80]byte
}

func prPsInfo(owner Owner) []byte {
	stat := owner.stat
	info := processInfo{
		State: byte(bytes.IndexByte([]byte("RSDTZW"), stat.State)), Name: stat.State, Nice: byte(stat.Nice), Flags: stat.Flags,
		UID: uint32(owner.uid), GID: uint32(owner.gid),
		PID: int32(owner.pid), Parent: int32(stat.Parent), Group: int32(stat.Group), Session: int32(stat.Session),
	}
	copy(info.File[:15], stat.Name)
	copy(info.Arguments[:79], bytes.ReplaceAll(bytes.TrimRight(owner.arguments, "\x00"), []byte{0}, []byte{' '}))
	var out bytes.Buffer
	_ = binary.Write(&out, binary.LittleEndian, info)
	return out.Bytes()
}

// fileNote is as the kernel writes it (fs/binfmt_elf.c): a count, the size of a page, for each mapping of a file its
// begin, end and offset in pages, then the names.
func fileNote(mappings []process.Mapping) []byte {
	var table, names bytes.Buffer
	count := uint64(0)
	word := func(value uint64) { _ = binary.Write(&table, binary.LittleEndian, value) }
	for _, mapping := range mappings {
		if mapping.Anonymous() {
			continue
		}
		count++
		word(mapping.From)
		word(mapping.To)
		word(mapping.Offset / pages.Size)
		names.WriteString(mapping.Name)
		names.WriteByte(0)
	}
	var out bytes.Buffer
	_ = binary.Write(&out, binary.LittleEndian, [2]uint64{count, pages.Size})
	out.Write(table.Bytes())
	out.Write(names.Bytes())
	return out.Bytes()
}

// PID of the process.
func (o Owner) PID() int { return o.pid }

// Auxiliary is an entry of the vector that the kernel gave the program (getauxval(3)); 0 when there is none.
func (o Owner) Auxiliary(kind uint64) uint64 {
	for at := 0; at+16 <= len(o.vector); at += 16 {
		if binary.LittleEndian.Uint64(o.vector[at:]) == kind {
			return binary.LittleEndian.Uint64(o.vector[at+8:])
		}
	}
	return 0
}
