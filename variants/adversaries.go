package variants

import (
	"fmt"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/losses"
	"ganlib/optim"
)

// Play is how two networks play against each other, apart from a variant's own terms.
type Play struct {
	CriticSteps                         int // critic steps before each generator step, at least 1
	GeneratorOptimizer, CriticOptimizer optim.Config
	Objective                           losses.Objective
	ReuseFake                           bool // the generator step takes the last critic step's fakes, without a new pass
	EvalFakes                           bool // the critic's fakes come from the generator in evaluation mode
	Interpolates                        bool // the critic also sees points between real and fake samples
}

// Adversaries is the machinery that variants share. It is a [Variant] itself, for algorithms that are
// no more than an objective; others embed it and write a critic step of its parts. Fakes are constants in a critic step: the generator's parameters get no
// gradient there, and the critic's none in a generator step.
//
// A critic whose layers treat samples apart sees real, fake and interpolated samples as one batch; one
// that mixes samples (batch norm) sees them one after the other, real first.
//
// Parameters are held while they are used ([layers.Network.Hold]): the critic's from Judge or Rejudge to
// UpdateCritic, the generator's from a critic step to the end of the next generator step. Do not write
// them in between but by UpdateCritic, or by a parameter's SetTorch.
type Adversaries struct {
	name            string
	nets            Networks
	play            Play
	generator       optim.Optimizer
	critic          optim.Optimizer
	ws              *device.Workspace
	made            layers.Trace // the generator's pass
	fake            *device.Tensor
	batch           CriticBatch
	generatorScores layers.Trace
}

// CriticBatch is what a critic step has in hand after Judge: samples, scores and traces.
type CriticBatch struct {
	N                  int
	Real, Fake, Points *device.Tensor // samples (N,…); Points are the interpolates, if asked for
	RealScores         *device.Tensor // scores and their gradients (N,…)
	FakeScores         *device.Tensor
	DReal, DFake       *device.Tensor
	Gradient           *device.Tensor // of the summed scores in Points, after Learn
	PointsTrace        *layers.Trace  // the critic's pass at Points, after Learn

	merged                bool
	whole, scores, dwhole *device.Tensor
	traces                [3]layers.Trace // merged: the first; else real, fake, points
	points                layers.Trace    // rows of the merged trace
}

// NewAdversaries checks and joins networks and settings for the variant of that name.
func NewAdversaries(name string, n Networks, p Play) (*Adversaries, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	if p.CriticSteps < 1 {
		return nil, fmt.Errorf("variants: %s: critic steps %d: want at least 1", name, p.CriticSteps)
	}
	if p.GeneratorOptimizer == nil || p.CriticOptimizer == nil {
		return nil, fmt.Errorf("variants: %s: want an optimiser for each network", name)
	}
	if p.ReuseFake && p.EvalFakes {
		return nil, fmt.Errorf("variants: %s: fakes made in evaluation mode cannot serve the generator step", name)
	}
	a := &Adversaries{name: name, nets: n, play: p, ws: device.NewWorkspace(n.Generator.Device())}
	var err error
	if a.generator, err = p.GeneratorOptimizer.New(n.Generator.Values(), n.Generator.Grads()); err != nil {
		return nil, fmt.Errorf("variants: %s: generator: %w", name, err)
	}
	if a.critic, err = p.CriticOptimizer.New(n.Critic.Values(), n.Critic.Grads()); err != nil {
		return nil, fmt.Errorf("variants: %s: critic: %w", name, err)
	}
	return a, nil
}

// Name implements [Variant].
func (a *Adversaries) Name() string { return a.name }

// Networks implements [Variant].
func (a *Adversaries) Networks() Networks { return a.nets }

// Optimizers implements [Variant].
func (a *Adversaries) Optimizers() (generator, critic optim.Optimizer) { return a.generator, a.critic }

// CriticSteps implements [Variant].
func (a *Adversaries) CriticSteps() int { return a.play.CriticSteps }

// Memory implements [Variant].
func (a *Adversaries) Memory() int { return a.ws.Peak() }

// Workspace returns the memory of the step at hand.
func (a *Adversaries) Workspace() *device.Workspace { return a.ws }

