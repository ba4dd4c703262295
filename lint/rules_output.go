package lint

import "ganlib/config"

// outputRules are about what is saved, and what people look at.
var outputRules = []Rule{
	{
		Name: "checkpoint-start", Switches: []config.Switch{config.SwitchCheckpointStart}, Keys: []string{"COMPAT"},
		Reason:  "checkpoints are written at the start of each epoch, and the last epoch's work is never saved",
		Instead: "COMPAT without checkpoint-start",
		Source:  tutorial("CatFaces tutorial"),
	},
	{
		Name: "grid-train-mode", Switches: []config.Switch{config.SwitchGridTrainMode}, Keys: []string{"COMPAT", "SAMPLE_EVERY"},
		Reason:  "samples are drawn with their batch's statistics, which moves the running averages: looking at the training changes it",
		Instead: "COMPAT without grid-train-mode",
		Source:  norm + ", section 3.1; " + tutorial("CatFaces tutorial"),
	},
	{
		Name: "grid-minmax", Switches: []config.Switch{config.SwitchGridMinMax}, Keys: []string{"GRID_RANGE"},
		Reason:  "each grid's contrast is stretched by itself: pictures of two steps cannot be compared, and a faint one looks like a strong one",
		Instead: "GRID_RANGE: fixed",
		Source:  tutorial("CatFaces tutorial"),
		found:   func(s *subject) bool { return s.GridRange == config.GridMinMax },
	},
	{
		Name: "log-folders", Switches: []config.Switch{config.SwitchLogFolders}, Keys: []string{"COMPAT"},
		Reason:  "the critic's loss with penalty is shown under the name original_criticLoss",
		Instead: "COMPAT without log-folders",
		Source:  tutorial("CatFaces tutorial"),
	},
	{
		Name: "log-axis", Switches: []config.Switch{config.SwitchLogAxis}, Keys: []string{"COMPAT"},
		Reason:  "hundreds of points of the curves share one place on the x axis",
		Instead: "COMPAT without log-axis: x is the generator step",
		Source:  tutorial("CatFaces tutorial"),
	},
	{
		Name: "log-last-batch", Switches: []config.Switch{config.SwitchLogLastBatch}, Keys: []string{"COMPAT"},
		Reason:  "an epoch's line shows the last batch's losses alone, which is mostly noise, and its sample comes from the noise just trained on",
		Instead: "COMPAT without log-last-batch: means of the epoch, and fixed noise",
		Source:  tutorial("MLP BCE tutorial"),
	},
	{
		Name: "score-rescaled", Switches: []config.Switch{config.SwitchScoreRescaled}, Keys: []string{"COMPAT"},
		Reason:  "the critic is asked about 0.5x+0.5, images of half the contrast which it was never trained on",
		Instead: "COMPAT without score-rescaled",
		Source:  tutorial("Keras WGAN tutorial"),
	},
}
