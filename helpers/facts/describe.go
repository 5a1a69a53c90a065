package main

import "go-deadlock-lab/facts/internal/facts"

type describeParams struct {
	loadParams
	Function string `json:"function"`
	Object   string `json:"object"`
	At       string `json:"at"`
}

func (s *session) describe(p describeParams) (any, error) {
	lines, described, err := s.world.Describe(facts.Question{Function: p.Function, Object: p.Object, At: p.At})
	if err != nil {
		return nil, err
	}
	return map[string]any{"lines": lines, "facts": described}, nil
}
