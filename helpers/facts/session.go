package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"go-deadlock-lab/facts/internal/facts"
	"go-deadlock-lab/facts/internal/load"
)

// A session is one program, and the stacks of one core of it.
type session struct {
	progress func(string)
	world    *facts.World
	stacks   *facts.Stacks
}

// transparent are the packages of the library whose functions call what they are given, or hold what goes through them:
// their bodies are always read.
var transparent = map[string]bool{
	"sync": true, "internal/sync": true, "sort": true, "slices": true, "maps": true, "iter": true, "io": true,
	"container/list": true, "container/heap": true, "container/ring": true, "internal/singleflight": true,
	"golang.org/x/sync/errgroup": true,
}

type loadParams struct {
	Exe       string         `json:"exe"`
	GoRoot    string         `json:"goRoot"`
	SourceMap []load.Mapping `json:"sourceMap"`
	CacheDir  string         `json:"cacheDir"`
	// Bodies are further packages of the library: goroutines wait in them.
	Bodies []string `json:"bodies"`
}

type sourceFile struct {
	Recorded string `json:"recorded"`
	Local    string `json:"local"`
	Library  bool   `json:"library"`
}

type loadResult struct {
	GoVersion string       `json:"goVersion"`
	Packages  int          `json:"packages"`
	Functions int          `json:"functions"`
	Missing   []string     `json:"missing"`
	Dropped   []string     `json:"dropped"`
	Sources   []sourceFile `json:"sources"`
}

func (s *session) call(ctx context.Context, method string, params json.RawMessage) (any, error) {
	switch method {
	case "load":
		var p loadParams
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, err
		}
		return s.load(ctx, p)
	case "describe":
		var p describeParams
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, err
		}
		if _, err := s.load(ctx, p.loadParams); err != nil {
			return nil, err
		}
		return s.describe(p)
	}
	if s.world == nil {
		return nil, fmt.Errorf("%s before load", method)
	}
	switch method {
	case "stacks":
		var p struct {
			Stacks []facts.Stack `json:"stacks"`
		}
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, err
		}
		s.stacks = s.world.Resolve(p.Stacks)
		return s.world.Tell(s.stacks), nil
	case "places":
		var p struct {
			Items []struct {
				Stack int      `json:"stack"`
				Frame int      `json:"frame"`
				Kinds []string `json:"kinds"`
			} `json:"items"`
		}
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, err
		}
		out := [][]facts.Waiting{}
		for _, item := range p.Items {
			out = append(out, s.world.Places(s.stacks, item.Stack, item.Frame, item.Kinds))
		}
		return map[string]any{"places": out}, nil
	case "releasers":
		var p struct {
			Ops  []int  `json:"ops"`
			Mode string `json:"mode"`
		}
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, err
		}
		return s.world.Answer(s.stacks, p.Ops, p.Mode), nil
	}
	return nil, fmt.Errorf("no such method: %s", method)
}

func (s *session) load(ctx context.Context, p loadParams) (*loadResult, error) {
	more := map[string]bool{}
	for _, path := range p.Bodies {
		more[path] = true
	}
	program, err := load.Load(ctx, load.Options{
		Exe: p.Exe, GoRoot: p.GoRoot, SourceMap: p.SourceMap, CacheDir: p.CacheDir, Progress: s.progress,
		Bodies: func(path string) bool {
			return transparent[strings.TrimPrefix(path, "vendor/")] || more[path]
		},
	})
	if err != nil {
		return nil, err
	}
	world, err := facts.Build(ctx, program)
	if err != nil {
		return nil, err
	}
	s.world = world
	out := &loadResult{GoVersion: program.GoVersion, Functions: world.Size(), Missing: program.Missing, Dropped: []string{}, Sources: []sourceFile{}}
	if out.Missing == nil {
		out.Missing = []string{}
	}
	for _, pkg := range program.Packages {
		if pkg.Absent == "" {
			out.Packages++
		}
		if pkg.Bodies {
			out.Dropped = append(out.Dropped, pkg.Dropped...)
		}
		for _, file := range pkg.Files {
			local := program.Fset.Position(file.Package).Filename
			out.Sources = append(out.Sources, sourceFile{program.Recorded(local), local, pkg.Std})
		}
	}
	return out, nil
}
