package main

import "time"

// Type says how values of one key combine within an interval.
type Type int

const (
	TypeCount Type = iota // values add up
	TypeSet               // the last value counts
	typeStop              // no measurement: ends the consumer
)

func (t Type) String() string {
	switch t {
	case TypeCount:
		return "count"
	case TypeSet:
		return "set"
	default:
		return "stop"
	}
}

// Scope is the interval over which values are combined.
type Scope int

const (
	second Scope = iota
	minute
	scopes // how many there are
)

func (s Scope) interval() time.Duration {
	if s == second {
		return time.Second
	}
	return time.Minute
}

func (s Scope) String() string {
	if s == second {
		return "second"
	}
	return "minute"
}

// Metric is one measurement on its way in, or the combined value of an
// interval on its way out.
type Metric struct {
	Type  Type
	Scope Scope
	Key   string
	Value int
	// Interval is the time that an outgoing Value covers; zero on the way in.
	Interval time.Duration
}

// NewCountMetric returns a metric that adds value to key.
func NewCountMetric(key string, value int, scope Scope) Metric {
	return Metric{Type: TypeCount, Scope: scope, Key: key, Value: value}
}

// NewSetMetric returns a metric that sets key to value.
func NewSetMetric(key string, value int, scope Scope) Metric {
	return Metric{Type: TypeSet, Scope: scope, Key: key, Value: value}
}
