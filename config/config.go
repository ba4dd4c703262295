package config

// Config is the complete configuration of a training run. It is plain data: two runs of equal Config
// on one device are the same run. Zero values are taken literally, so start from [Preset] instead of
// an empty Config. Ranges are in table.go and docs/configuration.md; [Config.Validate] checks them.
type Config struct {
	// What is trained.

	// Preset names the system: its networks and the default of every other key ([Presets]).
	Preset string
	// Variant is the algorithm: gan-bce, wgan-clip, wgan-gp, lsgan, or one that a program adds.
	Variant string
	// Compat is the set of a tutorial's errors that the run reproduces.
	Compat Compat
	// Force accepts a combination that is refused because it defeats the method's mathematics.
	Force bool
	// Seed is the key of every random number of the run, at most 2^63-1.
	Seed uint64

	// How long, and on what.

	// NumEpochs is the number of epochs. An epoch is ceil(images / BatchSize) generator steps, the
	// floor if the last batch is dropped.
	NumEpochs int
	// BatchSize is the number of images in a batch, 1 to 65536.
	BatchSize int
	// CriticIterations is the number of critic steps before each generator step, n_critic.
	CriticIterations int
	// Device is where the run computes: auto, cpu, cuda, cuda:N or ptxsim.
	Device string

	// Networks.

	// ImageSize is the side of the square images in pixels, 0 for presets without images.
	ImageSize int
	// ChannelsImg is the number of colour channels, 1 or 3, 0 for presets without images.
	ChannelsImg int
	// ZDim is the length of the noise vector z.
	ZDim int
	// FeaturesCritic is the critic's base width: the smallest number of channels (convolutions) or
	// units (linear layers) of its hidden layers. The others are multiples of it.
	FeaturesCritic int
	// FeaturesGen is the generator's base width, in the same sense.
	FeaturesGen int
	// CriticNorm is the normalisation in the critic: instance, layer (affine per element, as
	// PyTorch), layer-channel (affine per channel, as the authors of WGAN-GP), batch or none.
	CriticNorm string
	// BiasBeforeNorm keeps the biases of convolutions before a batch norm, which it makes redundant.
	BiasBeforeNorm bool
	// Init is the initialiser of both networks: pytorch, dcgan, dcgan-zero or glorot.
	Init string

	// Optimisation.

	// Optimizer is the update rule of both networks: adam, rmsprop or sgd.
	Optimizer string
	// OptConvention says whose formula the update rule follows: pytorch, keras (up to 2.10),
	// keras-2.11 (and later) or tf1. They differ in where eps stands and how the state starts.
	OptConvention string
	// LearningRate is the step size of both optimisers.
	LearningRate float64
	// LRDecay is the course of the learning rate: none, or linear from LearningRate to 0 at the end.
	LRDecay string
	// Beta1 and Beta2 are Adam's decay rates of the first and second moment, in [0,1).
	Beta1, Beta2 float64
	// Rho is RMSprop's decay rate of the mean square, in [0,1).
	Rho float64
	// OptEps is the optimiser's eps.
	OptEps float64
	// Momentum is μ of sgd, in [0,1).
	Momentum float64

	// Losses.

	// LambdaGP is the weight λ of the gradient penalty; only wgan-gp uses it.
	LambdaGP float64
	// GPTarget is the gradient norm that the penalty pulls towards.
	GPTarget float64
	// GPSides is two, (n-target)², or one, max(n-target, 0)².
	GPSides string
	// GPEps is ε in the gradient norm √(Σg² + ε).
	GPEps float64
	// ClipValue is the bound c to which wgan-clip clips every critic parameter, 0 for other variants.
	ClipValue float64
	// GeneratorLoss is the form of gan-bce's generator loss: nonsaturating or saturating.
	GeneratorLoss string
	// LSGANA, LSGANB and LSGANC are the least-squares targets of fake and real scores in the critic's
	// loss and of fake scores in the generator's (a, b, c of the LSGAN paper).
	LSGANA, LSGANB, LSGANC float64
	// LSGANFactor is the factor before the mean squares, ½ in the paper.
	LSGANFactor float64

	// What a step sees.

	// CriticBatches is fresh (each critic step has its own real images) or reuse (the critic steps
	// before one generator step share theirs).
	CriticBatches string
	// GenNoise says what the generator step works on: fresh (new z), reuse-noise (the last critic
	// step's z, generator run again) or reuse-fake (the last critic step's fake images themselves).
	GenNoise string
	// ZDist is the distribution of z: normal, N(0,1), or uniform, U[-1,1].
	ZDist string

	// Data.

	// DataName is the data set: the folder's name under DataRoot.
	DataName string
	// DataRoot is the folder that holds the data sets.
	DataRoot string
	// DataSize is how many images are used, 0 for all there are; for drawn data, how many are drawn.
	DataSize int
	// DataRange is the interval to which pixels are mapped: -1..1 or 0..1.
	DataRange string
	// Shuffle gives every pass its own order; otherwise the order is that of the files.
	Shuffle bool
	// DropLast leaves out the last batch of a pass if it is not full.
	DropLast bool
	// Flip mirrors each image left to right with probability ½.
	Flip bool

	// Output.

	// LogEvery is how often a console line is written.
	LogEvery Every
	// SampleEvery is how often sample grids are written.
	SampleEvery Every
	// CheckpointEvery is how often the full state is saved, besides at exit and on a signal.
	CheckpointEvery Every
	// ExportEvery is how often the networks are also written in the tutorial's own file format.
	ExportEvery Every
	// GridImages is the largest number of images on a sample grid.
	GridImages int
	// GridColumns is the number of images in a row of a sample grid.
	GridColumns int
	// GridRange is how a grid's values become grey levels: fixed, [-1,1] to [0,255], or minmax, the
	// smallest and largest value of the grid.
	GridRange string
}

// Choices of keys that training code branches on.
const (
	VariantBCE   = "gan-bce"
	VariantClip  = "wgan-clip"
	VariantGP    = "wgan-gp"
	VariantLSGAN = "lsgan"

	Fresh      = "fresh"       // CRITIC_BATCHES, GEN_NOISE
	Reuse      = "reuse"       // CRITIC_BATCHES
	ReuseNoise = "reuse-noise" // GEN_NOISE
	ReuseFake  = "reuse-fake"  // GEN_NOISE

	RangeSigned = "-1..1" // DATA_RANGE
	RangeUnit   = "0..1"  // DATA_RANGE

	NormInstance     = "instance"
	NormLayer        = "layer"
	NormLayerChannel = "layer-channel"
	NormBatch        = "batch"
	NormNone         = "none"

	InitPyTorch   = "pytorch"
	InitDCGAN     = "dcgan"
	InitDCGANZero = "dcgan-zero"
	InitGlorot    = "glorot"

	Adam    = "adam"
	RMSProp = "rmsprop"
	SGD     = "sgd"

	ConventionPyTorch  = "pytorch"
	ConventionKeras    = "keras"
	ConventionKeras211 = "keras-2.11"
	ConventionTF1      = "tf1"

	DecayNone   = "none"   // LR_DECAY
	DecayLinear = "linear" // LR_DECAY

	TwoSided = "two" // GP_SIDES
	OneSided = "one" // GP_SIDES

	NonSaturating = "nonsaturating" // GENERATOR_LOSS
	Saturating    = "saturating"    // GENERATOR_LOSS

	Normal  = "normal"  // Z_DIST
	Uniform = "uniform" // Z_DIST

	GridFixed  = "fixed"
	GridMinMax = "minmax"
)
