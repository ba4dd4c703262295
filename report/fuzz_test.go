package report

import (
	"bytes"
	"strings"
	"testing"

	"ganlib/internal/enginetest"
)

// FuzzReadScalars reads any text: an error, or rows that can be written and read again.
func FuzzReadScalars(f *testing.F) {
	f.Add(csvHeader + "0,0,-0.1,9.4,9.5,1e-20,12.3,0.5\n1,0,NaN,+Inf,-Inf,0,0,0\n")
	f.Add(`{"step":0,"epoch":0,"critic_loss":null,"critic_loss_gp":1}` + "\n")
	f.Add("{}\n")
	f.Fuzz(func(t *testing.T, text string) {
		var rows []Scalars
		enginetest.AllocatesAtMost(t, 64*len(text)+1<<20, func() {
			_ = ReadScalars(strings.NewReader(text), func(s Scalars) error { rows = append(rows, s); return nil })
		})
		var b bytes.Buffer
		b.WriteString(csvHeader)
		for _, s := range rows {
			b.WriteString(s.csv())
		}
		n := 0
		if err := ReadScalars(&b, func(Scalars) error { n++; return nil }); err != nil || n != len(rows) {
			t.Fatalf("%d rows: read %d again, %v", len(rows), n, err)
		}
	})
}
