package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// patience is how long a container has to end before it is killed, as Docker
// has it.
const patience = 10 * time.Second

// container is what a process is shut into.
type container struct {
	Root     string            // the files of the image
	Dir      string            // where the process starts
	Argv     []string          // what it runs
	Env      []string          // all of its environment
	UID, GID int               // what it runs as
	Writable []string          // directories that are in memory
	Mounts   map[string]string // directories of the machine, by their place
}

// list is a flag that can be given several times.
type list []string

// String implements [flag.Value].
func (l *list) String() string { return strings.Join(*l, " ") }

// Set implements [flag.Value].
func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}

// parse reads the arguments of run: the flags, the name of the container, which
// is the image's where none is given, and the image with what follows it.
func (c *container) parse(args []string) (name string, rest []string, err error) {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var tmpfs, volumes, env list
	flags.Bool("rm", false, "")
	named, user := flags.String("name", "", ""), flags.String("u", "", "")
	network, drop, security := flags.String("network", "", ""), flags.String("cap-drop", "", ""), flags.String("security-opt", "", "")
	readOnly := flags.Bool("read-only", false, "")
	flags.Var(&tmpfs, "tmpfs", "")
	flags.Var(&volumes, "v", "")
	flags.Var(&env, "e", "")
	if err := flags.Parse(args); err != nil {
		return "", nil, err
	}
	if *network != "host" || *drop != "ALL" || *security != "no-new-privileges" || !*readOnly || flags.NArg() == 0 {
		return "", nil, errors.New("run: it takes --network host --read-only --cap-drop ALL --security-opt no-new-privileges and an image")
	}
	uid, gid, _ := strings.Cut(*user, ":")
	c.UID, err = strconv.Atoi(uid)
	if err != nil {
		return "", nil, err
	}
	c.GID, err = strconv.Atoi(gid)
	c.Writable, c.Env, c.Mounts = tmpfs, env, map[string]string{}
	for _, v := range volumes {
		from, to, _ := strings.Cut(v, ":")
		c.Mounts[to] = from
	}
	if *named == "" {
		*named = flags.Arg(0) + "-once"
	}
	return *named, flags.Args(), err
}

// start runs a container to its end and returns its status, 128 and the signal
// where one ended it.
func (e engine) start(args []string) (status int, err error) {
	var c container
	name, words, err := c.parse(args)
	if err != nil {
		return 2, err
	}
	if err := e.configure(&c, words[0], words[1:]); err != nil {
		return 1, err
	}
	if _, err := e.asked("from", "--pull-never", "--name", name, words[0]); err != nil {
		return 1, err
	}
	defer func() { _, failed := e.asked("rm", name); err = errors.Join(err, failed) }()
	if c.Root, err = e.asked("mount", name); err != nil {
		return 1, err
	}
	given, err := json.Marshal(c)
	if err != nil {
		return 1, err
	}
	cmd := exec.Command("/proc/self/exe", e.storage, "enter", string(given)) //nolint:noctx // it is this program; stop ends it
	cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	defer os.Remove(e.pidFile(name)) //nolint:errcheck // another run of the name writes it anew
	if err := os.WriteFile(e.pidFile(name), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600); err != nil {
		return 1, errors.Join(err, cmd.Process.Kill())
	}
	return ending(cmd.Wait(), cmd.ProcessState)
}

// ending returns the status of a process as a shell has it.
func ending(failure error, state *os.ProcessState) (int, error) {
	if failure == nil {
		return 0, nil
	}
	wait, ok := state.Sys().(syscall.WaitStatus)
	if !ok {
		return 1, failure
	}
	if wait.Signaled() {
		return 128 + int(wait.Signal()), nil
	}
	return wait.ExitStatus(), nil
}

// configure takes from an image what it says of its process.
func (e engine) configure(c *container, image string, words []string) error {
	text, err := e.asked("inspect", "--type", "image", image)
	if err != nil {
		return err
	}
	var shown struct {
		OCIv1 struct {
			Config struct {
				Env, Entrypoint, Cmd []string
				WorkingDir           string
			} `json:"config"`
		}
	}
	if err := json.Unmarshal([]byte(text), &shown); err != nil {
		return err
	}
	config := shown.OCIv1.Config
	if len(words) == 0 {
		words = config.Cmd
	}
	c.Argv = slices.Concat(config.Entrypoint, words)
	if len(c.Argv) == 0 || !filepath.IsAbs(c.Argv[0]) {
		return fmt.Errorf("the image runs %q, which is no absolute path", c.Argv)
	}
	c.Env = slices.Concat(config.Env, c.Env) // the last of a name counts
	c.Dir = filepath.Join("/", config.WorkingDir)
	return nil
}

func (e engine) pidFile(name string) string { return filepath.Join(e.storage, name+".pid") }

// stop ends a container politely, and by force when its time is over. One that
// has ended is no failure.
func (e engine) stop(name string, limit time.Duration) error {
	data, err := os.ReadFile(e.pidFile(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(string(data))
	if err != nil {
		return err
	}
	const step = 20 * time.Millisecond
	for waited := time.Duration(0); waited < limit; waited += step {
		signal := syscall.Signal(0)
		if waited == 0 {
			signal = syscall.SIGTERM
		}
		if err := syscall.Kill(pid, signal); errors.Is(err, syscall.ESRCH) {
			return nil
		}
		time.Sleep(step)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
