package config

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every field of Config belongs to exactly one key, and every key to a field of its own.
func TestTableCoversConfig(t *testing.T) {
	var c Config
	fields := map[any]string{}
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		fields[v.Field(i).Addr().Interface()] = v.Type().Field(i).Name
	}
	names := map[string]bool{}
	for _, r := range rows {
		assert.False(t, names[r.name], "%s twice", r.name)
		names[r.name] = true
		at := r.field(&c)
		field, ok := fields[at]
		assert.True(t, ok, "%s has no field of its own", r.name)
		delete(fields, at)
		assert.Equal(t, strings.ReplaceAll(r.name, "_", ""), strings.ToUpper(field))
	}
	assert.Empty(t, fields, "fields without a key")
}

func TestKeys(t *testing.T) {
	keys := Keys()
	require.Len(t, keys, len(rows))
	assert.Equal(t, Key{Name: "BATCH_SIZE", Group: "How long, and on what", Type: "int", Range: "an integer from 1 to 65536", Doc: "images in a batch"}, keys[6])
	for _, k := range keys {
		assert.Equal(t, strings.ToUpper(k.Name), k.Name)
		assert.NotEmpty(t, k.Doc)
		assert.NotEmpty(t, k.Range)
	}
}

// The values that the tables hold as text are values of their keys.
func TestTableTexts(t *testing.T) {
	check := func(settings []setting) {
		for _, s := range settings {
			r, ok := rowNamed(s.key)
			require.True(t, ok, s.key)
			var c Config
			require.Nil(t, r.domain.parse(r.field(&c), []string{s.text}), s)
			assert.Equal(t, s.text, c.text(s.key))
		}
	}
	for _, s := range switchTable {
		check(s.sets)
		assert.True(t, s.behaves || len(s.sets) > 0, s.name)
		assert.NotEmpty(t, s.networks, s.name)
	}
	for _, byConvention := range conventions {
		for _, settings := range byConvention {
			check(settings)
		}
	}
}

// The package comment lists every switch with what it stands for.
func TestPackageComment(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	text := strings.Join(strings.Fields(strings.ReplaceAll(string(doc), "//", "")), " ")
	for _, s := range switchTable {
		_, after, found := strings.Cut(text, " "+string(s.name)+" ")
		require.True(t, found, s.name)
		after = after[:min(len(after), 160)]
		if s.behaves {
			assert.Contains(t, after, "Has", s.name)
		}
		for _, set := range s.sets {
			value := strings.Replace(set.text, "5.0e-5", "5e-5", 1)
			assert.Contains(t, after, set.key+" "+value, s.name)
		}
	}
}
