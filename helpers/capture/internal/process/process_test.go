package process

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

func TestLinesOfMaps(t *testing.T) {
	for line, expected := range map[string]Mapping{
		"00400000-0049b000 r-xp 00001000 fe:00 123                                /app/server": {
			From: 0x400000, To: 0x49b000, Readable: true, Executable: true, Offset: 0x1000, Inode: 123, Name: "/app/server",
		},
		"c000000000-c004000000 rw-p 00000000 00:00 0 ": {From: 0xc000000000, To: 0xc004000000, Readable: true, Writable: true},
		"7f0000000000-7f0000001000 rw-s 00000000 00:01 9 /dev/zero (deleted)": {
			From: 0x7f0000000000, To: 0x7f0000001000, Readable: true, Writable: true, Shared: true, Inode: 9, Name: "/dev/zero (deleted)",
		},
		`7f0000000000-7f0000001000 r--p 00000000 fe:00 9 /a folder/two\012lines`: {
			From: 0x7f0000000000, To: 0x7f0000001000, Readable: true, Inode: 9, Name: "/a folder/two\nlines",
		},
	} {
		if found, ok := parseMapping([]byte(line)); !ok || found != expected {
			t.Errorf("%q is read as %+v", line, found)
		}
	}
	for _, line := range []string{"", "Size: 4 kB", "VmFlags: rd ex mr mw me dw", "7f00-7f00 r--p 0 0:0 0"} {
		if found, ok := parseMapping([]byte(line)); ok {
			t.Errorf("%q is read as %+v", line, found)
		}
	}
}

func TestAnonymousMemory(t *testing.T) {
	for name, isAnonymous := range map[string]bool{"": true, "[heap]": true, "[anon: Go: heap]": true, "/app/server": false} {
		if (Mapping{Name: name}).Anonymous() != isAnonymous {
			t.Errorf("%q", name)
		}
	}
}

func TestStatOfAProgramWithAnyName(t *testing.T) {
	folder := t.TempDir()
	// By the numbers of proc(5).
	fields := map[int]string{1: "42", 2: "(a) R (b)", 3: "S", 4: "7", 14: "11", 17: "14", 19: "-5", 20: "6", 22: "777", 38: "17"}
	text := ""
	for number := 1; number <= 52; number++ {
		if fields[number] == "" {
			fields[number] = "0"
		}
		text += fields[number] + " "
	}
	if err := os.WriteFile(filepath.Join(folder, "stat"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	stat, err := ReadStat(folder)
	if err != nil {
		t.Fatal(err)
	}
	if stat.Name != "a) R (b" || stat.State != 'S' || stat.Parent != 7 || stat.Nice != -5 || stat.Threads != 6 || stat.StartTicks != 777 {
		t.Errorf("%+v", stat)
	}
	if stat.UserTicks != 11 || stat.ChildSysTicks != 14 || stat.ExitSignal != 17 {
		t.Errorf("%+v", stat)
	}
	for _, bad := range []string{"", "42", "42 (a", "42 (a) S 1"} {
		_ = os.WriteFile(filepath.Join(folder, "stat"), []byte(bad), 0o600)
		if _, err := ReadStat(folder); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestThisProcess(t *testing.T) {
	pid := os.Getpid()
	stat, err := ReadStat(Path(pid, ""))
	if err != nil || stat.Parent != os.Getppid() {
		t.Errorf("%+v %v", stat, err)
	}
	const childSignal = 17
	if stat.ExitSignal != childSignal {
		t.Errorf("it ends with signal %d", stat.ExitSignal)
	}
	if Living(pid) != pid || Number(pid, "Pid") != pid || Field(pid, "Tgid") != strconv.Itoa(pid) {
		t.Error("it is not found")
	}
	mappings, err := Maps(pid)
	if err != nil || len(mappings) < 3 {
		t.Errorf("%d mappings, %v", len(mappings), err)
	}
	for i, mapping := range mappings {
		if i > 0 && mapping.From < mappings[i-1].To {
			t.Errorf("%x is not behind %x", mapping.From, mappings[i-1].To)
		}
	}
}
