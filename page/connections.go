package page

import (
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

const (
	maxConnections = 256 // that are served at a time
	maxRefusals    = 16  // that are told so at a time; others are closed at once
	refuseTimeout  = time.Second
)

const fullMessage = `{"error":"page: too many connections are open already"}` + "\n"

// limited is a listener that refuses connections while as many are open as there may be: each costs a
// goroutine and a file of the process that trains.
type limited struct {
	net.Listener
	open, refusals chan struct{}
}

func newLimited(l net.Listener) *limited {
	return &limited{l, make(chan struct{}, maxConnections), make(chan struct{}, maxRefusals)}
}

// Accept implements [net.Listener].
func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.open <- struct{}{}:
			return &limitedConn{Conn: c, closed: sync.OnceFunc(func() { <-l.open })}, nil
		default:
		}
		select {
		case l.refusals <- struct{}{}:
			go func() {
				defer func() { <-l.refusals }()
				refuseConnection(c)
			}()
		default:
			_ = c.Close()
		}
	}
}

// refuseConnection answers the first bytes of a request, whatever it is, and closes the connection. Whoever
// sends nothing is not waited for long.
func refuseConnection(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(refuseTimeout))
	if _, err := c.Read(make([]byte, maxBody)); err != nil {
		return
	}
	_, _ = io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\nRetry-After: 10\r\nContent-Length: "+
		strconv.Itoa(len(fullMessage))+"\r\n\r\n"+fullMessage)
}

// limitedConn makes room for another connection when it is closed.
type limitedConn struct {
	net.Conn
	closed func()
}

func (c *limitedConn) Close() error {
	c.closed()
	return c.Conn.Close()
}
