package drawn

// rgb is linear light, 0 black to 1 white, or a reflectance.
type rgb struct{ r, g, b float64 }

// paint returns the colour that shows as the given 8-bit values. The picture's tone curve is a
// square root, close to sRGB's.
func paint(r, g, b float64) rgb {
	return rgb{r * r / (255 * 255), g * g / (255 * 255), b * b / (255 * 255)}
}

func (c rgb) scale(f float64) rgb { return rgb{c.r * f, c.g * f, c.b * f} }

func (c rgb) add(d rgb) rgb { return rgb{c.r + d.r, c.g + d.g, c.b + d.b} }

func (c rgb) mul(d rgb) rgb { return rgb{c.r * d.r, c.g * d.g, c.b * d.b} }

// mix goes from c at t = 0 to d at t = 1.
func (c rgb) mix(d rgb, t float64) rgb {
	return rgb{c.r + (d.r-c.r)*t, c.g + (d.g-c.g)*t, c.b + (d.b-c.b)*t}
}

// grey is the brightness of c by the weights of ITU-R BT.601.
func (c rgb) grey() float64 { return 0.299*c.r + 0.587*c.g + 0.114*c.b }
