package drawn

// traits is what makes a cat's face the one it is: everything that is drawn by lot.
type traits struct {
	pose     poseTraits
	head     headTraits
	ears     earTraits
	eyes     eyeTraits
	mouth    mouthTraits
	coat     coatTraits
	light    lightTraits
	backdrop backdropTraits
	texture  vec // origin of the noise
}

// poseTraits places the face in the picture.
type poseTraits struct {
	roll       float64 // radians, clockwise
	yaw, pitch float64 // -1 to 1; 1 turns the head by about 10 degrees
	scale      float64 // 1 makes a unit of the face half a picture
	shift      vec
}

// headTraits are measures of the head.
type headTraits struct {
	kitten float64 // 0 grown up, 1 kitten
	width  float64 // a factor, as are the next two
	cheeks float64
	chin   float64
	fluff  float64 // 0 short hair, 1 long hair
}

// earTraits are measures of the ears, in units of the face.
type earTraits struct {
	length float64
	width  float64 // half of it, at the base
	spread float64 // of the base from the middle of the head
	tilt   float64 // radians from upright
	round  float64 // 0 pointed, 1 round
	tufts  float64 // 0 none, 1 thick hair inside
	uneven float64 // radians by which the right ear is tilted more than the left
}

// eyeTraits are measures of the eyes, in units of the face, and their colours.
type eyeTraits struct {
	x, y          float64 // centre of the right eye
	width, height float64 // halves of them
	slant         float64 // radians by which the outer corner is raised
	round         float64 // 0 almond, 1 ellipse
	lid           float64 // 0 open, 1 upper lid half way down
	pupil         float64 // width over height
	gaze          vec     // of the pupils from the centre
	iris          [2]rgb  // left, right
	ring          float64 // darkness of the iris' edge, 0 to 1
	rim           float64 // darkness of the edge of the lids, 0 to 1
}

// mouthTraits are measures of nose, muzzle, mouth and whiskers.
type mouthTraits struct {
	noseY     float64
	noseWidth float64                     // half of it
	muzzle    float64                     // a factor
	smile     float64                     // depth of the mouth's curve
	whiskers  float64                     // opacity
	droop     float64                     // mean slope of the whiskers
	jitter    [2][whiskersPerSide]float64 // of each whisker, -1 to 1
}

// newTraits draws the traits of face index.
func newTraits(seed uint64, index int) *traits {
	t := new(traits)
	t.drawPose(newDice(seed, index, groupPose))
	t.drawHead(newDice(seed, index, groupHead))
	t.coat = drawCoat(newDice(seed, index, groupCoat))
	t.drawEyes(newDice(seed, index, groupEyes))
	t.light = drawLight(newDice(seed, index, groupLight))
	t.backdrop = drawBackdrop(newDice(seed, index, groupBackdrop))
	d := newDice(seed, index, groupTexture)
	t.texture = vec{latticeLen * d.unit(), latticeLen * d.unit()}
	return t
}

func (t *traits) drawPose(d *dice) {
	t.pose = poseTraits{
		roll:  d.around(0, 0.2),
		yaw:   d.around(0, 1),
		pitch: d.around(0, 1),
		scale: d.around(1.1, 0.11),
		shift: vec{d.around(0, 0.08), d.around(0.03, 0.07)},
	}
}

func (t *traits) drawHead(d *dice) {
	kitten := max(0, d.between(-1.2, 1))
	t.head = headTraits{
		kitten: kitten,
		width:  d.around(1, 0.1),
		cheeks: d.around(1, 0.16) - 0.08*kitten,
		chin:   d.around(1, 0.12) - 0.08*kitten,
		fluff:  max(0, d.between(-0.6, 1)),
	}
	t.ears = earTraits{
		length: d.around(0.62, 0.12) + 0.04*kitten,
		width:  d.around(0.32, 0.05),
		spread: d.around(0.43, 0.06),
		tilt:   d.around(0.34, 0.2),
		round:  d.unit(),
		tufts:  d.unit(),
		uneven: d.around(0, 0.14),
	}
	t.mouth = mouthTraits{
		noseY:     d.around(0.34, 0.05) - 0.04*kitten,
		noseWidth: d.around(0.125, 0.02) - 0.012*kitten,
		muzzle:    d.around(1.08, 0.14) - 0.1*kitten,
		smile:     d.around(0.065, 0.03),
		whiskers:  d.between(0.2, 0.75),
		droop:     d.around(0.02, 0.2),
	}
	for side := range t.mouth.jitter {
		for i := range t.mouth.jitter[side] {
			t.mouth.jitter[side][i] = d.around(0, 1)
		}
	}
}

func (t *traits) drawEyes(d *dice) {
	kitten := t.head.kitten
	size := d.around(1, 0.13) + 0.14*kitten
	width := 0.172 * size
	t.eyes = eyeTraits{
		x:      d.around(0.345, 0.03),
		y:      d.around(-0.02, 0.05) + 0.03*kitten,
		width:  width,
		height: width * (d.around(0.74, 0.15) + 0.08*kitten),
		slant:  d.around(0.2, 0.18),
		round:  d.between(0.2, 0.9),
		lid:    max(0, d.between(-0.8, 0.42)),
		pupil:  d.between(0.16, 0.95),
		gaze:   vec{d.around(0, 0.018), d.around(0, 0.008)},
		ring:   d.between(0.3, 0.8),
		rim:    d.between(0.75, 0.97),
	}
	left, right := drawIrises(d, t.coat.eyes)
	t.eyes.iris = [2]rgb{left, right}
}
