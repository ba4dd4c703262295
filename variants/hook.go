package variants

// Hook is something that attaches to a training: a log, sample grids, checkpoints. Every function may
// be nil. They run on the trainer's goroutine, in the order in which hooks were given; an error ends
// the training. A hook may sample from the generator in evaluation mode and read any state, but must
// not change it.
type Hook struct {
	// Name names the hook in errors.
	Name string
	// Stats gets the statistics of generator steps, each once and in order, some steps late.
	Stats func(t *Trainer, rows []Stats) error
	// Step runs after each generator step.
	Step func(t *Trainer) error
	// Epoch runs after the last step of each epoch, after Step.
	Epoch func(t *Trainer) error
	// End runs once when training ends: finished, cancelled, or stopped by another hook's error.
	End func(t *Trainer) error
}

// Stats are the figures of one generator step and the last critic step before it.
type Stats struct {
	Step          int64   // generator steps before this one: 0 for the first
	Epoch, Batch  int     // epoch, and generator step within it, both from 0
	CriticLoss    float32 // without the penalty
	Penalty       float32 // λ included; 0 for variants without
	GeneratorLoss float32

	// Critic, with Config.EveryCritic, has the loss and the penalty of each critic step of this generator
	// step, one after the other; nil otherwise. It is good until the hook returns.
	Critic []float32
}

// CriticLossGP is the critic's loss with the penalty.
func (s Stats) CriticLossGP() float32 { return s.CriticLoss + s.Penalty }
