// Package ganlib trains generative adversarial networks in Go programs: the original GAN, WGAN with
// clipping, WGAN with gradient penalty and least-squares GAN, with the numbers that PyTorch gives.
//
// The package itself is empty; its example is the twenty lines that a program begins with. Its parts
// are the packages below it, read from the top:
//
//	runner                 a training with its folder, from a configuration
//	presets, config        the tutorial systems, and what describes them
//	variants               algorithms, the Trainer, hooks
//	losses, optim          objectives and penalties, update rules
//	layers                 networks of layers with four passes
//	kernels                operations and the engines that run them
//	device                 tensors, workspaces, random numbers
//	tuning                 how GPUs of a kind compute products the fastest
//	datasets, checkpoint, formats, report, runs, sampler   beside them
package ganlib
