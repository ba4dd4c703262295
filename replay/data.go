package replay

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/datasets"
	"ganlib/internal/words"
	"ganlib/manifest"
	"ganlib/presets"
	"ganlib/runner"
	"ganlib/runs"
)

// trainedOn returns what the run was trained on, as the manifest or else the newest checkpoint says.
func (v *verifier) trainedOn() (manifest.Data, bool) {
	if v.manifest != nil {
		if s := v.manifest.At(1 << 62); s != nil {
			return s.Data, true
		}
	}
	if len(v.sound) == 0 {
		return manifest.Data{}, false
	}
	c, err := checkpoint.Open(v.sound[len(v.sound)-1].Path)
	if err != nil {
		return manifest.Data{}, false
	}
	defer c.Close()
	count, print := c.Data()
	return manifest.Data{Samples: count, Fingerprint: print}, true
}

// checkData compares the data that were read with those that the run was trained on.
func (v *verifier) checkData(p *runner.Replay) {
	samples := p.Trainer().Data()
	was, known := v.trainedOn()
	is := manifest.Data{Samples: samples.Len(), Fingerprint: samples.Fingerprint()}
	switch {
	case !known:
		v.report.unchecked("data", "", "nothing says what the run was trained on; now there are %s", words.Counted(is.Samples, "sample"))
	case was == is:
		v.report.same("data", "", "%s, SHA-256 %s", words.Counted(is.Samples, "sample"), is.Fingerprint)
		v.checkSums(p.Data().Set)
	default:
		v.report.differs("data", "", "%s with SHA-256 %s: the run was trained on %d with %s", words.Counted(is.Samples, "sample"), is.Fingerprint, was.Samples, was.Fingerprint)
		v.nameImages(p.Data().Set)
	}
}

// checkSums checks the file of the images' checksums itself.
func (v *verifier) checkSums(set *datasets.Set) {
	if set == nil {
		return
	}
	sums, err := v.imageSums()
	switch {
	case os.IsNotExist(err): // a run from before there were any
	case err != nil:
		v.report.differs("data", runs.ImageSumsFile, "%v", err)
	case !bytes.Equal(sums, runner.ImageSums(set)):
		v.report.differs("data", runs.ImageSumsFile, "the data are those that the run was trained on, but not by this file")
	}
}

func (v *verifier) imageSums() ([]byte, error) {
	f, err := os.Open(v.run.Join(runs.ImageSumsFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const most = 1 << 30 // of 268 million images
	return io.ReadAll(io.LimitReader(f, most))
}

// namedImages reads the data, which the training at hand did not take, and names what differs.
func (v *verifier) namedImages(ctx context.Context) {
	c := v.config
	if v.manifest != nil {
		if s := v.manifest.At(1 << 62); s != nil {
			if of, err := config.FromMap(s.Config); err == nil {
				c = &of
			}
		}
	}
	if c == nil {
		return
	}
	d, err := presets.OpenData(ctx, *c, presets.DataOptions{Path: v.o.Data})
	if err == nil {
		v.nameImages(d.Set)
	}
}

// nameImages names the images that are not those that were trained on.
func (v *verifier) nameImages(set *datasets.Set) {
	if set == nil {
		return
	}
	const most = 5
	for i, skip := range set.Skipped {
		if i == most {
			break
		}
		v.report.differs("data", skip.Source, "it cannot be read: %v", skip.Err)
	}
	was, err := v.imageSums()
	if err != nil || len(set.Skipped) > 0 {
		return
	}
	is := runner.ImageSums(set)
	var names []string
	for i := 0; i < min(len(was), len(is)) && len(names) < most; i += 4 {
		if !bytes.Equal(was[i:i+4], is[i:i+4]) {
			names = append(names, strings.TrimSpace(fmt.Sprintf("image %d %s", i/4, set.Source(i/4))))
		}
	}
	if len(names) > 0 {
		v.report.differs("data", "", "not as it was: %s", strings.Join(names, ", "))
	}
}
