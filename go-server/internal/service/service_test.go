package service

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// begin runs a service on free ports; it returns the addresses that it prints and
// what run returns once it has ended.
func begin(t *testing.T, s Service) (addrs map[string]string, ended <-chan error) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = writer
	t.Cleanup(func() { os.Stdout = stdout })

	done := make(chan error, 1)
	go func() {
		done <- s.run("127.0.0.1:0", "127.0.0.1:0")
		writer.Close()
	}()
	addrs = make(map[string]string)
	line := regexp.MustCompile(`^(server|pprof) listening addr=(\S+)$`)
	for lines := bufio.NewScanner(reader); len(addrs) < 2 && lines.Scan(); {
		match := line.FindStringSubmatch(lines.Text())
		if match == nil {
			t.Fatalf("an unexpected line: %q", lines.Text())
		}
		addrs[match[1]] = "http://" + match[2]
	}
	if len(addrs) < 2 {
		t.Fatalf("it did not say where it listens: %v", <-done)
	}
	return addrs, done
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestServesAndWorksUntilSIGTERM(t *testing.T) {
	var order []string
	worked := make(chan struct{})
	stopped := make(chan struct{})
	addrs, ended := begin(t, Service{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }),
		Work: func(ctx context.Context) {
			close(worked)
			<-ctx.Done()
			close(stopped)
		},
		Close: func(context.Context) error {
			order = append(order, "close")
			return nil
		},
	})
	<-worked
	if got := get(t, addrs["server"]); got != "ok" {
		t.Errorf("it answers %q", got)
	}
	if page := get(t, addrs["pprof"]+"/debug/pprof/goroutine?debug=2"); !strings.Contains(page, "service.Service.run") {
		t.Errorf("the goroutines are not on the page: %.200s", page)
	}
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	<-stopped
	if len(order) != 1 {
		t.Errorf("Close was called %d times", len(order))
	}
}

func TestGivesUpOnRequestsThatDoNotEnd(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	addrs, ended := begin(t, Service{
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(arrived)
			<-release
		}),
	})
	go http.Get(addrs["server"])
	<-arrived
	began := time.Now()
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "requests did not finish") {
		t.Errorf("it ended with %v", err)
	}
	if waited := time.Since(began); waited < shutdownTimeout {
		t.Errorf("it waited only %v", waited)
	}
}

func TestSaysThatAnAddressIsTaken(t *testing.T) {
	addrs, ended := begin(t, Service{Handler: http.NotFoundHandler()})
	taken := strings.TrimPrefix(addrs["server"], "http://")
	if err := (Service{Handler: http.NotFoundHandler()}).run(taken, ""); err == nil ||
		!strings.Contains(err.Error(), "address already in use") {
		t.Errorf("it ended with %v", err)
	}
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
