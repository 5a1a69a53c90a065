package pages

import (
	"math/rand"
	"reflect"
	"testing"
)

const most = 64

// random are some pages of a small memory, as runs and one by one.
func random(from *rand.Rand) (Runs, [most]bool) {
	var runs Runs
	var has [most]bool
	for at := uint64(0); at < most; at++ {
		if from.Intn(3) > 0 {
			has[at] = true
			runs = runs.Add(at, at+1)
		}
	}
	return runs, has
}

func fromSet(has func(uint64) bool) Runs {
	runs := Runs{}
	for at := uint64(0); at < most; at++ {
		if has(at) {
			runs = runs.Add(at, at+1)
		}
	}
	return runs
}

func TestRunsAreSets(t *testing.T) {
	dice := rand.New(rand.NewSource(1))
	for turn := 0; turn < 20_000; turn++ {
		a, inA := random(dice)
		b, inB := random(dice)
		low, high := uint64(dice.Intn(most)), uint64(dice.Intn(most+1))
		for name, pair := range map[string][2]Runs{
			"union":   {a.Union(b), fromSet(func(at uint64) bool { return inA[at] || inB[at] })},
			"without": {a.Without(b), fromSet(func(at uint64) bool { return inA[at] && !inB[at] })},
			"within":  {a.Within(low, high), fromSet(func(at uint64) bool { return inA[at] && low <= at && at < high })},
		} {
			if !reflect.DeepEqual(pair[0], pair[1]) {
				t.Fatalf("%s of %v and %v (%d to %d) is %v, want %v", name, a, b, low, high, pair[0], pair[1])
			}
		}
	}
}

func TestBytesOfRuns(t *testing.T) {
	if sum := (Runs{{0, 3}, {5, 9}}).Bytes(); sum != 7 {
		t.Fatalf("%d", sum)
	}
}
