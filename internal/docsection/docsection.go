// Package docsection is for tests that keep a part of a document as the code has it.
package docsection

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the section into its document")

// Check fails unless the document at path has want between the lines begin and end. With -update it writes
// want there.
func Check(t *testing.T, path, begin, end, want string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(data), begin+"\n")
	require.True(t, found, "%s: no line %q", path, begin)
	have, after, found := strings.Cut(rest, end+"\n")
	require.True(t, found, "%s: no line %q", path, end)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+"\n"+want+end+"\n"+after), 0o644))
		return
	}
	assert.Equal(t, want, have, "%s: run the test with -update", path)
}
