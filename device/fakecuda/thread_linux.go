package fakecuda

import "golang.org/x/sys/unix"

// thread returns which thread this is: CUDA has a current context for each.
func thread() int { return unix.Gettid() }
