package runner

import "time"

// steady returns a clock for what is due and how fast something goes: it shows what clock does, but never runs
// backwards. If somebody sets clock back, the time until it was next asked is lost.
//
// [time.Now] needs none of that, since its times have a monotonic part, of which Linux and macOS leave out the
// time that the machine was suspended; other clocks have not. Forwards an hour may pass in a step, as after a
// suspension: then what happens every minute is due once.
func steady(clock func() time.Time) func() time.Time {
	last := clock()
	shown := last
	return func() time.Time {
		now := clock()
		shown = shown.Add(max(now.Sub(last), 0))
		last = now
		return shown
	}
}

// longestWork is the most that a piece of work counts where a rest in proportion follows it: if the machine was
// suspended meanwhile, the rest would not end.
const longestWork = time.Minute
