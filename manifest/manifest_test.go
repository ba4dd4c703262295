package manifest_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/manifest"
)

func stretch(from int64, epochs string) manifest.Stretch {
	return manifest.Stretch{
		From: from, Config: map[string]string{"NUM_EPOCHS": epochs, "DATA_NAME": "<cats & dogs>"}, ConfigSHA256: "00",
		Data: manifest.Data{Samples: 3, Fingerprint: "ab"}, Program: manifest.Program{Go: "go1.26"}, Machine: manifest.Machine{Engine: "avx2"},
	}
}

func TestAdd(t *testing.T) {
	froms := func(m *manifest.Manifest) (list []int64) {
		for _, s := range m.Stretches {
			list = append(list, s.From)
		}
		return list
	}
	var m manifest.Manifest
	assert.Nil(t, m.At(0))
	m.Add(stretch(0, "1"))
	m.Add(stretch(5, "1"))
	assert.Equal(t, []int64{0}, froms(&m), "as before")
	m.Add(stretch(5, "2"))
	m.Add(stretch(9, "3"))
	assert.Equal(t, []int64{0, 5, 9}, froms(&m))
	for step, epochs := range map[int64]string{0: "1", 4: "1", 5: "2", 8: "2", 9: "3", 1 << 40: "3"} {
		assert.Equal(t, epochs, m.At(step).Config["NUM_EPOCHS"], "step %d", step)
	}
	m.Add(stretch(7, "3"))
	assert.Equal(t, []int64{0, 5, 7}, froms(&m), "the run went back behind step 9")
	m.Add(stretch(0, "4"))
	assert.Equal(t, []int64{0}, froms(&m))
}

// Every changed, missing or added byte is found.
func TestDecodeFindsAByte(t *testing.T) {
	var m manifest.Manifest
	m.Add(stretch(0, "1"))
	text, err := manifest.Encode(m)
	require.NoError(t, err)
	got, err := manifest.Decode(text)
	require.NoError(t, err)
	assert.Equal(t, &m, got)
	for i := range text {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		_, err := manifest.Decode(changed)
		require.Error(t, err, "byte %d", i)
	}
	for name, changed := range map[string][]byte{
		"cut": text[:len(text)-1], "longer": append(bytes.Clone(text), ' '), "empty": nil, "no object": []byte("[]\n"),
		"large": bytes.Repeat([]byte(" "), manifest.MaxBytes+1),
	} {
		_, err := manifest.Decode(changed)
		assert.ErrorIs(t, err, manifest.ErrDamaged, name)
	}
	_, err = manifest.Decode([]byte(strings.Replace(string(text), `"version": 1`, `"version": 2`, 1)))
	assert.ErrorContains(t, err, "version 2: want at most 1")
}

func TestMachine(t *testing.T) {
	dev := device.NewCPU(2)
	defer dev.Close()
	m := manifest.OfMachine(dev)
	assert.Equal(t, dev.Engine().String(), m.Engine)
	assert.Equal(t, 2, m.Threads)
	n := m
	n.Threads, n.Device, n.Features = 1, "", nil
	same, _ := m.SameBytes(n)
	assert.True(t, same, "threads do not matter")
	n.Engine = "other"
	same, why := m.SameBytes(n)
	assert.False(t, same)
	assert.Contains(t, why, `here "other"`)
}

func TestProgram(t *testing.T) {
	p := manifest.OfProgram(true)
	assert.Len(t, p.SHA256, 64)
	assert.Len(t, p.Kernels, 64)
	assert.Empty(t, manifest.OfProgram(false).Kernels)
	assert.Equal(t, p.Go, manifest.OfProgram(false).Go)
}
