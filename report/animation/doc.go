// Package animation writes rows of pictures as pictures that move: GIF, which every program shows, or
// animated PNG, in full colour.
//
//	f, err := animation.FormatOf("walk.gif")
//	err = animation.Write(w, f, len(frames), func(i int) (image.Image, error) { return frames[i], nil }, animation.Options{})
package animation
