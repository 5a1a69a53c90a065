package load

import (
	"os"
	"path/filepath"
	"strings"
)

// The little of go.mod and modules.txt that is needed: whose it is, and the language version.

func moduleNameIn(file string) string {
	return strings.Trim(directive(file, "module"), "\"`")
}

// languageOf is "go1.22" for a module that says "go 1.22.3"; "" where nothing is said.
func languageOf(file string) string {
	return language(directive(file, "go"))
}

func language(version string) string {
	if !strings.HasPrefix(version, "1.") {
		return ""
	}
	return "go" + version
}

func directive(file, word string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for _, line := range strings.Split(string(data), "\n") {
		line, _, _ = strings.Cut(line, "//")
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == word {
			return fields[1]
		}
	}
	return ""
}

// vendoredVersions are the language versions of vendored modules, whose go.mod files are not copied:
// "# path version" and below it "## explicit; go 1.20".
func vendoredVersions(mainRoot string) map[string]string {
	found := map[string]string{}
	if mainRoot == "" {
		return found
	}
	data, err := os.ReadFile(filepath.Join(mainRoot, "vendor", "modules.txt"))
	if err != nil {
		return found
	}
	module := ""
	for _, line := range strings.Split(string(data), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "#":
			module = fields[1]
		case "##":
			if at := strings.Index(line, "go 1."); at >= 0 {
				found[module] = language(strings.Fields(line[at:])[1])
			}
		}
	}
	return found
}
