package cli

import (
	"cmp"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the program's version, its commit and the Go that built it",
		Example: "  opsreview version",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			_, err := fmt.Fprintf(a.stdout, "opsreview %s\ncommit %s\nbuilt with %s for %s/%s\n",
				b.name(), cmp.Or(b.commit+b.modified, "unknown"), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// version names the build.
func version() string { return thisBuild().name() }

func thisBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build{}
	}
	return readBuild(info)
}

// A build is what the program knows of how it was made.
type build struct {
	module   string // what Go calls the version
	commit   string
	modified string // "-modified" if it is not quite the commit
}

func readBuild(info *debug.BuildInfo) build {
	b := build{module: info.Main.Version}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			b.commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			b.modified = "-modified"
		}
	}
	return b
}

// releaseTag is the form of a release's tag. Go's names for commits between
// releases have numbers after the dash.
var releaseTag = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[a-z]+[.0-9]*)?$`)

// name is a release's tag, or the commit that the build was made from.
func (b build) name() string {
	switch {
	case releaseTag.MatchString(b.module):
		return b.module
	case b.commit != "":
		return b.commit[:min(12, len(b.commit))] + b.modified
	}
	return cmp.Or(b.module, "unknown")
}
