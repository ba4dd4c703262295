package variants

// Restart gives the generator steps from number step on other random numbers than they had before: noise,
// interpolates, mirrored images; the order of the data stays. A training that went wrong may go another way
// then. Whoever continues this training elsewhere must tell that trainer the same restarts.
func (t *Trainer) Restart(step int64) { t.restarts = append(t.restarts, step) }

// seed returns the key of a generator step's random numbers.
func (t *Trainer) seed(step int64) uint64 {
	seed := t.config.Seed
	for _, from := range t.restarts {
		if step >= from {
			seed += 0x9e3779b97f4a7c15 // 2⁶⁴ divided by the golden ratio: keys that are far apart
		}
	}
	return seed
}

// criticSeed returns the key of a critic step's.
func (t *Trainer) criticSeed(step int64) uint64 { return t.seed(step / int64(t.variant.CriticSteps())) }
