// Package postgres starts a PostgreSQL server for one program, of Debian's
// package postgresql, with its data in a folder of its own. It ends with the
// program, however that ends.
package postgres

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// The server's standard input is a pipe of the program: when that is closed,
// the server is stopped and its folder removed. SIGINT would not do: a shell has
// what runs in its background ignore that, until the server says otherwise. Nor
// may the shell say anything by then: nobody may be left to read it.
const script = `
"$1/initdb" -D "$2/data" -U shop -A trust -E UTF8 --no-locale --no-sync >"$2/initdb.log" 2>&1 || {
	cat "$2/initdb.log" >&2
	rm -rf "$2"
	exit 1
}
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off </dev/null &
cat >/dev/null
exec 2>/dev/null
kill -TERM $!
wait $!
rm -rf "$2"
`

// ready is what the server says when it takes connections.
const ready = "database system is ready to accept connections"

// Server is a running server.
type Server struct {
	// URL is what clients connect to.
	URL string

	command *exec.Cmd
	lives   io.Closer
}

// Start makes an empty database and waits until it takes connections.
func Start() (*Server, error) {
	programs, err := find()
	if err != nil {
		return nil, err
	}
	// Not in $TMPDIR: paths of sockets must be short, and another user may have
	// to come there.
	folder, err := os.MkdirTemp("/tmp", "lab-postgres-")
	if err != nil {
		return nil, err
	}
	command := exec.Command("/bin/sh", "-c", script, "postgres", programs, folder)
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		if err := giveAway(folder, command.SysProcAttr); err != nil {
			os.Remove(folder)
			return nil, err
		}
	}
	lives, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	says, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		os.Remove(folder)
		return nil, err
	}
	if err := untilReady(says); err != nil {
		lives.Close()
		command.Wait()
		return nil, err
	}
	url := fmt.Sprintf("postgres://shop@/postgres?host=%s", folder)
	return &Server{URL: url, command: command, lives: lives}, nil
}

// Stop ends the server and waits until it has gone.
func (s *Server) Stop() error {
	s.lives.Close()
	return s.command.Wait()
}

// giveAway leaves the folder and the process to a user who is not root, as
// PostgreSQL wants it.
func giveAway(folder string, attributes *syscall.SysProcAttr) error {
	other, err := user.Lookup("postgres")
	if err != nil {
		if other, err = user.Lookup("nobody"); err != nil {
			return err
		}
	}
	uid, err := strconv.Atoi(other.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(other.Gid)
	if err != nil {
		return err
	}
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(folder, uid, gid)
}

// untilReady reads what the server says until it takes connections; what comes
// later is thrown away.
func untilReady(says io.Reader) error {
	var said strings.Builder
	lines := bufio.NewScanner(says)
	for lines.Scan() {
		if strings.Contains(lines.Text(), ready) {
			go io.Copy(io.Discard, says)
			return nil
		}
		said.WriteString(lines.Text() + "\n")
	}
	return fmt.Errorf("postgres did not start:\n%s", said.String())
}

// find tells the folder of the newest server: Debian does not have it on PATH.
func find() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		sort.Slice(found, func(i, k int) bool { return release(found[i]) > release(found[k]) })
		return filepath.Dir(found[0]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("PostgreSQL is not installed: apt-get install postgresql")
	}
	return filepath.Dir(path), nil
}

// release is 15 of /usr/lib/postgresql/15/bin/initdb.
func release(path string) int {
	number, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return number
}
