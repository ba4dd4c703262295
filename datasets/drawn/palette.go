package drawn

// hairs are the colours of one kind of hair: ground is most of it, dark the stripes of a tabby,
// light the muzzle, the chin and the surroundings of the eyes.
type hairs struct{ ground, dark, light rgb }

// The colours of hair that coats are made of.
var (
	black     = hairs{paint(46, 43, 44), paint(34, 32, 34), paint(60, 56, 56)}
	blue      = hairs{paint(128, 132, 142), paint(98, 102, 114), paint(152, 154, 160)}
	white     = hairs{paint(238, 233, 226), paint(226, 218, 208), paint(246, 243, 238)}
	chocolate = hairs{paint(104, 70, 52), paint(74, 48, 36), paint(132, 94, 72)}
	lilac     = hairs{paint(176, 158, 150), paint(148, 128, 122), paint(200, 186, 178)}

	ginger      = hairs{paint(218, 146, 80), paint(168, 90, 40), paint(244, 210, 168)}
	cream       = hairs{paint(232, 202, 162), paint(202, 156, 108), paint(248, 234, 212)}
	brownTabby  = hairs{paint(152, 122, 90), paint(52, 42, 36), paint(216, 196, 166)}
	silverTabby = hairs{paint(172, 172, 172), paint(54, 54, 58), paint(228, 228, 226)}
	greyTabby   = hairs{paint(150, 144, 138), paint(86, 84, 88), paint(212, 206, 198)}
	ruddy       = hairs{paint(196, 136, 86), paint(120, 74, 44), paint(232, 200, 162)}
	fawn        = hairs{paint(206, 172, 142), paint(164, 126, 98), paint(234, 214, 192)}

	siamese = hairs{paint(230, 216, 194), paint(206, 184, 156), paint(242, 232, 216)}
)

// points are the colours of a colourpoint's mask with the nose that goes with each: seal, blue,
// chocolate, lilac, flame.
var points = []struct{ hair, nose rgb }{
	{paint(58, 44, 38), blackNose},
	{paint(108, 110, 120), greyNose},
	{paint(116, 80, 60), brickNose},
	{paint(164, 146, 140), pinkNose},
	{paint(204, 132, 80), pinkNose},
}

// The colours of bare skin.
var (
	pinkNose  = paint(222, 150, 144)
	brickNose = paint(178, 104, 92)
	greyNose  = paint(96, 90, 94)
	blackNose = paint(44, 38, 38)
	earSkin   = paint(226, 168, 154)
)

// irises are the colours of eyes.
var irises = [...]rgb{
	paint(226, 182, 62),  // yellow
	paint(214, 140, 40),  // amber
	paint(172, 96, 38),   // copper
	paint(172, 186, 74),  // yellow-green
	paint(108, 168, 92),  // green
	paint(146, 176, 150), // grey-green
	paint(92, 156, 214),  // blue
}

// eyeWeights says how common each of irises is.
type eyeWeights [len(irises)]float64

var (
	anyEyes  = eyeWeights{4, 3, 2, 4, 4, 2, 0.5}
	warmEyes = eyeWeights{4, 4, 4, 3, 1, 0, 0}
	paleEyes = eyeWeights{2, 2, 0.5, 1, 2, 1, 5}
	blueEyes = eyeWeights{0, 0, 0, 0, 0, 0, 1}
)

// drawIrises draws the colours of the left and the right eye: the same, but for the few white cats
// that have one blue eye.
func drawIrises(d *dice, weights eyeWeights) (left, right rgb) {
	left = irises[d.pick(weights[:]...)].scale(d.around(1, 0.3))
	left.g *= d.around(1, 0.12)
	left.b *= d.around(1, 0.3)
	right = left
	if d.chance(0.08) && weights == paleEyes {
		right = irises[len(irises)-1]
	}
	if d.chance(0.5) {
		left, right = right, left
	}
	return left, right
}
