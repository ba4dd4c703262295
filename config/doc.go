// Package config holds the configuration of a training run: one plain struct, filled from a preset,
// a YAML file and command-line arguments.
//
//	c, err := config.Resolve(config.Sources{File: data, Filename: "train.config.yaml"})
//
// A value comes from the first of these that gives one:
//
//	argument   --set KEY=VALUE
//	file       KEY: VALUE
//	compat     a switch of COMPAT that stands for a value of the key
//	follow     CLIP_VALUE, RHO and OPT_EPS follow a changed VARIANT, OPTIMIZER or OPT_CONVENTION
//	preset     the values of PRESET, catfaces if none is named
//
// What comes out is complete and checked: every key has its final value, and a run made from
// [Marshal]'s text or [Map]'s map is the same run. Errors are of type [*Error] and hold all problems
// at once, each with its file, line, column and key, or its argument.
//
// # Compat switches
//
// A preset reproduces a tutorial with its errors corrected; COMPAT brings single errors back, or all
// of them. A switch that has a key sets the key, unless the key itself is given. The others are
// behaviour, which the training code asks for with [Compat.Has].
//
//	switch                presets              effect
//	per-pixel-norm        mnist-mlp-wgangp     Has
//	adam-defaults         mnist-mlp-wgangp     LEARNING_RATE 5e-5, BETA1 0.9, BETA2 0.999
//	data-01               mnist-mlp-wgangp,    DATA_RANGE 0..1
//	                      keras-wgan
//	reuse-batch           mnist-mlp-wgangp,    CRITIC_BATCHES reuse
//	                      catfaces*, celeba*
//	reuse-noise           mnist-mlp-wgangp     GEN_NOISE reuse-noise
//	reuse-fake            catfaces*, celeba*   GEN_NOISE reuse-fake
//	init-dcgan-zero       catfaces*, celeba*   INIT dcgan-zero
//	checkpoint-start      catfaces*, celeba*   Has
//	log-folders           catfaces*, celeba*   Has
//	log-axis              catfaces*, celeba*   Has
//	grid-train-mode       catfaces*, celeba*   Has
//	grid-minmax           catfaces*, celeba*   GRID_RANGE minmax
//	init-pytorch          dcgan16              INIT pytorch
//	sigmoid-bce           dcgan16,             Has
//	                      mnist-mlp-bce
//	log-last-batch        mnist-mlp-bce        Has
//	mse-loss              keras-wgan           Has; LSGAN_A -1, LSGAN_B 1, LSGAN_C 1, LSGAN_FACTOR 1
//	single-critic-step    keras-wgan           CRITIC_ITERATIONS 1
//	split-critic-step     keras-wgan           Has
//	predict-fakes         keras-wgan           Has
//	file-order            keras-wgan           BATCH_SIZE 128, SHUFFLE false, DROP_LAST true
//	score-rescaled        keras-wgan           Has
//
// Read config.go for the keys' meaning and table.go for their ranges, then resolve.go.
package config

//go:generate go test -run TestMarkdownFile -update
