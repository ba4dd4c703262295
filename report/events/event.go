package events

import "time"

// Event is what was reported at one step.
type Event struct {
	Time    time.Time // zero: when it is written
	Step    int64
	Version string // of the format; the first event of a file has nothing else
	Start   bool   // a training begins at Step: what older files have of this step and later ones is void
	Values  []Value
}

// Value is one thing that was reported: what TensorBoard shows under the tag.
type Value struct {
	Tag  string // slashes group tags: "weights/gen.0.weight"
	Data Data
}

// Data is a [Scalar], [Image], [Histogram], [Text] or [HParams], or, of what was read, an [Other].
type Data interface {
	appendTo(b []byte) ([]byte, error)
}

// Scalar is a point of a curve. It may be NaN or infinite.
type Scalar float32

// Image is a picture.
type Image struct {
	Width, Height int    // pixels
	Channels      int    // 1 grey, 2 with alpha, 3 RGB, 4 with alpha
	Encoded       []byte // the picture as a PNG file, or in another format that browsers show
}

// Histogram is how many numbers lie where. Bucket i counts those from Limits[i-1], or Min for the first
// bucket, to Limits[i]; the last limit is Max.
type Histogram struct {
	Min, Max, Num   float64
	Sum, SumSquares float64
	Limits, Counts  []float64
}

// Text is some texts in Markdown; mostly it is a single one.
type Text []string

// HParams are the hyper-parameters of the training that the folder, and those below it, tell of, as
// TensorBoard's HPARAMS page compares them.
type HParams struct {
	Started time.Time
	Params  []HParam
}

// HParam is one hyper-parameter. Its value is a float64, a bool or a string.
type HParam struct {
	Name  string
	Value any
}

// Other is what this package does not know; it cannot be written.
type Other struct {
	Plugin string // of TensorBoard that shows it; may be empty
}
