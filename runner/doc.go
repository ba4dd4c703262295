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
//	logs/console.log                       every line of the console; .1 to .3 beside it are older
//	logs/scalars.jsonl, logs/scalars.csv   a row for each generator step
//	logs/watchdog.jsonl                    a line for each event of the watchdog, if there are any
//	logs/*/events.out.tfevents.*           the same curves, the pictures, weights and gradients for TensorBoard
//	generated_*/generated_img{e}_{b}.png   samples, at the first batch and every SAMPLE_EVERY
//	generated_grid_images/generated_img_final.png, .csv   samples at the end, scores of keras-wgan's
//	model/checkpoint-{step}.safetensors    the full state; the newest few are kept
//	model/catfaces_checkpoint.pth.tar      of CatFaces networks: generator and optimiser for PyTorch, every EXPORT_EVERY and at the end
//	exports/*.safetensors                  networks alone, of others; as often
//	layout/manifest.json                   what it was made of: configuration, data, program and machine of every stretch
//	layout/images.crc32c                   a checksum of each image
//	layout/device.txt                      where the run computed last
//	layout/rollbacks.json                  how often it went back to a checkpoint, if it did
//
// On the CPU a run that was stopped, by the end of its context or by a crash, and resumed, writes the
// same bytes as one that never stopped; only times and rates differ.
//
// Read open.go first, then resume.go and run.go; each hook has a file of its own.
package runner
