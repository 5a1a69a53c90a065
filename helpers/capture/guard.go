package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"capture/internal/hold"
	"capture/internal/process"
)

const guardCommand = "guard"

// startGuard starts a process that undoes what a fork left if this program does not live to do it: the kernel kills
// the child that was made, and only its parent can make the process table forget it.
func startGuard(pid int) (end func(), err error) {
	command := exec.Command("/proc/self/exe", guardCommand, strconv.Itoa(pid))
	// Whoever kills this program's group does not mean it.
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	return func() {
		_, _ = input.Write([]byte("done\n"))
		input.Close()
		_ = command.Wait()
	}, nil
}

func guard(arguments []string) int {
	if len(arguments) != 1 {
		return refuse(usage)
	}
	pid, err := strconv.Atoi(arguments[0])
	if err != nil {
		return refuse(usage)
	}
	if line, _ := bufio.NewReader(os.Stdin).ReadString('\n'); line != "" {
		return 0
	}
	holder := hold.Open(pid)
	defer holder.Close()
	for _, child := range silentChildren(pid) {
		_ = holder.Forget(context.Background(), child)
	}
	return 0
}

// silentChildren are children that send no signal when they end: no Go program has any of its own.
func silentChildren(pid int) (found []int) {
	threads, _ := process.Threads(pid)
	for _, thread := range threads {
		text, _ := os.ReadFile(process.Path(pid, "task/"+strconv.Itoa(thread)+"/children"))
		for _, word := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(word)
			if err != nil {
				continue
			}
			if stat, err := process.ReadStat(process.Path(child, "")); err == nil && stat.ExitSignal == 0 {
				found = append(found, child)
			}
		}
	}
	return found
}
