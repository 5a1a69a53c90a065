package process

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
)

// Mapping is a line of /proc/PID/maps.
type Mapping struct {
	From, To uint64
	// Readable, Writable and Executable are what the process may do now.
	Readable, Writable, Executable bool
	Shared                         bool
	// Offset in the file, bytes.
	Offset uint64
	Inode  uint64
	// Name as the kernel writes it: a path, "[heap]", or nothing.
	Name string
}

// Anonymous memory is backed by no file.
func (m Mapping) Anonymous() bool { return m.Inode == 0 && !strings.HasPrefix(m.Name, "/") }

// KernelOwned mappings are the kernel's own data, which nobody may copy.
func (m Mapping) KernelOwned() bool {
	return strings.HasPrefix(m.Name, "[vvar") || m.Name == "[vsyscall]"
}

// Maps are the mappings of a process by ascending address.
func Maps(pid int) ([]Mapping, error) {
	text, err := os.ReadFile(Path(pid, "maps"))
	if err != nil {
		return nil, err
	}
	found := make([]Mapping, 0, bytes.Count(text, []byte{'\n'}))
	for _, line := range bytes.Split(text, []byte{'\n'}) {
		if mapping, ok := parseMapping(line); ok {
			found = append(found, mapping)
		}
	}
	return found, nil
}

func parseMapping(line []byte) (Mapping, bool) {
	fields := bytes.SplitN(line, []byte{' '}, 6)
	if len(fields) < 5 || len(fields[1]) < 4 {
		return Mapping{}, false
	}
	ends := strings.SplitN(string(fields[0]), "-", 2)
	if len(ends) != 2 {
		return Mapping{}, false
	}
	hex := func(text string) uint64 {
		value, _ := strconv.ParseUint(text, 16, 64)
		return value
	}
	inode, _ := strconv.ParseUint(string(fields[4]), 10, 64)
	mapping := Mapping{
		From: hex(ends[0]), To: hex(ends[1]),
		Readable: fields[1][0] == 'r', Writable: fields[1][1] == 'w', Executable: fields[1][2] == 'x',
		Shared: fields[1][3] == 's', Offset: hex(string(fields[2])), Inode: inode,
	}
	if len(fields) == 6 {
		mapping.Name = strings.ReplaceAll(strings.TrimLeft(string(fields[5]), " "), `\012`, "\n")
	}
	return mapping, mapping.To > mapping.From
}

// NotDumped are the addresses where mappings begin that the process or a driver keeps out of cores: the flags "dd"
// and "io" of /proc/PID/smaps. Empty where the kernel has no such file.
func NotDumped(pid int) map[uint64]bool {
	left := map[uint64]bool{}
	file, err := os.Open(Path(pid, "smaps"))
	if err != nil {
		return left
	}
	defer file.Close()
	var from uint64
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if mapping, ok := parseMapping(lines.Bytes()); ok {
			from = mapping.From
		} else if flags := lines.Text(); strings.HasPrefix(flags, "VmFlags:") {
			for _, flag := range strings.Fields(flags[8:]) {
				if flag == "dd" || flag == "io" {
					left[from] = true
				}
			}
		}
	}
	return left
}
