package config

import (
	"fmt"
	"slices"
	"strings"
)

// Networks of the presets: which generator and critic a preset trains. W is FEATURES_GEN, V is
// FEATURES_CRITIC, S is IMAGE_SIZE, C is CHANNELS_IMG, D is Z_DIM.
const (
	// NetMLP is D-W-2W-4W-784 against 784-4V-2V-V-1, for MNIST.
	NetMLP = "mlp"
	// NetMLPBCE is the same generator against 784-2V-V-1.
	NetMLPBCE = "mlp-bce"
	// NetCatFaces is the convolutional pair for any S = 2^k, k ≥ 4: generator widths W·S/4 … 2W,
	// critic widths V … V·S/8.
	NetCatFaces = "catfaces"
	// NetDCGAN16 is the pair for 16×16 images: generator 2W, W, C; discriminator V, 2V, 1.
	NetDCGAN16 = "dcgan16"
	// NetKeras is D-W-2W-4W-784 with batch norm against two 5×5 convolutions V, 2V, for MNIST.
	NetKeras = "keras"
	// NetToy is D-W-W-W-2 against 2-V-V-V-1, for points in the plane.
	NetToy = "toy"
)

// Sources of the presets' data.
const (
	DataFolder = "folder" // an image folder DATA_ROOT/DATA_NAME/{class}/*
	DataMNIST  = "mnist"  // the four idx files in DATA_ROOT/DATA_NAME
	DataPoints = "points" // points in the plane, drawn from the distribution DATA_NAME
)

// Info says what a preset is.
type Info struct {
	Name     string
	System   string // the tutorial or paper it reproduces
	Networks string // NetMLP, …
	Source   string // DataFolder, DataMNIST or DataPoints
	Variant  string
	Image    string // channels×height×width, or points
	Dataset  string
}

// String returns the description in one line.
func (i Info) String() string {
	return fmt.Sprintf("%s: %s, %s, %s, %s", i.Name, i.System, i.Variant, i.Image, i.Dataset)
}

// Presets returns the names of the presets.
func Presets() []string {
	names := make([]string, len(presetTable))
	for i, p := range presetTable {
		names[i] = p.info.Name
	}
	return names
}

// Preset returns the configuration of a preset: the corrected defaults. An unknown name is an
// [*Error] that gives the nearest name and all names.
func Preset(name string) (Config, error) {
	p, ok := presetNamed(name)
	if !ok {
		return Config{}, &Error{Problems: []Problem{unknownPreset(origin{}, name)}}
	}
	return p.config, nil
}

// Describe says what a preset is. An unknown name is an error as for [Preset].
func Describe(name string) (Info, error) {
	p, ok := presetNamed(name)
	if !ok {
		return Info{}, &Error{Problems: []Problem{unknownPreset(origin{}, name)}}
	}
	return p.info, nil
}

func unknownPreset(o origin, name string) Problem {
	names := Presets()
	if name == "" {
		return o.problem("PRESET", "missing, want "+list(names), "")
	}
	return o.problem("PRESET", fmt.Sprintf("got %s, want %s", quote(name), list(names)), nearest(name, names))
}

// preset is a named configuration. reuse is what GEN_NOISE: reuse means for it.
type preset struct {
	info   Info
	reuse  string
	config Config
}

func presetNamed(name string) (preset, bool) {
	i := slices.IndexFunc(presetTable, func(p preset) bool { return p.info.Name == name })
	if i < 0 {
		return preset{}, false
	}
	return presetTable[i], true
}

// common are the values that all presets start from: those of ganlib's own keys, z from N(0,1),
// Adam as in PyTorch, and LSGAN's targets for the zero-one coding of Mao et al. 2017, equation (9).
var common = Config{
	Device: "auto", ZDim: 100,
	Optimizer: Adam, OptConvention: ConventionPyTorch, LRDecay: DecayNone, Rho: 0.99, OptEps: 1e-8,
	LambdaGP: 10, GPTarget: 1, GPSides: TwoSided, GeneratorLoss: NonSaturating,
	LSGANA: 0, LSGANB: 1, LSGANC: 1, LSGANFactor: 0.5,
	CriticBatches: Fresh, GenNoise: Fresh, ZDist: Normal,
	DataRoot: "data", DataRange: RangeSigned, Shuffle: true,
	LogEvery: EverySteps(100), SampleEvery: EverySteps(100), CheckpointEvery: EveryEpochs(1),
	GridImages: 32, GridColumns: 8, GridRange: GridFixed,
}

