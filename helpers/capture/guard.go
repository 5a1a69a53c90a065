package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"capture/internal/hold"
	"capture/internal/process"
)

const guardCommand = "guard"

// startGuard starts a process that undoes what this program made the process do, if it does not live to undo it: a
// child that the kernel has killed, and only its parent can make the process table forget; a file that is open.
func startGuard(pid int) (end func(), err error) {
	command := exec.Command("/proc/self/exe", guardCommand, strconv.Itoa(pid))
	// Whoever kills this program's group does not mean it.
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	end = func() {
		_, _ = input.Write([]byte("done\n"))
		input.Close()
		_ = command.Wait()
	}
	// It has to know first what there is.
	if line, _ := bufio.NewReader(output).ReadString('\n'); line == "" {
		end()
		return nil, errors.New("the guard did not begin")
	}
	return end, nil
}

const (
	// How long after this program's end a call that it began may still be made.
	lateCall = 500 * time.Millisecond
	// How long it may take until a thread of the process sleeps where it can be undone.
	undoWithin = time.Minute
	lookEvery  = 10 * time.Millisecond
)

func guard(arguments []string) int {
	if len(arguments) != 1 {
		return refuse(usage)
	}
	pid, err := strconv.Atoi(arguments[0])
	if err != nil {
		return refuse(usage)
	}
	children, files := silentChildren(pid), userFaultFiles(pid)
	fmt.Println("ready")
	if line, _ := bufio.NewReader(os.Stdin).ReadString('\n'); line != "" {
		return 0
	}
	holder := hold.Open(pid)
	defer holder.Close()
	ctx, cancel := context.WithTimeout(context.Background(), undoWithin)
	defer cancel()
	for until := time.Now().Add(lateCall); time.Now().Before(until); time.Sleep(lookEvery) {
		for child := range silentChildren(pid) {
			if !children[child] {
				_ = holder.Forget(ctx, child.pid)
			}
		}
		for file := range userFaultFiles(pid) {
			if !files[file] {
				closeIn(ctx, holder, file)
			}
		}
	}
	return 0
}

type child struct {
	pid        int
	startTicks uint64
}

// silentChildren are children that send no signal when they end. Few programs have any of their own.
func silentChildren(pid int) map[child]bool {
	found := map[child]bool{}
	threads, _ := process.Threads(pid)
	for _, thread := range threads {
		text, _ := os.ReadFile(process.Path(pid, "task/"+strconv.Itoa(thread)+"/children"))
		for _, word := range strings.Fields(string(text)) {
			id, err := strconv.Atoi(word)
			if err != nil {
				continue
			}
			if stat, err := process.ReadStat(process.Path(id, "")); err == nil && stat.ExitSignal == 0 {
				found[child{id, stat.StartTicks}] = true
			}
		}
	}
	return found
}

// userFaultFiles are the open files of the process that a snapshot may have made: see userfaultfd(2).
func userFaultFiles(pid int) map[uint64]bool {
	found := map[uint64]bool{}
	folder := process.Path(process.Living(pid), "fd")
	names, _ := os.ReadDir(folder)
	for _, name := range names {
		number, err := strconv.ParseUint(name.Name(), 10, 32)
		target, _ := os.Readlink(folder + "/" + name.Name())
		if err == nil && target == "anon_inode:[userfaultfd]" {
			found[number] = true
		}
	}
	return found
}

func closeIn(ctx context.Context, holder *hold.Process, file uint64) {
	for {
		err := holder.Inject(ctx, func(thread *hold.Injector) error {
			_, err := thread.Call(syscall.SYS_CLOSE, file)
			return err
		})
		if !errors.Is(err, hold.ErrNoThread) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookEvery):
		}
	}
}
