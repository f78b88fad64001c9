//go:build !unix

package contract

// hold needs the locks of POSIX.
func (*sqlite) hold() (func(), error) { return nil, absentError("POSIX file locks") }
