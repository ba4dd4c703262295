package lint

import (
	"fmt"

	"ganlib/config"
	"ganlib/layers"
)

// dataRules are about the networks, and the data that they are trained on.
var dataRules = []Rule{
	{
		Name: "image-size", Severity: Error, Keys: []string{"IMAGE_SIZE", "PRESET"},
		Reason:  "each layer halves or doubles the side: other sizes do not come out even, or leave many scores for one image",
		Instead: "IMAGE_SIZE: a power of two from 16 on for catfaces and celeba, whose depth follows it; 16 for dcgan16, 28 for MNIST",
		Source:  tutorial("DCGAN 16 and CatFaces tutorials"),
		found:   func(s *subject) bool { return s.refused("IMAGE_SIZE") },
		instead: func(s *subject) string { return "IMAGE_SIZE: " + s.problem("IMAGE_SIZE") },
	},
	{
		Name: "data-range", Severity: Error, Switches: []config.Switch{config.SwitchData01}, Keys: []string{"DATA_RANGE"},
		Reason:  "the generator's last activation cannot reach all of the interval in which the data lie, or leaves it: the critic tells them apart by that alone",
		Instead: "DATA_RANGE: -1..1 for a generator that ends in tanh, as the presets' do, 0..1 for a sigmoid",
		Source:  dcgan + ", section 4; " + tutorial("MNIST WGAN-GP and Keras WGAN tutorials"),
		found: func(s *subject) bool {
			return s.ImageSize > 0 && (ends[*layers.Tanh](s.nets.Generator) && s.DataRange == config.RangeUnit ||
				ends[*layers.Sigmoid](s.nets.Generator) && s.DataRange == config.RangeSigned)
		},
	},
	{
		Name: "batch-of-one", Severity: Error, Keys: []string{"BATCH_SIZE"},
		Reason:  "batch norm has no batch to take statistics of: an image is normalised by itself, and looks otherwise when samples are drawn with the running averages",
		Instead: "BATCH_SIZE: 2 or more; 32 or 64 as in the papers",
		Source:  norm + ", section 3",
		found:   func(s *subject) bool { return s.BatchSize == 1 && (s.batchNorm() || s.refused("BATCH_SIZE")) },
	},
	{
		Name: "no-batch", Severity: Error, Keys: []string{"BATCH_SIZE", "DATA_SIZE", "DROP_LAST"},
		Reason:  "the data set has fewer images than a batch, and batches that are not full are dropped: none is left",
		Instead: "DROP_LAST: false, or a BATCH_SIZE of at most the number of images",
		Source:  "docs/configuration.md",
		found:   func(s *subject) bool { return s.images > 0 && s.images < s.BatchSize && s.DropLast },
		instead: func(s *subject) string {
			return fmt.Sprintf("DROP_LAST: false, or a BATCH_SIZE of at most %d, the number of images", s.images)
		},
	},
	{
		Name: "data-below-batch", Keys: []string{"BATCH_SIZE", "DATA_SIZE"},
		Reason:  "the data set has fewer images than a batch: every step sees all of them, and the critic learns them by heart",
		Instead: "more images, or a BATCH_SIZE well below their number",
		Source:  dcgan + ", section 4.1.1",
		found:   func(s *subject) bool { return s.images > 0 && s.images < s.BatchSize && !s.DropLast },
		instead: func(s *subject) string {
			return fmt.Sprintf("more images, or a BATCH_SIZE well below their number, %d", s.images)
		},
	},
	{
		Name: "file-order", Switches: []config.Switch{config.SwitchFileOrder}, Keys: []string{"SHUFFLE", "DROP_LAST", "BATCH_SIZE"},
		Reason:  "every pass has the same batches, of images that lie beside each other, and with DROP_LAST some images are never seen",
		Instead: "SHUFFLE: true",
		Source:  tutorial("Keras WGAN tutorial"),
		found:   func(s *subject) bool { return !s.Shuffle },
	},
	{
		Name: "zero-scale-init", Switches: []config.Switch{config.SwitchInitDCGANZero}, Keys: []string{"INIT"},
		Reason:  "batch norm's scales start around 0 instead of 1: the generator begins almost constant",
		Instead: "INIT: dcgan",
		Source:  norm + ", section 3; " + tutorial("CatFaces tutorial"),
		found:   func(s *subject) bool { return s.Init == config.InitDCGANZero },
	},
	{
		Name: "plain-init", Switches: []config.Switch{config.SwitchInitPyTorch}, Keys: []string{"INIT", "PRESET"},
		Reason:  "a framework's default initialisation is not that of the paper, N(0, 0.02) for all convolutions",
		Instead: "INIT: dcgan",
		Source:  dcgan + ", section 4; " + tutorial("DCGAN 16 tutorial"),
		found: func(s *subject) bool {
			return s.Init == config.InitPyTorch && (s.info.Networks == config.NetCatFaces || s.info.Networks == config.NetDCGAN16)
		},
	},
}