// Judge begins a critic step: it takes real samples, makes fakes, and lets the critic score them. The
// critic's gradients are zero afterwards; the objective's value is in s.Loss and its gradients wait in
// the returned batch, which is valid until the next step. s.Penalty is zero.
func (a *Adversaries) Judge(s *Step) (*CriticBatch, error) {
	a.ws.Reset()
	b := &a.batch
	if err := a.gather(s, b); err != nil {
		return nil, err
	}
	return b, a.rejudge(b, s.Loss, s.Penalty)
}

// gather brings together the samples of a critic step.
func (a *Adversaries) gather(s *Step, b *CriticBatch) error {
	n, shape := s.N, a.nets.Critic.Input()
	b.N, b.merged = n, !a.nets.Critic.MixesSamples()
	b.Points, b.Gradient, b.PointsTrace = nil, nil, nil
	parts := 2
	if a.play.Interpolates {
		parts = 3
	}
	b.whole = a.ws.New(shape.Batch(parts * n))
	b.Real, b.Fake = a.ws.Rows(b.whole, 0, n), a.ws.Rows(b.whole, n, 2*n)
	if err := s.Real(b.Real); err != nil {
		return err
	}
	if a.play.Interpolates {
		b.Points = a.ws.Rows(b.whole, 2*n, 3*n)
	}
	mark := a.ws.Mark()
	if err := a.generate(s, a.fakeMode()); err != nil {
		return err
	}
	if err := a.place(s, b); err != nil {
		return err
	}
	if !a.play.ReuseFake {
		a.ws.Release(mark) // the fakes are constants from here on
	}
	return nil
}

// place brings the fakes into the batch, and the points between them and the real samples.
func (a *Adversaries) place(s *Step, b *CriticBatch) error {
	if b.Points == nil {
		return kernels.Copy(b.Fake, a.fake)
	}
	alpha := a.ws.New(device.Shape{b.N})
	if err := s.Alpha(alpha); err != nil {
		return err
	}
	return kernels.InterpolateCopy(b.Points, b.Fake, b.Real, a.fake, alpha)
}

func (a *Adversaries) fakeMode() layers.Mode {
	if a.play.EvalFakes {
		return layers.Eval
	}
	return layers.Train
}

// generate makes s.N fakes.
func (a *Adversaries) generate(s *Step, mode layers.Mode) (err error) {
	z := a.ws.New(a.nets.Generator.Input().Batch(s.N))
	if err := s.Noise(z); err != nil {
		return err
	}
	a.nets.Generator.Hold() // it makes the fakes of several critic steps
	a.fake, err = a.nets.Generator.Forward(&a.made, a.ws, z, mode)
	return err
}

// score runs the critic over the samples.
func (a *Adversaries) score(b *CriticBatch) (err error) {
	n, critic := b.N, a.nets.Critic
	if b.merged {
		if b.scores, err = critic.Forward(&b.traces[0], a.ws, b.whole, layers.Train); err != nil {
			return err
		}
		b.dwhole = a.ws.New(b.scores.Shape())
		b.RealScores, b.FakeScores = a.ws.Rows(b.scores, 0, n), a.ws.Rows(b.scores, n, 2*n)
		b.DReal, b.DFake = a.ws.Rows(b.dwhole, 0, n), a.ws.Rows(b.dwhole, n, 2*n)
		return nil
	}
	if b.RealScores, err = critic.Forward(&b.traces[0], a.ws, b.Real, layers.Train); err != nil {
		return err
	}
	if b.FakeScores, err = critic.Forward(&b.traces[1], a.ws, b.Fake, layers.Train); err != nil {
		return err
	}
	b.DReal, b.DFake = a.ws.New(b.RealScores.Shape()), a.ws.New(b.FakeScores.Shape())
	return nil
}

// Learn differentiates the objective: it adds its gradients to the critic's. If the critic saw
// interpolates, it also computes the gradient of their summed scores in the interpolates, without
// parameter gradients, and leaves the trace at them ready for the passes of second order.
func (a *Adversaries) Learn(b *CriticBatch) error {
	if !b.merged {
		return a.learnApart(b)
	}
	n := b.N
	want := layers.Want{Input: layers.None, Params: layers.First(2 * n)}
	if b.Points != nil {
		want.Input = layers.From(2 * n)
	}
	g, err := b.traces[0].Backward(b.dwhole, want)
	if err != nil || b.Points == nil {
		return err
	}
	b.Gradient, b.PointsTrace = g, &b.points
	return b.traces[0].Rows(&b.points, 2*n, 3*n)
}

