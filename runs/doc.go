// Package runs keeps the folder of a training run: its number, its layout, its lock, and files that a
// crash cannot leave half written.
//
//	trains/{name}{id}/
//	    generated_grid_images/  generated_grid_images_fixed/  generated_images_fixed/
//	    layout/train.config.backup.yaml     the resolved configuration
//	    logs/{real,fake_fixed,fake_different,fake_singular,criticLoss,criticLoss_GP,genLoss}/
//	    model/checkpoint-{step:08d}.safetensors
//
// [Create] makes the next run of a name, [Open] opens an existing one to read and [Run.Lock] to go on
// writing, [Find] goes from a file to the run it belongs to. [WriteFile] replaces a file in one step.
// What is in the files is not this package's business.
package runs
