package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"groundsill.example/internal/view"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Say which sill this is",
		Long:    "Version prints the version of sill, the commit it was built from, and the\nversion of Go.",
		Example: "  sill version\n  sill version --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			version, commit := build()
			return a.view().Sheet(view.Sheet{
				Name: "version", Title: "sill " + version,
				Fields: []view.Field{
					{Key: "version", Value: version}, {Key: "commit", Value: commit}, {Key: "go", Value: runtime.Version()},
				},
			})
		},
	}
}

// build returns the version and the commit that the Go toolchain has written
// into the binary.
func build() (version, commit string) {
	version, commit = "unknown", "unknown"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version, commit
	}
	version = info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			commit = s.Value
		}
	}
	return version, commit
}
