package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"capture/internal/process"
	"capture/internal/snapshot"
)

type options struct {
	snapshot.Request
	core, exe string
	slim      bool
}

func parse(arguments []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("core", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.IntVar(&o.PID, "pid", 0, "")
	flags.StringVar(&o.core, "core", "", "")
	flags.StringVar(&o.exe, "exe", "", "")
	flags.StringVar(&o.Way, "snapshot", snapshot.Auto, "")
	flags.DurationVar(&o.MaxPause, "max-pause", 10*time.Second, "")
	flags.Uint64Var(&o.Memory, "memory", spareMemory(), "")
	flags.BoolVar(&o.slim, "slim", false, "")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected %q", flags.Arg(0))
	case o.PID <= 0 || o.core == "":
		return o, errors.New("--pid and --core are needed")
	case o.Way != snapshot.Auto && o.Way != snapshot.Read && o.Way != snapshot.Fork:
		return o, fmt.Errorf("--snapshot %q is none of auto, read, fork", o.Way)
	case o.core == "-" && o.exe != "":
		return o, errors.New("the executable is in the stream already: leave out --exe")
	case o.MaxPause <= 0:
		return o, errors.New("--max-pause is to be longer than nothing")
	}
	return o, nil
}

func core(arguments []string) int {
	o, err := parse(arguments)
	if err != nil {
		return refuse(err.Error() + "\n" + usage)
	}
	// A reader that is gone and a file that may not grow are errors of the write, and not the end of this program.
	signal.Ignore(syscall.SIGPIPE, syscall.SIGXFSZ)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	var says reporter
	o.Progress = says.progress
	o.Resumed = func(pause time.Duration) {
		says.say(event{Event: "resumed", PauseMicros: pause.Microseconds()})
	}
	o.Guard = startGuard
	if o.slim {
		o.NewScrubber = scrubber
	}
	fail := func(err error) int { return says.fail(err, o.PID, ctx.Err() != nil) }
	if err := fits(o.PID); err != nil {
		return fail(err)
	}
	if o.core == "-" {
		err = toStream(ctx, o, os.Stdout)
	} else {
		err = toFiles(ctx, o, &says)
	}
	if err != nil {
		return fail(err)
	}
	return 0
}

func done(taken snapshot.Taken, o options) event {
	return event{Event: "done", Pid: o.PID, Threads: taken.Threads, PauseMicros: taken.Pause.Microseconds(),
		Snapshot: taken.Way, Resident: taken.Resident, Size: taken.Size, Slim: o.slim, Notes: taken.Notes}
}

func toFiles(ctx context.Context, o options, says *reporter) error {
	if o.exe != "" {
		if err := copyProgram(ctx, o.PID, o.exe); err != nil {
			return err
		}
	}
	file, undo, err := create(o.core)
	if err != nil {
		return err
	}
	taken, err := snapshot.ToFile(ctx, o.Request, file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		undo()
		return err
	}
	says.say(done(taken, o))
	return nil
}

// create makes a file that only its owner may read; one that is there already has to be empty.
func create(path string) (file *os.File, undo func(), err error) {
	file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err == nil {
		return file, func() { os.Remove(path) }, nil
	}
	if !errors.Is(err, os.ErrExist) {
		return nil, nil, unusable(path, err)
	}
	if file, err = os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0); err != nil {
		return nil, nil, unusable(path, err)
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() != 0 {
		file.Close()
		return nil, nil, failure{"usage", path + " is there already", "choose another name", exitUsage}
	}
	return file, func() { _ = os.Truncate(path, 0) }, nil
}

func unusable(path string, err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return failure{"usage", fmt.Sprintf("%s cannot be written: its folder is not there", path), "make the folder first", exitUsage}
	}
	return err
}

func copyProgram(ctx context.Context, pid int, path string) error {
	from, err := os.Open(process.Path(process.Living(pid), "exe"))
	if err != nil {
		return cannotRead(pid, err)
	}
	defer from.Close()
	to, undo, err := create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, cancelled{ctx, from})
	if closed := to.Close(); err == nil {
		err = closed
	}
	if err != nil {
		undo()
	}
	return err
}

func cannotRead(pid int, err error) error {
	if errors.Is(err, os.ErrPermission) {
		return failure{"missing-permission", fmt.Sprintf("process %d may not be looked at: another user's, or it has more rights than this one", pid), "run the same command with sudo (in a container: start it with --cap-add=SYS_PTRACE)", exitMissing}
	}
	if errors.Is(err, os.ErrNotExist) {
		return failure{"target", fmt.Sprintf("process %d is gone", pid), "find the pid of one that runs: pgrep -l NAME", exitMissing}
	}
	return err
}

// cancelled is a reader that ends with its context.
type cancelled struct {
	ctx  context.Context
	from io.Reader
}

func (c cancelled) Read(into []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.from.Read(into)
}

// toStream writes a tar archive, compressed: the executable, the core, and what is known of the capture.
func toStream(ctx context.Context, o options, out io.Writer) error {
	compressed, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(compressed)
	entry := func(name string, size int64) (io.Writer, error) {
		header := tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: time.Now(), Typeflag: tar.TypeReg}
		return archive, archive.WriteHeader(&header)
	}
	program, err := os.Open(process.Path(process.Living(o.PID), "exe"))
	if err != nil {
		return cannotRead(o.PID, err)
	}
	defer program.Close()
	info, err := program.Stat()
	if err != nil {
		return err
	}
	if _, err := entry("server", info.Size()); err != nil {
		return err
	}
	if _, err := io.Copy(archive, cancelled{ctx, io.LimitReader(program, info.Size())}); err != nil {
		return err
	}
	taken, err := snapshot.ToStream(ctx, o.Request, "core", entry)
	if err != nil {
		return err
	}
	said, _ := json.Marshal(done(taken, o))
	if _, err := entry("capture.json", int64(len(said))); err != nil {
		return err
	}
	if _, err := io.Copy(archive, bytes.NewReader(said)); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	if err := compressed.Close(); err != nil {
		return err
	}
	_, err = os.Stderr.Write(append(said, '\n'))
	return err
}
