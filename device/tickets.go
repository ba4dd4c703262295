package device

import "fmt"

// tickets are words of a CUDA device with which blocks of a launch count themselves.
type tickets struct {
	blocks []*block // the one in use last; graphs hold the addresses of the others
	words  int      // of the last
}

// leastTickets is how many words there are from the start.
const leastTickets = 1 << 10

// Tickets returns the address of so many 32-bit words that are zero. A kernel must leave them zero for the
// next.
func (d *CUDA) Tickets(words int) (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := &d.tickets
	if words > t.words || len(t.blocks) == 0 {
		words = max(words, leastTickets)
		b, err := d.alloc(4 * words)
		if err == nil {
			err = d.ctx.Clear(b.at, 4*words)
		}
		if err != nil {
			return 0, fmt.Errorf("device: tickets: %w", err)
		}
		t.blocks, t.words = append(t.blocks, b), words
	}
	return uint64(t.blocks[len(t.blocks)-1].at), nil
}
