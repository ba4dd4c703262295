package config

import "math"

// Upper limits of the sizes. A run's planned memory must also fit the machine.
const (
	maxBatch    = 65_536
	maxFeatures = 4_096
	maxZDim     = 65_536
	maxImage    = 1_024
	maxInt      = math.MaxInt32
)

var (
	variantNames   = []string{VariantBCE, VariantClip, VariantGP, VariantLSGAN}
	variantAliases = map[string]string{"wgan": VariantClip}
)

// table describes every key once. Parsing, checking, writing, comparing and documenting a
// configuration go through it.
var table = []group{
	{"What is trained", []row{
		{name: "PRESET", domain: choices{words: Presets()}, field: func(c *Config) any { return &c.Preset },
			doc: "the system: its networks, and the default of every other key"},
		{name: "VARIANT", domain: choices{words: variantNames, aliases: variantAliases, further: true}, field: func(c *Config) any { return &c.Variant },
			values: "gan-bce, wgan-clip, wgan-gp, lsgan, or one that the program adds; wgan is wgan-clip",
			doc:    "the algorithm"},
		{name: "COMPAT", domain: switches{}, field: func(c *Config) any { return &c.Compat },
			doc: "the tutorial's errors to reproduce"},
		{name: "FORCE", domain: booleans{}, field: func(c *Config) any { return &c.Force },
			doc: "accept a combination that is refused because it defeats the method, such as batch norm under a gradient penalty"},
		{name: "SEED", domain: seeds{}, field: func(c *Config) any { return &c.Seed },
			doc: "the key of all random numbers of the run"},
	}},
	{"How long, and on what", []row{
		{name: "NUM_EPOCHS", domain: integers{1, maxInt}, field: func(c *Config) any { return &c.NumEpochs }, mayChange: true,
			doc: "epochs; one is ceil(images / BATCH_SIZE) generator steps (floor with DROP_LAST)"},
		{name: "BATCH_SIZE", domain: integers{1, maxBatch}, field: func(c *Config) any { return &c.BatchSize },
			doc: "images in a batch"},
		{name: "CRITIC_ITERATIONS", domain: integers{1, maxInt}, field: func(c *Config) any { return &c.CriticIterations },
			doc: "critic steps before each generator step"},
		{name: "DEVICE", domain: textual{"auto, cpu, cuda, cuda:N or ptxsim", isDevice}, field: func(c *Config) any { return &c.Device }, mayChange: true,
			doc: "where the run computes; cuda in a file or preset falls back to the CPU where there is no GPU"},
	}},
	{"Networks", []row{
		{name: "IMAGE_SIZE", domain: integers{0, maxInt}, field: func(c *Config) any { return &c.ImageSize },
			values: "a power of two from 16 to 1024; 28 for MNIST presets, 16 for dcgan16, 0 for toy presets",
			doc:    "side of the square images, pixels; sets the depth of the catfaces and celeba networks"},
		{name: "CHANNELS_IMG", domain: integers{0, maxInt}, field: func(c *Config) any { return &c.ChannelsImg },
			values: "1 or 3; 1 for MNIST presets, 0 for toy presets",
			doc:    "colour channels of the images"},
		{name: "Z_DIM", domain: integers{1, maxZDim}, field: func(c *Config) any { return &c.ZDim },
			doc: "length of the noise vector z"},
		{name: "FEATURES_CRITIC", domain: integers{1, maxFeatures}, field: func(c *Config) any { return &c.FeaturesCritic },
			doc: "base width of the critic: channels or units of its narrowest hidden layer, of which the others are multiples"},
		{name: "FEATURES_GEN", domain: integers{1, maxFeatures}, field: func(c *Config) any { return &c.FeaturesGen },
			doc: "base width of the generator, in the same sense"},
		{name: "CRITIC_NORM", domain: choices{words: []string{NormInstance, NormLayer, NormLayerChannel, NormBatch, NormNone}}, field: func(c *Config) any { return &c.CriticNorm },
			doc: "normalisation in a convolutional critic; layer is affine per element, layer-channel per channel; none where the networks have no place for one"},
		{name: "BIAS_BEFORE_NORM", domain: booleans{}, field: func(c *Config) any { return &c.BiasBeforeNorm },
			doc: "keep the redundant biases before batch norms (dcgan16 only)"},
		{name: "INIT", domain: choices{words: []string{InitPyTorch, InitDCGAN, InitDCGANZero, InitGlorot}}, field: func(c *Config) any { return &c.Init },
			doc: "initialiser of both networks"},
	}},
	{"Optimisation", []row{
		{name: "OPTIMIZER", domain: choices{words: []string{Adam, RMSProp, SGD}}, field: func(c *Config) any { return &c.Optimizer },
			doc: "update rule of both networks"},
		{name: "OPT_CONVENTION", domain: choices{words: []string{ConventionPyTorch, ConventionKeras, ConventionKeras211, ConventionTF1}}, field: func(c *Config) any { return &c.OptConvention },
			doc: "whose formula: where eps stands, and how the state starts"},
		{name: "LEARNING_RATE", domain: floats{lo: 0, hi: 1000, loOpen: true}, field: func(c *Config) any { return &c.LearningRate },
			doc: "step size of both optimisers"},
		{name: "LR_DECAY", domain: choices{words: []string{DecayNone, DecayLinear}}, field: func(c *Config) any { return &c.LRDecay },
			doc: "course of the learning rate; linear falls to 0 at the end of the run"},
		{name: "BETA1", domain: floats{lo: 0, hi: 1, hiOpen: true}, field: func(c *Config) any { return &c.Beta1 },
			doc: "decay rate of the first moment (adam)"},
		{name: "BETA2", domain: floats{lo: 0, hi: 1, hiOpen: true}, field: func(c *Config) any { return &c.Beta2 },
			doc: "decay rate of the second moment (adam)"},
		{name: "RHO", domain: floats{lo: 0, hi: 1, hiOpen: true}, field: func(c *Config) any { return &c.Rho },
			doc: "decay rate of the mean square (rmsprop); follows OPTIMIZER and OPT_CONVENTION"},
		{name: "OPT_EPS", domain: floats{lo: 0, hi: 1, loOpen: true}, field: func(c *Config) any { return &c.OptEps },
			doc: "eps of the division (adam, rmsprop); follows OPTIMIZER and OPT_CONVENTION"},
		{name: "MOMENTUM", domain: floats{lo: 0, hi: 1, hiOpen: true}, field: func(c *Config) any { return &c.Momentum },
			doc: "momentum of sgd"},
	}},
	{"Losses", []row{
		{name: "LAMBDA_GP", domain: floats{lo: 0, hi: 1e6}, field: func(c *Config) any { return &c.LambdaGP },
			doc: "weight of the gradient penalty (wgan-gp)"},
		{name: "GP_TARGET", domain: floats{lo: 0, hi: 1e6}, field: func(c *Config) any { return &c.GPTarget },
			doc: "gradient norm that the penalty pulls towards"},
		{name: "GP_SIDES", domain: choices{words: []string{TwoSided, OneSided}}, field: func(c *Config) any { return &c.GPSides },
			doc: "two: norms below the target are penalised too; one: only norms above it"},
		{name: "GP_EPS", domain: floats{lo: 0, hi: 1}, field: func(c *Config) any { return &c.GPEps },
			doc: "eps under the root of the gradient norm"},
		{name: "CLIP_VALUE", domain: floats{lo: 0, hi: 1e6}, field: func(c *Config) any { return &c.ClipValue },
			doc: "bound of every critic parameter (wgan-clip), otherwise 0; follows VARIANT"},
		{name: "GENERATOR_LOSS", domain: choices{words: []string{NonSaturating, Saturating}}, field: func(c *Config) any { return &c.GeneratorLoss },
			doc: "form of the generator's loss (gan-bce)"},
		{name: "LSGAN_A", domain: floats{lo: -1e6, hi: 1e6}, field: func(c *Config) any { return &c.LSGANA },
			doc: "target of the critic's fake scores (lsgan)"},
		{name: "LSGAN_B", domain: floats{lo: -1e6, hi: 1e6}, field: func(c *Config) any { return &c.LSGANB },
			doc: "target of the critic's real scores (lsgan)"},
		{name: "LSGAN_C", domain: floats{lo: -1e6, hi: 1e6}, field: func(c *Config) any { return &c.LSGANC },
			doc: "target of the generator's scores (lsgan)"},
		{name: "LSGAN_FACTOR", domain: floats{lo: 0, hi: 1e6, loOpen: true}, field: func(c *Config) any { return &c.LSGANFactor },
			doc: "factor before the mean squares (lsgan)"},
	}},
	{"What a step sees", []row{
		{name: "CRITIC_BATCHES", domain: choices{words: []string{Fresh, Reuse}}, field: func(c *Config) any { return &c.CriticBatches },
			doc: "real images of the critic steps before a generator step: new ones for each, or the same for all"},
		{name: "GEN_NOISE", domain: choices{words: []string{Fresh, ReuseNoise, ReuseFake}, aliases: map[string]string{Reuse: genNoiseReuse}}, field: func(c *Config) any { return &c.GenNoise },
			values: "fresh, reuse-noise or reuse-fake; reuse is the kind of the preset's tutorial",
			doc:    "the generator step's input: new z, the last critic step's z, or that step's fake images without a new pass"},
		{name: "Z_DIST", domain: choices{words: []string{Normal, Uniform}}, field: func(c *Config) any { return &c.ZDist },
			doc: "distribution of z: N(0,1) or U[-1,1]"},
	}},
	{"Data", []row{
		{name: "DATA_NAME", domain: textual{"a folder name, without / \\ :", isFolderName}, field: func(c *Config) any { return &c.DataName },
			doc: "data set: the folder's name under DATA_ROOT"},
		{name: "DATA_ROOT", domain: textual{"a path", isPath}, field: func(c *Config) any { return &c.DataRoot },
			doc: "folder of the data sets"},
		{name: "DATA_SIZE", domain: integers{0, maxInt}, field: func(c *Config) any { return &c.DataSize },
			doc: "images to use, 0 for all; for drawn data, how many are drawn"},
		{name: "DATA_RANGE", domain: choices{words: []string{RangeSigned, RangeUnit}, aliases: map[string]string{"01": RangeUnit, "-11": RangeSigned}}, field: func(c *Config) any { return &c.DataRange },
			doc: "interval to which pixels are mapped"},
		{name: "SHUFFLE", domain: booleans{}, field: func(c *Config) any { return &c.Shuffle },
			doc: "give every pass over the data its own order"},
		{name: "DROP_LAST", domain: booleans{}, field: func(c *Config) any { return &c.DropLast },
			doc: "leave out the last batch of a pass if it is not full"},
		{name: "FLIP", domain: booleans{}, field: func(c *Config) any { return &c.Flip },
			doc: "mirror each image left to right with probability 1/2"},
	}},
	{"Output", []row{
		{name: "LOG_EVERY", domain: intervals{}, field: func(c *Config) any { return &c.LogEvery }, mayChange: true,
			doc: "interval of console lines"},
		{name: "SAMPLE_EVERY", domain: intervals{}, field: func(c *Config) any { return &c.SampleEvery }, mayChange: true,
			doc: "interval of sample grids"},
		{name: "CHECKPOINT_EVERY", domain: intervals{}, field: func(c *Config) any { return &c.CheckpointEvery }, mayChange: true,
			doc: "interval of full checkpoints, which are also written at exit and on a signal"},
		{name: "EXPORT_EVERY", domain: intervals{}, field: func(c *Config) any { return &c.ExportEvery }, mayChange: true,
			doc: "interval of network files in the tutorial's own naming"},
		{name: "GRID_IMAGES", domain: integers{1, 4096}, field: func(c *Config) any { return &c.GridImages },
			doc: "images on a sample grid; during training at most BATCH_SIZE of them"},
		{name: "GRID_COLUMNS", domain: integers{1, 64}, field: func(c *Config) any { return &c.GridColumns },
			doc: "images in a row of a sample grid"},
		{name: "GRID_RANGE", domain: choices{words: []string{GridFixed, GridMinMax}}, field: func(c *Config) any { return &c.GridRange },
			doc: "grey levels of a grid: fixed, [-1,1] to [0,255], or from its smallest to its largest value"},
	}},
}

// genNoiseReuse is GEN_NOISE: reuse until the preset is known.
const genNoiseReuse = "reuse"
