package runner

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/report/events"
	"ganlib/vfs/faultfs"
)

// TestEventsComeBack fills the disk of the event files, for a while or for good: the training goes on with a
// warning, events are written again when there is room, and what is missing is told at the end.
func TestEventsComeBack(t *testing.T) {
	for name, c := range map[string]struct {
		room  int64 // step from which on there is room again
		steps []int64
		told  []string
	}{
		"for a while": {4, []int64{0, 4, 5}, []string{"events for TensorBoard could not be written", "written again, from step 4 on", "are missing, of steps 1 to 3;"}},
		"for good":    {99, []int64{0}, []string{"events for TensorBoard could not be written", "are missing, of steps 1 to the end;"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := faultRun(t)
			cfg.LogEvery, cfg.SampleEvery = config.EverySteps(1), config.Every{}
			root := t.TempDir()
			disk, err := faultfs.New(root)
			require.NoError(t, err)
			now := time.Unix(1e9, 0)
			var out strings.Builder
			r, err := Open(t.Context(), Options{
				Config: cfg, Root: root, Threads: 1, fs: disk, Console: &out, clock: func() time.Time { return now },
				Hooks: each(func(step int64) error {
					now = now.Add(time.Minute)
					switch step {
					case 1:
						disk.Inject(func(op faultfs.Op) error {
							if op.Kind == faultfs.Write && strings.Contains(op.Path, "tfevents") {
								return syscall.ENOSPC
							}
							return nil
						})
					case c.room:
						disk.Inject(nil)
					}
					return nil
				}),
			})
			require.NoError(t, err)
			require.NoError(t, r.Run(t.Context()))
			require.NoError(t, r.Close())
			for _, line := range c.told {
				assert.Equal(t, 1, strings.Count(out.String(), line), "%q in\n%s", line, out.String())
			}
			assert.Equal(t, len(c.told), strings.Count(out.String(), "TensorBoard"), out.String())
			var steps []int64
			logs := filepath.Join(r.Folder(), "logs", "genLoss")
			require.NoError(t, events.ReadFolder(logs, func(e *events.Event) error {
				if len(e.Values) > 0 {
					steps = append(steps, e.Step)
				}
				return nil
			}))
			assert.Equal(t, c.steps, steps)
			table, err := os.ReadFile(filepath.Join(r.Folder(), "logs", "scalars.csv"))
			require.NoError(t, err)
			assert.Equal(t, 7, strings.Count(string(table), "\n"), "a title and six rows")
			files, err := os.ReadDir(logs)
			require.NoError(t, err)
			assert.LessOrEqual(t, len(files), 2, "tries leave no files")
		})
	}
}
