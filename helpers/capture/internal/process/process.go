// Package process tells what /proc says of a process (proc(5)).
package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Path of a file of the process, for example Path(1, "maps").
func Path(pid int, name string) string { return fmt.Sprintf("/proc/%d/%s", pid, name) }

// Threads are the ids in /proc/PID/task, in the kernel's order: the leader first.
func Threads(pid int) ([]int, error) {
	folder, err := os.Open(Path(pid, "task"))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	ids := make([]int, 0, len(names))
	for _, name := range names {
		if id, err := strconv.Atoi(name); err == nil {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// Living is the id of a thread below whose name in /proc the process can be looked at: its own id, unless the first
// thread has ended and others live on.
func Living(pid int) int {
	if stat, err := ReadStat(Path(pid, "")); err != nil || stat.State != 'Z' {
		return pid
	}
	ids, _ := Threads(pid)
	for _, id := range ids {
		if stat, err := ReadStat(Path(id, "")); err == nil && strings.IndexByte("ZXx", stat.State) < 0 {
			return id
		}
	}
	return pid
}

// Stat is what is used of /proc/PID/stat.
type Stat struct {
	Name                          string
	State                         byte
	Parent, Group, Session        int
	Flags                         uint64
	UserTicks, SystemTicks        uint64
	ChildUserTicks, ChildSysTicks uint64
	Nice                          int
	Threads                       int
	StartTicks                    uint64
	ExitSignal                    int
}

// ReadStat reads the file stat below the folder, for example "/proc/7" or "/proc/7/task/9".
func ReadStat(folder string) (Stat, error) {
	text, err := os.ReadFile(folder + "/stat")
	if err != nil {
		return Stat{}, err
	}
	open, shut := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || shut < open {
		return Stat{}, fmt.Errorf("%s/stat is not as in proc(5)", folder)
	}
	fields := strings.Fields(string(text[shut+1:]))
	if len(fields) < 36 {
		return Stat{}, fmt.Errorf("%s/stat is not as in proc(5)", folder)
	}
	// Field n of proc(5), of which the first two are behind.
	number := func(n int) uint64 {
		value, err := strconv.ParseInt(fields[n-3], 10, 64)
		if err != nil {
			unsigned, _ := strconv.ParseUint(fields[n-3], 10, 64)
			return unsigned
		}
		return uint64(value)
	}
	return Stat{
		Name: string(text[open+1 : shut]), State: fields[0][0],
		Parent: int(number(4)), Group: int(number(5)), Session: int(number(6)), Flags: number(9),
		UserTicks: number(14), SystemTicks: number(15), ChildUserTicks: number(16), ChildSysTicks: number(17),
		Nice: int(int64(number(19))), Threads: int(number(20)), StartTicks: number(22), ExitSignal: int(number(38)),
	}, nil
}

// Field is the value of a line of /proc/PID/status, for example "TracerPid"; empty when there is none.
func Field(pid int, name string) string { return FieldOf(Path(pid, ""), name) }

// FieldOf is the value of a line of the file status below the folder, for example "/proc/7/task/9".
func FieldOf(folder, name string) string {
	text, err := os.ReadFile(folder + "/status")
	if err != nil {
		return ""
	}
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, name+":") {
			return strings.TrimSpace(line[len(name)+1:])
		}
	}
	return ""
}

// Number is the leading number of a line of /proc/PID/status; 0 when there is none.
func Number(pid int, name string) int {
	first := strings.Fields(Field(pid, name) + " 0")[0]
	value, _ := strconv.Atoi(first)
	return value
}

// Program tells what a process runs from what it ran before an execve(2).
type Program struct {
	Device, Inode uint64
	// What the kernel told the program at its beginning, addresses chosen at random among it (getauxval(3)).
	Vector string
}

// ProgramOf looks at /proc/PID/exe and /proc/PID/auxv.
func ProgramOf(pid int) (Program, error) {
	var stat syscall.Stat_t
	if err := syscall.Stat(Path(pid, "exe"), &stat); err != nil {
		return Program{}, err
	}
	vector, err := os.ReadFile(Path(pid, "auxv"))
	return Program{Device: uint64(stat.Dev), Inode: stat.Ino, Vector: string(vector)}, err
}