var presetTable = buildPresets()

func buildPresets() []preset {
	mlp := func(c *Config) {
		c.Variant, c.NumEpochs, c.BatchSize, c.CriticIterations = VariantGP, 100, 64, 5
		c.ImageSize, c.ChannelsImg, c.FeaturesCritic, c.FeaturesGen = 28, 1, 256, 256
		c.CriticNorm, c.Init, c.DataName = NormNone, InitPyTorch, "MNIST"
		c.LearningRate, c.Beta1, c.Beta2 = 1e-4, 0, 0.9
		c.LogEvery, c.SampleEvery = EveryEpochs(10), EveryEpochs(10)
		c.GridImages, c.GridColumns = 25, 5
	}
	mlpBCE := func(c *Config) {
		c.Variant, c.NumEpochs, c.BatchSize, c.CriticIterations = VariantBCE, 200, 64, 1
		c.ImageSize, c.ChannelsImg, c.FeaturesCritic, c.FeaturesGen = 28, 1, 256, 256
		c.CriticNorm, c.Init, c.DataName = NormNone, InitPyTorch, "MNIST"
		c.LearningRate, c.Beta1, c.Beta2, c.GenNoise = 2e-4, 0.5, 0.999, ReuseFake
		c.LogEvery, c.SampleEvery, c.GridImages = EveryEpochs(1), EveryEpochs(20), 1
	}
	dcgan := func(c *Config) {
		c.Variant, c.NumEpochs, c.BatchSize, c.CriticIterations = VariantBCE, 200, 64, 1
		c.ImageSize, c.ChannelsImg, c.FeaturesCritic, c.FeaturesGen = 16, 3, 64, 64
		c.CriticNorm, c.BiasBeforeNorm, c.Init, c.DataName = NormBatch, true, InitDCGAN, "CatFaces"
		c.LearningRate, c.Beta1, c.Beta2, c.GenNoise = 2e-4, 0.5, 0.999, ReuseFake
	}
	keras := func(c *Config) {
		c.Variant, c.NumEpochs, c.BatchSize, c.CriticIterations = VariantClip, 200, 64, 5
		c.ImageSize, c.ChannelsImg, c.FeaturesCritic, c.FeaturesGen = 28, 1, 64, 256
		c.CriticNorm, c.Init, c.DataName, c.DropLast = NormNone, InitGlorot, "MNIST", true
		c.Optimizer, c.OptConvention, c.LearningRate, c.ClipValue = RMSProp, ConventionKeras, 5e-5, 0.01
		c.Rho, c.OptEps, c.Beta1, c.Beta2 = 0.9, 1e-7, 0, 0.9
		c.LogEvery, c.SampleEvery, c.ExportEvery = EveryEpochs(1), EveryEpochs(25), EveryEpochs(25)
		c.GridImages, c.GridColumns = 144, 12
	}
	// faces is the configuration file that ships with the CatFaces tutorial.
	faces := func(c *Config) {
		c.Variant, c.NumEpochs, c.BatchSize, c.CriticIterations = VariantGP, 10, 32, 5
		c.ImageSize, c.ChannelsImg, c.FeaturesCritic, c.FeaturesGen = 64, 3, 64, 64
		c.CriticNorm, c.Init, c.DataName, c.Device = NormInstance, InitDCGAN, "CatFaces", "cuda"
		c.LearningRate, c.Beta1, c.Beta2 = 1e-4, 0, 0.9
		c.ExportEvery = EveryEpochs(1)
	}
	run := func(epochs int, rate float64) func(*Config) {
		return func(c *Config) { c.NumEpochs, c.LearningRate, c.Device = epochs, rate, "auto" }
	}
	celeba := func(c *Config) { c.DataName, c.Device = "celeba_gan", "auto" }
	large := func(c *Config) { c.ImageSize, c.Device = 128, "auto" }
	// toy follows Gulrajani et al. 2017's experiment on points: a small λ, and 250 steps an epoch. One
	// critic step and a high rate that decays bring 97 % of the samples of eight Gaussians within 3σ of
	// a centre, in under a minute on two cores.
	toy := func(c *Config) {
		c.Variant, c.NumEpochs, c.BatchSize, c.CriticIterations = VariantGP, 12, 256, 1
		c.ZDim, c.FeaturesCritic, c.FeaturesGen = 2, 128, 128
		c.CriticNorm, c.Init, c.DataSize = NormNone, InitPyTorch, 64_000
		c.LearningRate, c.LRDecay, c.Beta1, c.Beta2, c.LambdaGP = 5e-3, DecayLinear, 0, 0.9, 0.3
		c.SampleEvery = EveryEpochs(1)
	}
	named := func(name string) func(*Config) { return func(c *Config) { c.DataName = name } }

	return []preset{
		newPreset("mnist-mlp-wgangp", "MNIST MLP WGAN-GP", NetMLP, DataMNIST, ReuseNoise, mlp),
		newPreset("mnist-mlp-bce", "MLP BCE", NetMLPBCE, DataMNIST, ReuseFake, mlpBCE),
		newPreset("dcgan16", "DCGAN 16", NetDCGAN16, DataFolder, ReuseFake, dcgan),
		newPreset("keras-wgan", "Keras-style WGAN", NetKeras, DataMNIST, ReuseNoise, keras),
		newPreset("catfaces", "CatFaces WGAN-GP, as shipped", NetCatFaces, DataFolder, ReuseFake, faces),
		newPreset("catfaces_1", "CatFaces WGAN-GP, first run", NetCatFaces, DataFolder, ReuseFake, faces, run(15, 1e-4)),
		newPreset("catfaces_2", "CatFaces WGAN-GP, second run", NetCatFaces, DataFolder, ReuseFake, faces, run(15, 2e-4)),
		newPreset("catfaces_3", "CatFaces WGAN-GP, third run", NetCatFaces, DataFolder, ReuseFake, faces, run(30, 1e-4)),
		newPreset("celeba", "CatFaces WGAN-GP on CelebA", NetCatFaces, DataFolder, ReuseFake, faces, celeba),
		newPreset("catfaces_128", "CatFaces WGAN-GP, 128 pixels", NetCatFaces, DataFolder, ReuseFake, faces, large),
		newPreset("celeba_128", "CatFaces WGAN-GP on CelebA, 128 pixels", NetCatFaces, DataFolder, ReuseFake, faces, celeba, large),
		newPreset("toy-8gaussians", "eight Gaussians on a circle", NetToy, DataPoints, ReuseNoise, toy, named("8gaussians")),
		newPreset("toy-25gaussians", "twenty-five Gaussians on a grid", NetToy, DataPoints, ReuseNoise, toy, named("25gaussians")),
		newPreset("toy-swissroll", "a spiral", NetToy, DataPoints, ReuseNoise, toy, named("swissroll")),
	}
}

// newPreset returns common with the changes applied in order, and its description.
func newPreset(name, system, networks, source, reuse string, changes ...func(*Config)) preset {
	c := common
	c.Preset = name
	for _, change := range changes {
		change(&c)
	}
	info := Info{Name: name, System: system, Networks: networks, Source: source, Variant: c.Variant}
	switch source {
	case DataFolder:
		info.Dataset = fmt.Sprintf("image folder %s/%s", c.DataRoot, c.DataName)
	case DataMNIST:
		info.Dataset = fmt.Sprintf("MNIST in %s/%s", c.DataRoot, c.DataName)
	case DataPoints:
		info.Dataset = "drawn points"
	}
	info.Image = strings.ReplaceAll(fmt.Sprintf("%d %d %d", c.ChannelsImg, c.ImageSize, c.ImageSize), " ", "×")
	if c.ImageSize == 0 {
		info.Image = "points (x,y)"
	}
	return preset{info, reuse, c}
}
