// Package ganlib trains generative adversarial networks in Go programs: GAN with binary
// cross-entropy, WGAN with clipping and WGAN with gradient penalty, with the numbers that PyTorch
// gives. The package itself is empty; its parts are the packages below it, from devices and kernels
// over layers, losses and optimisers to variants, which train.
package ganlib
