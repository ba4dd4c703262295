package page

import (
	"crypto/rand"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
)

// tokenHeader carries the token of a request that changes or costs something.
const tokenHeader = "X-Ganlib-Token"

// policy lets the page load what this server gives, and talk to this server, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard says who may ask for what.
type guard struct {
	token string
	names []string // hosts that are not addresses
	any   bool     // every address, not those of the loopback alone
}

// newGuard returns a guard with a new token, for a server whose user named its address addr. An address
// that is not of the loopback may be asked for by this machine's name too.
func newGuard(addr string) guard {
	g := guard{token: rand.Text(), names: []string{"localhost"}}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil && ip.IsLoopback() || strings.EqualFold(host, "localhost"):
		return g
	case err != nil && host != "":
		g.names = append(g.names, strings.ToLower(host))
	}
	g.any = true
	if name, err := os.Hostname(); err == nil {
		g.names = append(g.names, strings.ToLower(name))
	}
	return g
}

// host reports whether a request's Host header names this server. A name that anybody can point at this
// machine (DNS rebinding) does not, and an address cannot be such a name.
func (g guard) host(header string) bool {
	host, port, err := net.SplitHostPort(header)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(header, "["), "]"), ""
	}
	if strings.Trim(port, "0123456789") != "" {
		return false
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return g.any || ip.Unmap().IsLoopback()
	}
	for _, name := range g.names {
		if strings.EqualFold(host, name) {
			return true
		}
	}
	return false
}

// origin reports whether a request was made by a page of this server.
func origin(r *http.Request) bool {
	from, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || from.Scheme != "http" && from.Scheme != "https" || !strings.EqualFold(from.Host, r.Host) {
		return false
	}
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin"
}

// holds reports whether a request has the token.
func (g guard) holds(r *http.Request) bool {
	return subtle.ConstantTimeCompare([]byte(r.Header.Get(tokenHeader)), []byte(g.token)) == 1
}

// ServeHTTP refuses requests for other hosts, and sets the headers of every answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if !s.guard.host(r.Host) {
		refuse(w, http.StatusMisdirectedRequest, "this server does not answer for the host of the request")
		return
	}
	s.mux.ServeHTTP(w, r)
}

// action is a handler of what changes or costs something.
func (s *Server) action(do func(w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !origin(r):
			refuse(w, http.StatusForbidden, "the request does not come from this page")
		case !s.guard.holds(r):
			refuse(w, http.StatusForbidden, "the request lacks this process's token: open the address that the program printed")
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			do(w, r)
		}
	}
}
