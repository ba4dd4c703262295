package checkpoint_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/formats/safetensors"
)

// headerOf returns how long the header of a safetensors file is, with its length field.
func headerOf(saved []byte) int { return 8 + int(binary.LittleEndian.Uint64(saved)) }

// TestEveryFlippedBitIsFound changes one bit at a time, all over the file.
func TestEveryFlippedBitIsFound(t *testing.T) {
	trainer := training(t)
	steps(t, trainer, 1)
	saved := state(t, trainer)
	require.NoError(t, open(t, saved).Verify())
	path := save(t, saved)
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer file.Close()
	check := func(at int, bit int) {
		_, err := file.WriteAt([]byte{saved[at] ^ 1<<bit}, int64(at))
		require.NoError(t, err)
		c, err := checkpoint.Open(path)
		if err == nil {
			err = c.Verify()
			require.NoError(t, c.Close())
		}
		require.ErrorIs(t, err, checkpoint.ErrDamaged, "bit %d of byte %d", bit, at)
		require.ErrorContains(t, err, path)
		_, err = file.WriteAt(saved[at:at+1], int64(at))
		require.NoError(t, err)
	}
	header := headerOf(saved)
	for at := 0; at < header; at += 11 {
		check(at, at%8)
	}
	for at := header; at < len(saved); at += (len(saved) - header) / 200 {
		check(at, at%8)
	}
	check(len(saved)-1, 7)
}

// TestDamageIsNamed by tensor, and restores nothing.
func TestDamageIsNamed(t *testing.T) {
	trainer := training(t)
	steps(t, trainer, 2)
	saved := state(t, trainer)
	file, err := safetensors.Read(bytes.NewReader(saved), int64(len(saved)))
	require.NoError(t, err)
	for _, name := range []string{"generator.gen.0.0.weight", "optimizer.critic.v.disc.0.bias", "critic.disc.0.bias", "generator.gen.0.1.num_batches_tracked"} {
		tensor, err := file.Tensor(name)
		require.NoError(t, err)
		at := bytes.Index(saved[headerOf(saved):], tensor.Data.([]byte)) + headerOf(saved)
		damaged := slices.Clone(saved)
		damaged[at] ^= 4
		c := open(t, damaged)
		for what, err := range map[string]error{"verify": c.Verify(), "restore": c.Restore(trainer)} {
			require.ErrorIs(t, err, checkpoint.ErrDamaged, what)
			assert.ErrorContains(t, err, fmt.Sprintf("tensor %q", name), what)
		}
		if strings.HasPrefix(name, "generator.") {
			assert.ErrorIs(t, c.RestoreNetwork(trainer.Variant().Networks().Generator), checkpoint.ErrDamaged)
		}
	}
	assert.Equal(t, saved, state(t, trainer), "the training is as it was")
}

// TestChecksumsAreOfTheFile computes them from the file's bytes alone, as any reader can.
func TestChecksumsAreOfTheFile(t *testing.T) {
	trainer := training(t)
	steps(t, trainer, 1)
	saved := state(t, trainer)
	file, err := safetensors.Read(bytes.NewReader(saved), int64(len(saved)))
	require.NoError(t, err)
	var sums map[string]string
	require.NoError(t, json.Unmarshal([]byte(file.Metadata()["crc32c.tensors"]), &sums))
	assert.Len(t, sums, len(file.Names()))
	for _, name := range file.Names() {
		tensor, err := file.Tensor(name)
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("%08x", crc32.Checksum(tensor.Data.([]byte), crc32.MakeTable(crc32.Castagnoli))), sums[name], name)
	}
}
