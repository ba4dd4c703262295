package enginetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/device"
)

// ended records how a test is ended.
type ended struct {
	testing.TB
	how string
}

func (e *ended) Helper()                           {}
func (e *ended) Skip(args ...any)                  { e.end("skip: " + fmt.Sprint(args...)) }
func (e *ended) Fatalf(format string, args ...any) { e.end("fail: " + fmt.Sprintf(format, args...)) }

func (e *ended) end(how string) {
	e.how = how
	panic(e) // the test does not go on
}

// outcome returns how a test is ended, "" if it goes on.
func outcome(test func(t testing.TB)) (how string) {
	e := new(ended)
	defer func() {
		if r := recover(); r != nil && r != any(e) {
			panic(r)
		}
		how = e.how
	}()
	test(e)
	return ""
}

func TestSettle(t *testing.T) {
	missing := errors.New("no such thing")
	for _, c := range []struct {
		variable, what string
		missing        error
		want           string
	}{
		{"", "avx2", nil, ""},
		{"", "avx2", missing, "skip: no such thing"},
		{"avx512", "avx2", missing, "skip: no such thing"},
		{"avx2", "avx2", missing, "fail: GANLIB_REQUIRE lists avx2: no such thing"},
		{"avx2,avx512", "avx512", missing, "fail: GANLIB_REQUIRE lists avx512: no such thing"},
		{"avx512, avx2", "avx2", missing, "fail: GANLIB_REQUIRE lists avx2: no such thing"},
		{"avx2", "avx2", nil, ""},
		{"avx-512", "avx512", nil, `fail: GANLIB_REQUIRE: "avx-512": want a list of avx2, avx512, ` + strings.Join(tools, ", ")},
		{"gcc", "gcc", missing, "fail: GANLIB_REQUIRE lists gcc: no such thing"},
		{"gcc", "cuda", missing, "skip: no such thing"},
	} {
		t.Setenv(Variable, c.variable)
		assert.Equal(t, c.want, outcome(func(t testing.TB) { settle(t, c.what, c.missing) }), "%+v", c)
	}
}

func TestNeedTool(t *testing.T) {
	t.Setenv(Variable, "gcc")
	missing := errors.New("no such thing")
	for _, c := range []struct {
		tool    string
		missing error
		want    string
	}{
		{"gcc", nil, ""},
		{"gcc", missing, "fail: GANLIB_REQUIRE lists gcc: no such thing"},
		{"ptxas", missing, "skip: no such thing"},
		{"gccc", nil, `fail: "gccc": want one of ` + strings.Join(tools, ", ")},
	} {
		assert.Equal(t, c.want, outcome(func(t testing.TB) { NeedTool(t, c.tool, c.missing) }), "%+v", c)
	}
}

// Each visits what the machine has, and the reference is always there.
func TestEach(t *testing.T) {
	var seen []device.Engine
	Each(t, func(t *testing.T, e device.Engine) {
		assert.Equal(t, e, CPU(t, e, 1).Engine())
		seen = append(seen, e)
	})
	assert.ElementsMatch(t, device.Engines(), seen)
}
