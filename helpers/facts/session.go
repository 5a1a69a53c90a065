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
	// params are those of program; bodies are further packages of the library that it was read with.
	params  loadParams
	bodies  map[string]bool
	program *load.Program
	world   *facts.World
	stacks  *facts.Stacks
	// lines are those of recorded files that frames stand at.
	lines map[string]map[int]bool
}

// transparent are the packages of the library whose functions call what they are given, or hold what goes through them:
// their bodies are always read.
var transparent = map[string]bool{
	"sync": true, "internal/sync": true, "sort": true, "slices": true, "maps": true, "iter": true, "io": true,
	"container/list": true, "container/heap": true, "container/ring": true, "internal/singleflight": true,
	"golang.org/x/sync/errgroup": true,
}

type loadParams struct {
	Exe    string `json:"exe"`
	GoRoot string `json:"goRoot"`
	// OtherGoRoot is where some Go lies, to be used if it is the program's.
	OtherGoRoot string         `json:"otherGoRoot"`
	SourceMap   []load.Mapping `json:"sourceMap"`
	CacheDir    string         `json:"cacheDir"`
}

type stacksParams struct {
	Stacks []facts.Stack `json:"stacks"`
	// Bodies are further packages of the library: goroutines wait in them.
	Bodies []string `json:"bodies"`
}

type stacksResult struct {
	*facts.Told
	Loaded *loadResult `json:"loaded"`
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

// call does what is asked for first, or hands the question on.
func (s *session) call(ctx context.Context, method string, params json.RawMessage) (any, error) {
	switch method {
	case "load":
		var p loadParams
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, err
		}
		s.params = p
		return struct{}{}, s.read(ctx, nil)
	case "describe":
		var p describeParams
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, err
		}
		s.params = p.loadParams
		if err := s.build(ctx, nil); err != nil {
			return nil, err
		}
		return s.describe(p)
	case "stacks":
		var p stacksParams
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, err
		}
		if err := s.build(ctx, p.Bodies); err != nil {
			return nil, err
		}
		s.stacks, s.lines = s.world.Resolve(p.Stacks), linesOf(p.Stacks)
		return stacksResult{s.world.Tell(s.stacks), s.loaded()}, nil
	}
	if s.world == nil {
		return nil, fmt.Errorf("%s before stacks", method)
	}
	return s.ask(ctx, method, params)
}

// ask answers a question about a program whose stacks are known: one case for each, with the form that it comes in.
func (s *session) ask(ctx context.Context, method string, params json.RawMessage) (any, error) {
	switch method {
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
	case "spins":
		var p struct {
			Items []struct {
				Stack int `json:"stack"`
				Frame int `json:"frame"`
			} `json:"items"`
		}
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, err
		}
		out := []*facts.Spin{}
		for _, item := range p.Items {
			out = append(out, s.world.Spins(s.stacks, item.Stack, item.Frame))
		}
		return map[string]any{"spins": out}, nil
	case "releasers":
		var p struct {
			Ops  []int  `json:"ops"`
			Mode string `json:"mode"`
		}
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, err
		}
		return s.world.Answer(s.stacks, p.Ops, p.Mode), nil
	case "words":
		var p struct {
			Items []struct {
				Stack int    `json:"stack"`
				Frame int    `json:"frame"`
				Expr  string `json:"expr"`
			} `json:"items"`
		}
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, err
		}
		out := []*facts.Word{}
		for _, item := range p.Items {
			out = append(out, s.world.WordOf(s.stacks, item.Stack, item.Frame, item.Expr))
		}
		return map[string]any{"words": out}, nil
	case "alike":
		var p struct {
			Ops []int `json:"ops"`
		}
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, err
		}
		return map[string]any{"groups": s.world.Alike(p.Ops)}, nil
	case "texts":
		files, err := s.program.Texts(ctx, s.lines)
		return map[string]any{"files": files}, err
	}
	return nil, fmt.Errorf("no such method: %s", method)
}

// read reads the program's sources, those of further packages of the library among them. The form that questions
// need is made only when the stacks are known, and with them the packages that matter.
func (s *session) read(ctx context.Context, bodies []string) error {
	if s.params.Exe == "" {
		return fmt.Errorf("no program was loaded")
	}
	s.world, s.program, s.bodies = nil, nil, map[string]bool{}
	for _, path := range bodies {
		s.bodies[path] = true
	}
	program, err := load.Load(ctx, load.Options{
		Exe: s.params.Exe, GoRoot: s.params.GoRoot, OtherGoRoot: s.params.OtherGoRoot, SourceMap: s.params.SourceMap, CacheDir: s.params.CacheDir, Progress: s.progress,
		Bodies: func(path string) bool {
			return transparent[strings.TrimPrefix(path, "vendor/")] || s.bodies[path]
		},
	})
	s.program = program
	return err
}

func (s *session) build(ctx context.Context, bodies []string) error {
	more := s.program == nil
	for _, path := range bodies {
		if p := s.packageAt(path); p != nil && p.Std && !p.Bodies {
			more = true
		}
	}
	if more {
		if err := s.read(ctx, bodies); err != nil {
			return err
		}
	}
	world, err := facts.Build(ctx, s.program)
	s.world = world
	return err
}

func linesOf(stacks []facts.Stack) map[string]map[int]bool {
	found := map[string]map[int]bool{}
	for _, stack := range stacks {
		for _, frame := range stack.Frames {
			if found[frame.File] == nil {
				found[frame.File] = map[int]bool{}
			}
			found[frame.File][frame.Line] = true
		}
	}
	return found
}

func (s *session) packageAt(path string) *load.Package {
	if s.program == nil {
		return nil
	}
	return s.program.ByPath[path]
}

func (s *session) loaded() *loadResult {
	program, world := s.program, s.world
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
		for _, local := range program.Files(pkg) {
			out.Sources = append(out.Sources, sourceFile{program.Recorded(local), local, pkg.Std})
		}
	}
	return out
}
