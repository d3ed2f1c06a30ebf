package main

import "regexp"

// flagsOf are the flags behind options of the library, for errors of values that only the
// library checks.
var flagsOf = map[string]string{
	"WithCacheDir":     "--cache-dir",
	"WithCallTimeout":  "--call-timeout",
	"WithFuel":         "--fuel",
	"WithGrade":        "--grade",
	"WithGrants":       "--grant",
	"WithHistory":      "--history",
	"WithMaxInstances": "--instances",
	"WithMaxWaiters":   "--max-waiters",
	"WithMemoryLimit":  "--memory",
	"WithSeed":         "--seed",
	"WithTime":         "--time",
	"WithVectors":      "--vectors",
}

// optionName finds an option with the value that it was given, as errors have it.
var optionName = regexp.MustCompile(`\b(?:kit\.)?(With[A-Z]\w*)(?:\(([^()]*)\))?`)

// inFlags replaces options of the library in the text of an error by the flags that set
// them: somebody at a command line knows no others.
func inFlags(text string) string {
	return optionName.ReplaceAllStringFunc(text, func(option string) string {
		parts := optionName.FindStringSubmatch(option)
		flag, ok := flagsOf[parts[1]]
		switch {
		case !ok:
			return option
		case parts[2] != "":
			return flag + " " + parts[2]
		}
		return flag
	})
}
