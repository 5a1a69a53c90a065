package hold

import "context"

// CanInject is whether a system call can be made in the place of a thread; on this architecture it has not been built.
const CanInject = false

// Inject is never called here.
func (p *Process) Inject(context.Context, func(*Injector) error) error { return ErrNoThread }

// StopAndFork is never called here.
func (p *Process) StopAndFork(context.Context) ([]Thread, int, error) { return nil, 0, ErrNoThread }

// Forget is never called here.
func (p *Process) Forget(context.Context, int) error { return ErrNoThread }

// Injector makes system calls in the place of a thread.
type Injector struct{}

// Call is never called here.
func (*Injector) Call(uint64, ...uint64) (uint64, error) { return 0, ErrNoThread }
