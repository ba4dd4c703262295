// Package runner turns a configuration into a training with its run folder: data, device, networks,
// trainer, and the hooks that write what people look at.
//
//	c, err := config.Preset("catfaces_1")
//	r, err := runner.Open(ctx, runner.Options{Config: c, Console: os.Stdout})
//	err = r.Run(ctx)
//
// [Open] makes no run folder before configuration, data, device and memory are accepted; [MakePlan]
// stops there and tells what it found. What a run writes, beside the layout of package [ganlib/runs]:
//
//	logs/console.log                       every line of the console
//	logs/scalars.jsonl, logs/scalars.csv   a row for each generator step
//	logs/*/events.out.tfevents.*           the same curves, the pictures, weights and gradients for TensorBoard
//	generated_*/generated_img{e}_{b}.png   samples, at the first batch and every SAMPLE_EVERY
//	generated_grid_images/generated_img_final.png, .csv   samples at the end, scores of keras-wgan's
//	model/checkpoint-{step}.safetensors    the full state; the newest three are kept
//	exports/*.safetensors                  networks alone, every EXPORT_EVERY and at the end
//	layout/device.txt                      where the run computed last
//
// On the CPU a run that was stopped, by the end of its context or by a crash, and resumed, writes the
// same bytes as one that never stopped; only times and rates differ.
//
// Read open.go first, then resume.go and run.go; each hook has a file of its own.
package runner
