package checkpoint_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/checkpoint"
	"ganlib/internal/enginetest"
)

// FuzzOpen opens a file and checks all of it: an error, or a checkpoint with numbers that mean something.
func FuzzOpen(f *testing.F) {
	add := func(metadata, tensors string, data []byte) {
		header := fmt.Sprintf(`{"__metadata__":{%s}%s}`, metadata, tensors)
		f.Add(append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), data...))
	}
	sound := fmt.Sprintf(`"format":%q,"format_version":"1","progress.generator_steps":"3","progress.critic_steps":"6","data.pass":"0","data.position":"1"`, checkpoint.Format)
	tensor := `,"fixed_noise":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}`
	add(sound, tensor, make([]byte, 4))
	add(sound, "", nil)
	add(sound+`,"crc32c.tensors":"{}","crc32c.header":"00000000"`, tensor, make([]byte, 4))
	add(`"format":"other"`, "", nil)
	add(sound+`,"config.SEED":"x\u001b[0m"`, tensor, make([]byte, 3))
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 127, '{'})
	f.Fuzz(func(t *testing.T, data []byte) {
		path := save(t, data)
		enginetest.AllocatesAtMost(t, 512*len(data)+4<<20, func() {
			c, err := checkpoint.Open(path)
			if err != nil {
				return
			}
			p := c.Progress()
			assert.True(t, p.GeneratorSteps >= 0 && p.CriticSteps >= 0 && p.Data.Position >= 0)
			_ = c.Verify()
			_, _, _ = c.FixedNoise()
			assert.NoError(t, c.Close())
		})
	})
}
