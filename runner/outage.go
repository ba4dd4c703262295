package runner

import (
	"fmt"
	"strings"
	"time"
)

// eventRetry is how long no events are written after the disk did not take some.
const eventRetry = 30 * time.Second

// outage is a time in which the disk takes no event files. The training goes on, and from time to time one
// tries again.
type outage struct {
	on     bool
	trying bool
	since  time.Time // the last try

	from, to int64 // x of what was left out first and last
	gaps     []string
}

// begin notes at the time now that events from x on are lost, and returns whether that is news.
func (o *outage) begin(x int64, now time.Time) (news bool) {
	if news = !o.on; news {
		o.from, o.to = x, x
	}
	o.to = max(o.to, x)
	o.on, o.trying, o.since = true, false, now
	return news
}

// open reports whether an event may be written. One that may not is lost.
func (o *outage) open(m moment) bool {
	if o.on && !o.trying && m.now.Sub(o.since) >= eventRetry {
		o.trying = true
	}
	if o.on && !o.trying {
		o.to = max(o.to, m.x)
		return false
	}
	return true
}

// end notes that a try went well, if there was one, and returns whether it did.
func (o *outage) end() bool {
	if !o.trying {
		return false
	}
	o.on, o.trying = false, false
	o.gaps = append(o.gaps, o.gap())
	return true
}

func (o *outage) gap() string {
	if o.from == o.to {
		return fmt.Sprint(o.from)
	}
	return fmt.Sprintf("%d to %d", o.from, o.to)
}

// missing returns what was lost, as text; "": nothing.
func (o *outage) missing() string {
	gaps := o.gaps
	if o.on {
		gaps = append(gaps[:len(gaps):len(gaps)], fmt.Sprintf("%d to the end", o.from))
	}
	const most = 10
	if n := len(gaps) - most; n > 0 {
		gaps = append(gaps[:most:most], fmt.Sprintf("%d gaps more", n))
	}
	return strings.Join(gaps, ", ")
}