func (a *Adversaries) learnApart(b *CriticBatch) error {
	if err := a.LearnReal(b); err != nil {
		return err
	}
	if err := a.LearnFake(b); err != nil {
		return err
	}
	if b.Points == nil {
		return nil
	}
	scores, err := a.nets.Critic.Forward(&b.traces[2], a.ws, b.Points, layers.Train)
	if err != nil {
		return err
	}
	ones := a.ws.New(scores.Shape())
	if err := kernels.Fill(ones, 1); err != nil {
		return err
	}
	b.PointsTrace = &b.traces[2]
	b.Gradient, err = b.PointsTrace.Backward(ones, layers.Want{Input: layers.All})
	return err
}

// LearnReal adds the gradients of the objective's term of real samples, LearnFake that of fakes; Learn
// is both at once.
func (a *Adversaries) LearnReal(b *CriticBatch) error { return a.learnTerm(b, 0, b.DReal) }

// LearnFake is described with LearnReal.
func (a *Adversaries) LearnFake(b *CriticBatch) error { return a.learnTerm(b, 1, b.DFake) }

func (a *Adversaries) learnTerm(b *CriticBatch, part int, dy *device.Tensor) error {
	want := layers.Want{Params: layers.All}
	if !b.merged {
		_, err := b.traces[part].Backward(dy, want)
		return err
	}
	term := &b.traces[1]
	if err := b.traces[0].Rows(term, part*b.N, (part+1)*b.N); err != nil {
		return err
	}
	_, err := term.Backward(dy, want)
	return err
}

// Rejudge scores the samples of the batch again, with the critic as it is now, and zeroes its
// gradients. loss gets the objective's new value.
func (a *Adversaries) Rejudge(b *CriticBatch, loss *device.Tensor) error {
	return a.rejudge(b, loss, nil)
}

// rejudge is Rejudge, and clears the penalty unless it is nil. Everything that is filled is filled at once.
func (a *Adversaries) rejudge(b *CriticBatch, loss, penalty *device.Tensor) error {
	a.nets.Critic.Hold()
	if err := a.score(b); err != nil {
		return err
	}
	if err := a.play.Objective.Critic(loss, b.DReal, b.DFake, b.RealScores, b.FakeScores); err != nil {
		return err
	}
	var ones *device.Tensor // the adjoint of the interpolates' scores, of which Learn takes the gradient
	if b.merged && b.Points != nil {
		ones = a.ws.Rows(b.dwhole, 2*b.N, 3*b.N)
	}
	return kernels.FillAll(kernels.Filling{T: a.nets.Critic.Grads()}, kernels.Filling{T: penalty}, kernels.Filling{T: ones, V: 1})
}

// UpdateCritic takes the critic's optimiser step.
func (a *Adversaries) UpdateCritic() error {
	a.nets.Critic.Release()
	return a.critic.Step()
}

// CriticStep implements [Variant] for algorithms that add nothing to their objective: judge, learn,
// update.
func (a *Adversaries) CriticStep(s *Step) error {
	b, err := a.Judge(s)
	if err != nil {
		return err
	}
	if err := a.Learn(b); err != nil {
		return err
	}
	return a.UpdateCritic()
}

// GeneratorStep implements [Variant]: it lets the critic score fakes and takes one optimiser step of
// the generator on the objective.
func (a *Adversaries) GeneratorStep(s *Step) error {
	if !a.play.ReuseFake {
		a.ws.Reset()
		if err := a.generate(s, layers.Train); err != nil {
			return err
		}
	} else if a.fake == nil || a.fake.Shape()[0] != s.N {
		return fmt.Errorf("variants: %s: generator step: want a critic step of %d samples before it, whose fakes it takes", a.name, s.N)
	}
	a.nets.Critic.Hold()
	defer a.nets.Critic.Release()
	scores, err := a.nets.Critic.Forward(&a.generatorScores, a.ws, a.fake, layers.Train)
	if err != nil {
		return err
	}
	dScores := a.ws.New(scores.Shape())
	if err := a.play.Objective.Generator(s.Loss, dScores, scores); err != nil {
		return err
	}
	dFake, err := a.generatorScores.Backward(dScores, layers.Want{Input: layers.All})
	if err != nil {
		return err
	}
	if err := a.nets.Generator.ZeroGrad(); err != nil {
		return err
	}
	if _, err := a.made.Backward(dFake, layers.Want{Params: layers.All}); err != nil {
		return err
	}
	a.nets.Generator.Release()
	return a.generator.Step()
}
