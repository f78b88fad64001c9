package cli

import "groundsill.example/internal/diag"

// The exit codes are a public interface: codes are added and never renumbered.
const (
	exitDone        = 0
	exitInternal    = 1
	exitUsage       = 2
	exitConflicts   = 3
	exitRefused     = 4
	exitBlueprint   = 5
	exitEnvironment = 6
	exitStale       = 7
	exitInterrupted = 130
)

func exitCode(c diag.Class) int {
	switch c {
	case diag.Usage:
		return exitUsage
	case diag.Conflict:
		return exitConflicts
	case diag.Refused:
		return exitRefused
	case diag.Blueprint:
		return exitBlueprint
	case diag.Environment:
		return exitEnvironment
	case diag.Stale:
		return exitStale
	case diag.Interrupted:
		return exitInterrupted
	case diag.Internal:
	}
	return exitInternal
}

func exitCodes() string {
	return `
Exit codes:
  0    done, or nothing to do
  1    internal error: please report it
  2    usage: flags, arguments, answers
  3    conflicts are left for you, or a service breaks the contract
  4    refused: target exists, locked, not trusted
  5    the blueprint is broken
  6    environment: disk, git, network, a setup command (files stay)
  7    stale: the plan no longer fits what is there
  130  interrupted; nothing was written, or the message says what
`
}
