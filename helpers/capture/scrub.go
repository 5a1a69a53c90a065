package main

import (
	"capture/internal/elfcore"
	"capture/internal/scrub"
	"capture/internal/snapshot"
)

func scrubber(owner elfcore.Owner) snapshot.Scrubber { return scrub.New(owner) }
