// Command capture takes a core of a running Go process, which stands still for milliseconds.
//
// It needs nothing but itself and /proc. The lab builds it, brings it to where the process is and reads what it says:
// one JSON object a line.
package main

import (
	"fmt"
	"os"
	"runtime"
)

// version is set by the lab: a hash of these sources.
var version = "unknown"

const usage = `capture list
capture core --pid N --core FILE|- [--exe FILE] [--snapshot auto|read|fork] [--max-pause 10s] [--memory BYTES] [--slim]
capture version`

// What holds a process does so on a thread that can be ended, and so lets go. The first thread cannot: it is main's alone.
func init() { runtime.LockOSThread() }

func main() { os.Exit(run(os.Args[1:])) }

func run(arguments []string) int {
	if len(arguments) == 0 {
		return refuse(usage)
	}
	switch rest := arguments[1:]; arguments[0] {
	case "list":
		return list(os.Stdout)
	case "core":
		return core(rest)
	case guardCommand:
		return guard(rest)
	case "version":
		fmt.Printf("%s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return 0
	}
	return refuse(usage)
}

func refuse(text string) int {
	fmt.Fprintln(os.Stderr, text)
	return exitUsage
}
