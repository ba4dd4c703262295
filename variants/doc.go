// Package variants trains GANs. A [Variant] is one algorithm: how it updates the critic and the
// generator, and nothing else. The [Trainer] is the loop around it: batches, random numbers, epochs,
// statistics and hooks. Sample grids, checkpoints and logs attach as [Hook]s; the loop knows none of
// them.
//
// Variants live in packages below this one, each with a New for programs that import it, and are
// registered by name for configurations; [ganlib/variants/all] registers all of them. To write one,
// read [ganlib/variants/wgangp]: it embeds [Adversaries], which knows how two networks play, and adds
// what its paper adds.
package variants
