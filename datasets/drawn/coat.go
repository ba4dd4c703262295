package drawn

// coatTraits is what hair grows where.
type coatTraits struct {
	hair    hairs
	stripes float64 // strength of the stripes: 0 none, 1 a strong tabby
	spacing float64 // how close they are, a factor
	masks   float64 // how light the muzzle, the chin and the surroundings of the eyes are, 0 to 1
	ticking float64 // amplitude of the hair's texture

	points     rgb     // colour of the ears and the mask of a colourpoint
	pointed    float64 // 0 none, 1 a Siamese
	pointReach float64 // radius of the mask

	patched   bool // tortoiseshell or calico
	patches   rgb  // its second colour
	patchEdge float64
	patchSize float64
	patchSoft float64

	white        bool    // there are white areas
	blaze, flare float64 // half width of the white on the forehead; how much wider it is at the chin
	lean         float64 // how far the white is off the middle

	marked bool // there are markings of any kind

	nose    rgb
	earHair float64 // how much of the inner ear's skin is covered
	eyes    eyeWeights
}

// marking is a way in which a coat has more than one colour, beside stripes and white.
type marking int

const (
	plain marking = iota
	colourpoint
	calico        // large patches, always with white
	tortoiseshell // small mixed patches
)

// coat is a kind of coat.
type coat struct {
	weight   float64 // how common it is
	hair     hairs
	stripes  [2]float64 // range of the strength of stripes, below 0 none
	masked   bool       // the light areas of a tabby
	nose     rgb
	eyes     eyeWeights
	spotting float64 // probability of white areas
	marking  marking
}

// coats are the kinds of coats. How common they are is chosen for variety, not counted.
var coats = []coat{
	{15, brownTabby, [2]float64{0.7, 1}, true, brickNose, anyEyes, 0.38, plain},
	{9, silverTabby, [2]float64{0.7, 1}, true, brickNose, anyEyes, 0.38, plain},
	{6, greyTabby, [2]float64{0.6, 1}, true, brickNose, anyEyes, 0.38, plain},
	{14, ginger, [2]float64{0.5, 1}, true, pinkNose, anyEyes, 0.38, plain},
	{5, cream, [2]float64{0.3, 0.8}, true, pinkNose, anyEyes, 0.38, plain},
	{4, ruddy, [2]float64{0.1, 0.3}, true, brickNose, anyEyes, 0, plain},
	{3, fawn, [2]float64{0.1, 0.35}, true, brickNose, anyEyes, 0, plain},
	{11, black, [2]float64{-1, -1}, false, blackNose, warmEyes, 0.5, plain},
	{9, blue, [2]float64{-0.6, 0.4}, false, greyNose, warmEyes, 0.38, plain},
	{5, white, [2]float64{-1, -1}, false, pinkNose, paleEyes, 0, plain},
	{3, chocolate, [2]float64{-1, -1}, false, brickNose, anyEyes, 0.38, plain},
	{2, lilac, [2]float64{-1, -1}, false, brickNose, anyEyes, 0, plain},
	{8, siamese, [2]float64{-1, -1}, false, brickNose, blueEyes, 0.1, colourpoint},
	{6, ginger, [2]float64{0.2, 0.7}, true, pinkNose, anyEyes, 1, calico},
	{5, ginger, [2]float64{0.2, 0.7}, true, blackNose, anyEyes, 0, tortoiseshell},
}

// drawCoat draws a kind of coat, then its measures.
func drawCoat(d *dice) coatTraits {
	weights := make([]float64, len(coats))
	for i := range coats {
		weights[i] = coats[i].weight
	}
	kind := &coats[d.pick(weights...)]
	c := coatTraits{
		hair:    kind.hair,
		stripes: max(0, d.between(kind.stripes[0], kind.stripes[1])),
		spacing: d.between(0.8, 1.25),
		ticking: d.between(0.1, 0.26),
		nose:    kind.nose,
		earHair: d.between(0.3, 0.65),
		eyes:    kind.eyes,
	}
	if kind.masked {
		c.masks = d.between(0.45, 1)
	}
	switch kind.marking {
	case colourpoint:
		c.drawPoints(d)
	case calico:
		c.drawPatches(d)
		c.patchEdge, c.patchSize, c.patchSoft = d.between(-0.25, 0.2), d.between(1.1, 1.7), 0.07
	case tortoiseshell:
		c.drawPatches(d)
		c.patchEdge, c.patchSize, c.patchSoft = d.between(-0.35, 0.1), d.between(2.2, 3.6), 0.25
	}
	c.drawTone(d)
	if d.chance(kind.spotting) {
		c.drawWhite(d)
	}
	c.marked = c.masks > 0 || c.stripes > 0 || c.pointed > 0 || c.patched || c.white
	return c
}

func (c *coatTraits) drawPoints(d *dice) {
	point := points[d.pick(5, 3, 2, 1.5, 1.5)]
	c.points, c.nose = point.hair, point.nose
	c.pointed = d.between(0.75, 1)
	c.pointReach = d.between(0.38, 0.62)
}

// drawPatches chooses black and ginger, or their dilutions blue and cream.
func (c *coatTraits) drawPatches(d *dice) {
	c.patched, c.patches = true, black.ground
	if d.chance(0.25) {
		c.hair, c.patches = cream, blue.ground
	}
}

// drawTone makes the hair of one cat a little darker or warmer than another's.
func (c *coatTraits) drawTone(d *dice) {
	tone, warmth := d.around(1, 0.35), d.around(0, 0.08)
	if c.hair == white {
		tone = 0.95 + 0.2*(tone-1) // or it would be grey
	}
	vary := func(h rgb) rgb {
		return rgb{min(tone*h.r*(1+warmth), 1), tone * h.g, tone * h.b * (1 - warmth)}
	}
	c.hair = hairs{vary(c.hair.ground), vary(c.hair.dark), vary(c.hair.light)}
}

func (c *coatTraits) drawWhite(d *dice) {
	c.white = true
	c.blaze = d.between(-0.28, 0.2)
	c.flare = d.between(0.3, 0.75)
	c.lean = d.around(0, 0.08)
	if c.blaze > -0.1 { // the white reaches over the nose
		c.nose = pinkNose
	}
}
