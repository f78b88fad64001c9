// Engine is as much of a container engine as the service contract asks one for,
// for machines that have none: buildah builds the images, and a container is a
// process in namespaces of its own. It runs as root. There is one way to run a
// container: on the host's network, on a read-only root, as a number, with no
// rights at all. Other flags are refused.
//
//	engine STORAGE info
//	engine STORAGE image inspect NAME
//	engine STORAGE image rm --force NAME
//	engine STORAGE build --tag NAME DIR
//	engine STORAGE run [FLAGS] NAME [ARGUMENT...]
//	engine STORAGE stop NAME
//	engine STORAGE rm --force NAME
//
// STORAGE is a directory for images and containers. No image is fetched. What
// stands in for a base image cannot have its digest, so the digest is left out
// of names and of a copy of the Dockerfile; the rest of both is as it is.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

func main() {
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}

// run does what a command line says and returns the status to end with.
func run(args []string) (int, error) {
	if len(args) < 2 {
		return 2, errors.New("usage: engine STORAGE COMMAND [ARGUMENT...]")
	}
	e := engine{storage: args[0]}
	switch words := strings.Join(args[1:min(3, len(args))], " "); {
	case words == "info":
		return 0, e.buildah("info")
	case words == "image inspect" && len(args) == 4:
		return 0, e.buildah("inspect", "--type", "image", undigested(args[3]))
	case words == "image rm" && len(args) == 5:
		return 0, e.buildah("rmi", "--force", args[4])
	case words == "build --tag" && len(args) == 5:
		return 0, e.build(args[3], args[4])
	case args[1] == "run":
		return e.start(args[2:])
	case args[1] == "stop" && len(args) == 3:
		return 0, e.stop(args[2], patience)
	case words == "rm --force" && len(args) == 4:
		return 0, e.stop(args[3], 0)
	case args[1] == "enter" && len(args) == 3: // by start
		return 1, enter(args[2])
	}
	return 2, fmt.Errorf("no command %q", args[1:])
}

// engine keeps images and containers below a directory.
type engine struct{ storage string }

// command returns buildah with the storage of the engine.
func (e engine) command(args ...string) *exec.Cmd {
	all := []string{
		"--root", filepath.Join(e.storage, "images"), "--runroot", filepath.Join(e.storage, "run"), "--storage-driver", "vfs",
	}
	cmd := exec.Command("buildah", append(all, args...)...) //nolint:noctx // what the caller asks for; it ends with the caller
	cmd.Env = append(os.Environ(), "TMPDIR="+e.storage)     // caches of a build are there
	cmd.Stderr = os.Stderr
	return cmd
}

// buildah runs a command of buildah to its end.
func (e engine) buildah(args ...string) error {
	cmd := e.command(args...)
	cmd.Stdout = os.Stdout
	return cmd.Run()
}

// asked returns what a command of buildah prints, without the line's end.
func (e engine) asked(args ...string) (string, error) {
	out, err := e.command(args...).Output()
	return strings.TrimSpace(string(out)), err
}

// digest is what a name is pinned by.
var digest = regexp.MustCompile(`@sha256:[0-9a-f]{64}`)

// undigested returns a text without the digests of images.
func undigested(text string) string { return digest.ReplaceAllString(text, "") }

// build builds the image of a directory for this machine.
func (e engine) build(name, dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "Dockerfile"))
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(e.storage, "Dockerfile-")
	if err != nil {
		return err
	}
	_, err = file.WriteString(undigested(string(data)))
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return errors.Join(e.buildah(slices.Concat(
		[]string{"build", "--isolation", "chroot", "--pull-never", "--file", file.Name(), "--tag", name},
		[]string{"--build-arg", "TARGETOS=" + runtime.GOOS, "--build-arg", "TARGETARCH=" + runtime.GOARCH, dir},
	)...), os.Remove(file.Name()))
}
