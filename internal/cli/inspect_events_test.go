package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/report/events"
)

// eventFile writes a file of three steps into the current folder, and returns its path and content.
func eventFile(t *testing.T) (path string, data []byte) {
	t.Helper()
	f, err := events.Open("logs", events.Options{Resumed: true, From: 7, Clock: func() time.Time { return time.Unix(1_800_000_000, 0) }})
	require.NoError(t, err)
	for i, loss := range []float64{-2.5, math.NaN(), 1} {
		require.NoError(t, f.Write(events.Event{Step: int64(7 + i), Values: []events.Value{
			{Tag: "loss\x1b", Data: events.Scalar(loss)},
			{Tag: "Fake_fixed", Data: events.Image{Width: 530, Height: 266, Channels: 3, Encoded: []byte("png")}},
		}}))
	}
	require.NoError(t, f.Write(events.Event{Step: 9, Values: []events.Value{{Tag: "nan", Data: events.Scalar(math.Inf(1))}}}))
	require.NoError(t, f.Close())
	files, err := filepath.Glob("logs/*")
	require.NoError(t, err)
	require.Len(t, files, 1)
	data, err = os.ReadFile(files[0])
	require.NoError(t, err)
	return files[0], data
}

func TestInspectEvents(t *testing.T) {
	t.Chdir(t.TempDir())
	path, data := eventFile(t)
	o := succeed(t, "inspect", path)
	for _, want := range []string{
		`^logs/events\.out\.tfevents\.\d+\.ganlib\.000000: TensorBoard events, 6 events, 0\.\d kB\n`,
		`(?m)^the training went on from step 7: `,
		`(?m)^Fake_fixed +image 530×266 +3 +7 +9 +- +- +0$`,
		`(?m)^loss\\x1b +scalar +3 +7 +9 +-2\.5 +1 +1$`,
		`(?m)^nan +scalar +1 +9 +9 +- +- +1$`,
	} {
		assert.Regexp(t, want, o.out)
	}
	assert.Empty(t, o.errout)

	var facts eventsFacts
	require.NoError(t, json.Unmarshal([]byte(succeed(t, "inspect", "--json", path).out), &facts))
	assert.Equal(t, []int64{7}, facts.Resumed)
	require.Len(t, facts.Tags, 3)
	low, high := -2.5, 1.0
	assert.Equal(t, &tagFacts{Tag: "loss\x1b", Kind: "scalar", Count: 3, First: 7, Last: 9, Min: &low, Max: &high, NotFinite: 1}, facts.Tags[1])
	assert.Empty(t, facts.Damage)

	// Any name will do, and any content under such a name.
	require.NoError(t, os.WriteFile("some", data, 0o666))
	assert.Contains(t, succeed(t, "inspect", "some").out, "TensorBoard")
	require.NoError(t, os.WriteFile("x.tfevents.y", nil, 0o666))
	assert.Contains(t, succeed(t, "inspect", "x.tfevents.y").out, "0 events")
	refused := run(t, "import", "some", "--out", "run")
	assert.Equal(t, exitFailure, refused.code)
	assert.Contains(t, refused.errout, "a file of TensorBoard: want one of PyTorch, ")
}

// A file that is being written is no error, a damaged one is; what comes before the end is printed in both cases.
func TestInspectDamagedEvents(t *testing.T) {
	t.Chdir(t.TempDir())
	_, data := eventFile(t)
	require.NoError(t, os.WriteFile("cut", data[:len(data)-3], 0o666))
	o := succeed(t, "inspect", "cut")
	assert.Regexp(t, `(?m)^loss.* 3 +7 +9 `, o.out)
	assert.Regexp(t, `\nevents: read at byte \d+: the file ends within a record: its writer is still at it, or was stopped\n$`, o.out)

	data[len(data)-3] ^= 1
	require.NoError(t, os.WriteFile("bad", data, 0o666))
	for _, args := range [][]string{{"inspect", "bad"}, {"inspect", "bad", "--json"}} {
		o = run(t, args...)
		assert.Equal(t, exitFailure, o.code)
		assert.Contains(t, o.out, "Fake_fixed")
		assert.Regexp(t, `^catfaces: inspect bad: events: read at byte \d+: corrupt record: checksum of the payload is \w+, want \w+\nNext: `, o.errout)
	}
	var facts eventsFacts
	require.NoError(t, json.Unmarshal([]byte(o.out), &facts))
	assert.Contains(t, facts.Damage, "corrupt record")
	assert.Equal(t, 5, facts.Events)
}
