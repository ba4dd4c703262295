package watchdog

import (
	"fmt"
	"slices"
	"strings"
)

// The names of events.
const (
	NotFinite        = "not-finite"
	ExplodingLoss    = "exploding-loss"
	ExplodingPenalty = "exploding-penalty"
	ExplodingWeights = "exploding-weights"
	CollapsedSamples = "collapsed-samples"
	ConstantData     = "constant-data"
	SaturatedCritic  = "saturated-critic"
	FrozenNetwork    = "frozen-network"
	DeadLayer        = "dead-layer"
)

// Kind is what an event is about.
type Kind struct {
	Name   string
	When   string // what raises it
	Advice string // what to do, a sentence without its stop
}

// kinds are all of them, the worst first.
var kinds = []Kind{
	{NotFinite, "a loss, a gradient, a weight or a running average is NaN or infinite",
		"The networks will not recover: go on from the last checkpoint (--on-nan rollback does so by itself), with a smaller LEARNING_RATE if it happens again"},
	{ExplodingLoss, fmt.Sprintf("a loss is beyond %.0e", maxLoss),
		"Take a smaller LEARNING_RATE; under a Wasserstein loss see that the critic is constrained: VARIANT wgan-gp with LAMBDA_GP 10, or wgan-clip"},
	{ExplodingPenalty, fmt.Sprintf("the critic's gradient norm, taken from the penalty, is above %.0f for %d steps in a row, or above %.0f once", gradientFor, gradientSteps, gradientOnce),
		"Take a smaller LEARNING_RATE, BETA1 0 and LAMBDA_GP 10; no batch norm in the critic"},
	{ExplodingWeights, fmt.Sprintf("a network's weights grow to more than %.0f times their size within some %d steps, or to %.0f times within %d", growths[0].factor, growths[0].steps, growths[1].factor, growths[1].steps),
		"Take a smaller LEARNING_RATE: WGAN-GP's is 1e-4, DCGAN's 2e-4"},
	{CollapsedSamples, fmt.Sprintf("the distance between samples is below %.0f %% of that between images of the data, %d looks in a row", 100*collapsed, collapsedLooks),
		"The generator makes the same whatever z is: go back to an earlier checkpoint, take a smaller LEARNING_RATE or more CRITIC_ITERATIONS, or VARIANT wgan-gp; INIT dcgan instead of dcgan-zero"},
	{ConstantData, fmt.Sprintf("%d images of the data, taken at random, are all the same", dataSamples),
		"Look at the data with 'data info'; a set needs variety for a generator to learn any"},
	{SaturatedCritic, fmt.Sprintf("no gradient reaches the generator any more, %d looks in a row, or the loss of a discriminator is below %.0e for %d steps", noGradientLooks, perfect, perfectSteps),
		"The critic has won and teaches nothing: take a smaller LEARNING_RATE, fewer CRITIC_ITERATIONS or GENERATOR_LOSS nonsaturating, or VARIANT wgan-gp, whose critic does not saturate"},
	{FrozenNetwork, fmt.Sprintf("no weight of a network has changed, %d looks in a row", frozenLooks),
		"See that its optimiser has a learning rate, and that gradients reach it"},
	{DeadLayer, fmt.Sprintf("all gradients of a layer's weights are exactly zero, %d looks in a row", deadLooks),
		"Its units, or those around it, give zero for every sample: take a smaller LEARNING_RATE, or leaky ReLU, and begin again"},
}

// Kinds returns the events that there are, the worst first.
func Kinds() []Kind { return slices.Clone(kinds) }

// Event is something that has gone wrong.
type Event struct {
	Step    int64    `json:"step"` // generator steps before the one it was seen in
	Name    string   `json:"event"`
	Network string   `json:"network,omitempty"` // generator or critic, where it is one's
	Pass    string   `json:"pass,omitempty"`    // of a not-finite: where it began
	Params  []string `json:"params,omitempty"`  // the parameters that are concerned
	Detail  string   `json:"detail"`            // with numbers
	Advice  string   `json:"advice"`
}

// newEvent returns an event with its kind's advice.
func newEvent(step int64, name, detail string, args ...any) Event {
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	return Event{Step: step, Name: name, Detail: fmt.Sprintf(detail, args...), Advice: kinds[i].Advice}
}

// String returns what happened in one line, without the advice.
func (e Event) String() string {
	text := fmt.Sprintf("step %d: %s", e.Step, e.Name)
	if e.Pass != "" {
		text += " in the " + e.Pass
	}
	text += ": " + e.Detail
	const most = 3
	if len(e.Params) > 0 {
		text += " (" + strings.Join(e.Params[:min(len(e.Params), most)], ", ")
		if more := len(e.Params) - most; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		text += ")"
	}
	return text
}
