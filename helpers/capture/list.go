package main

import (
	"debug/buildinfo"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"

	"capture/internal/process"
)

// listed is a line of `capture list`.
type listed struct {
	Pid        int      `json:"pid"`
	Exe        string   `json:"exe,omitempty"`
	Command    []string `json:"command,omitempty"`
	Go         string   `json:"go,omitempty"`
	UID        int      `json:"uid"`
	State      string   `json:"state"`
	StartTicks uint64   `json:"startTicks"`
}

func list(out io.Writer) int {
	names, err := os.ReadDir("/proc")
	if err != nil {
		fmt.Fprintf(os.Stderr, "no processes are to be seen: %v\n", err)
		return exitMissing
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name.Name()); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	sort.Ints(pids)
	encoder := json.NewEncoder(out)
	for _, pid := range pids {
		stat, err := process.ReadStat(process.Path(pid, ""))
		if err != nil {
			continue
		}
		found := listed{Pid: pid, UID: process.Number(pid, "Uid"), State: string(stat.State), StartTicks: stat.StartTicks}
		found.Exe, _ = os.Readlink(process.Path(pid, "exe"))
		if arguments, err := os.ReadFile(process.Path(pid, "cmdline")); err == nil && len(arguments) > 0 {
			found.Command = strings.Split(strings.TrimRight(string(arguments), "\x00"), "\x00")
		}
		if build, err := buildinfo.ReadFile(process.Path(pid, "exe")); err == nil {
			found.Go = build.GoVersion
		}
		if encoder.Encode(found) != nil {
			return exitInternal
		}
	}
	return 0
}

// fits refuses a program of another architecture, whose registers this program does not know.
func fits(pid int) error {
	file, err := elf.Open(process.Path(process.Living(pid), "exe"))
	if err != nil {
		if os.IsPermission(err) || os.IsNotExist(err) {
			return cannotRead(pid, err)
		}
		return nil
	}
	defer file.Close()
	machine := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[runtime.GOARCH]
	if file.Machine == machine && file.Class == elf.ELFCLASS64 {
		return nil
	}
	return failure{"usage", fmt.Sprintf("process %d runs a program for %v, and this helper takes cores of %v", pid, file.Machine, machine), "let gdb take the core: --capture gcore", exitUsage}
}

// spareMemory is half of what this machine, or the container, can give, bytes.
func spareMemory() uint64 {
	spare := uint64(1 << 30)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		for _, line := range strings.Split(string(text), "\n") {
			if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "MemAvailable:" {
				kilobytes, _ := strconv.ParseUint(fields[1], 10, 64)
				spare = kilobytes * 1024
			}
		}
	}
	number := func(path string) (uint64, bool) {
		text, err := os.ReadFile(path)
		if err != nil {
			return 0, false
		}
		value, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
		return value, err == nil
	}
	for _, files := range [][2]string{
		{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"},
		{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"},
	} {
		limit, isLimited := number(files[0])
		if used, known := number(files[1]); isLimited && known && limit > used && limit-used < spare {
			spare = limit - used
		}
	}
	var own syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_AS, &own) == nil && own.Cur < spare {
		spare = own.Cur
	}
	return spare / 2
}
