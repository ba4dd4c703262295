package runs

import (
	"fmt"
	"path/filepath"
)

// Folders and files of a run, relative to it and with slashes; [Run.Join] makes them paths.
const (
	// ConfigFile is the resolved configuration. A folder is a run if it has this file.
	ConfigFile = "layout/train.config.backup.yaml"
	// ManifestFile says what the run was made of, as package ganlib/manifest has it.
	ManifestFile = "layout/manifest.json"
	// ImageSumsFile has a checksum of each image that is trained on.
	ImageSumsFile = "layout/images.crc32c"
	// TorchFile is the checkpoint in the form of the CatFaces tutorial (not a tar, despite its name).
	TorchFile = "model/catfaces_checkpoint.pth.tar"

	GridFolder      = "generated_grid_images"       // grids of the last critic noise
	FixedGridFolder = "generated_grid_images_fixed" // grids of the fixed z
	SingleFolder    = "generated_images_fixed"      // single samples
	LogFolder       = "logs"                        // scalars.jsonl, scalars.csv and the folders below
	ModelFolder     = "model"                       // checkpoints

	RealLogs          = "logs/real"
	FakeFixedLogs     = "logs/fake_fixed"
	FakeDifferentLogs = "logs/fake_different"
	FakeSingularLogs  = "logs/fake_singular"
	CriticLossLogs    = "logs/criticLoss"
	CriticLossGPLogs  = "logs/criticLoss_GP"
	GeneratorLossLogs = "logs/genLoss"
)

// folders are all folders of a run, parents first.
var folders = []string{
	GridFolder, FixedGridFolder, SingleFolder, "layout", LogFolder, ModelFolder,
	RealLogs, FakeFixedLogs, FakeDifferentLogs, FakeSingularLogs, CriticLossLogs, CriticLossGPLogs, GeneratorLossLogs,
}

// lockFile carries the lock; it is empty and stays.
const lockFile = ".lock"

// Pictures are the paths of the three pictures of one batch.
type Pictures struct {
	FixedGrid string // a grid of the fixed z
	Grid      string // a grid of the last critic noise
	Single    string // one sample
}

// Pictures returns where the pictures of a batch belong: generated_img{epoch}_{batch}.png in three
// folders. epoch and batch count from 0.
func (r *Run) Pictures(epoch, batch int) Pictures {
	name := fmt.Sprintf("generated_img%d_%d.png", epoch, batch)
	return Pictures{
		FixedGrid: r.Join(FixedGridFolder, name),
		Grid:      r.Join(GridFolder, name),
		Single:    r.Join(SingleFolder, name),
	}
}

// Join returns the path of something in the run: elem are names with slashes, such as the constants
// of this package.
func (r *Run) Join(elem ...string) string {
	path := r.path
	for _, e := range elem {
		path = filepath.Join(path, filepath.FromSlash(e))
	}
	return path
}
