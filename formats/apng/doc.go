// Package apng writes animated PNG files: pictures that move, in full colour, in every browser. A program
// that does not know them shows the first frame.
//
//	e, err := apng.NewEncoder(w, 48, apng.Options{})
//	err = e.Add(frame, 80*time.Millisecond) // 48 times
//	err = e.Close()
//
// An animated PNG is a PNG file with chunks more (https://www.w3.org/TR/png-3/, section 11.3.5): acTL
// counts the frames, fcTL precedes each and has its place and duration, fdAT holds the data of every
// frame but the first. The data themselves are made by image/png, one picture a frame.
package apng
