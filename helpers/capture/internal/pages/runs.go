// Package pages tells which pages of a process there are, and which of them have changed.
package pages

// Run is memory from one address up to another.
type Run struct{ From, To uint64 }

// Runs ascend and neither overlap nor touch.
type Runs []Run

// Add appends memory that lies behind all that is there.
func (r Runs) Add(from, to uint64) Runs {
	if from >= to {
		return r
	}
	if last := len(r) - 1; last >= 0 && r[last].To == from {
		r[last].To = to
		return r
	}
	return append(r, Run{from, to})
}

// Bytes is how much memory it is.
func (r Runs) Bytes() (sum uint64) {
	for _, run := range r {
		sum += run.To - run.From
	}
	return sum
}

// Union is what is in either.
func (r Runs) Union(other Runs) Runs {
	out := make(Runs, 0, len(r)+len(other))
	for i, j := 0, 0; i < len(r) || j < len(other); {
		var next Run
		if j == len(other) || (i < len(r) && r[i].From <= other[j].From) {
			next = r[i]
			i++
		} else {
			next = other[j]
			j++
		}
		if last := len(out) - 1; last >= 0 && out[last].To >= next.From {
			if next.To > out[last].To {
				out[last].To = next.To
			}
		} else {
			out = append(out, next)
		}
	}
	return out
}

// Without is what is here and not in the other.
func (r Runs) Without(other Runs) Runs {
	out := Runs{}
	j := 0
	for _, run := range r {
		from := run.From
		for j < len(other) && other[j].To <= from {
			j++
		}
		for k := j; k < len(other) && other[k].From < run.To; k++ {
			if other[k].From > from {
				out = out.Add(from, other[k].From)
			}
			if other[k].To > from {
				from = other[k].To
			}
		}
		out = out.Add(from, run.To)
	}
	return out
}

// Within is what of it lies between two addresses.
func (r Runs) Within(from, to uint64) Runs {
	out := Runs{}
	for _, run := range r {
		low, high := run.From, run.To
		if low < from {
			low = from
		}
		if high > to {
			high = to
		}
		out = out.Add(low, high)
	}
	return out
}
