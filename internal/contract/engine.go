package contract

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// buildLimit is the longest that the build of an image may take: it compiles
// with empty caches.
const buildLimit = 10 * time.Minute

// engine is a container engine that works.
type engine struct {
	suite   *suite
	program string
}

// program finds a program on the PATH that commands are given.
func (s *suite) program(name string) string {
	for _, one := range s.Env {
		list, ok := strings.CutPrefix(one, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(list) {
			file := filepath.Join(dir, name)
			if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return file
			}
		}
	}
	return ""
}

// engine returns the container engine of this machine.
func (s *suite) engine(ctx context.Context) (engine, error) {
	for _, name := range []string{"docker", "podman"} {
		e := engine{suite: s, program: s.program(name)}
		if e.program == "" {
			continue
		}
		if err := e.run(ctx, 10*time.Second, "info"); err == nil {
			return e, nil
		}
	}
	return engine{}, absentError("container engine")
}

// run runs a command of the engine to its end.
func (e engine) run(ctx context.Context, limit time.Duration, args ...string) error {
	p, err := spawn(e.suite.Dir, slices.Concat([]string{e.program}, args), e.suite.Env)
	if err != nil {
		return err
	}
	defer p.kill()
	if !p.ended(ctx, limit) {
		return fmt.Errorf("%s does not end within %s", strings.Join(args, " "), limit)
	}
	if p.status() != 0 {
		return fmt.Errorf("%s ends with status %d\n%s", strings.Join(args, " "), p.status(), p.printed())
	}
	return nil
}

// confinedRun is CT-4. Images that are not on the machine are not fetched.
func confinedRun(ctx context.Context, s *Session) error {
	e, err := s.suite.engine(ctx)
	if err != nil {
		return err
	}
	d, err := s.dockerfile()
	if err != nil {
		return err
	}
	for _, image := range d.images() {
		if err := e.run(ctx, 10*time.Second, "image", "inspect", image); err != nil {
			return absentError("base image " + image)
		}
	}
	image := "contract-" + random(6)
	if err := e.run(ctx, buildLimit, "build", "--tag", image, "."); err != nil {
		return err
	}
	s.later(func() { _ = e.run(context.WithoutCancel(ctx), time.Minute, "image", "rm", "--force", image) })
	flags, db, err := s.confinement(d)
	if err != nil {
		return err
	}
	migrate, err := s.migration()
	if err != nil {
		return err
	}
	all := slices.Concat([]string{"run", "--rm"}, flags, db, []string{image}, migrate)
	if err := e.run(ctx, time.Minute, all...); err != nil {
		s.broken(Must, strings.Join(all, " "), "the schema is made", err.Error())
		return nil
	}
	return s.confinedStart(ctx, e, slices.Concat(flags, db), image)
}

// confinement returns the flags that take every right away and name the issuer,
// and those that give the database.
func (s *Session) confinement(d dockerfile) (flags, db []string, err error) {
	flags = []string{
		"--network", "host", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "-u", "12345:12345",
	}
	for _, one := range s.suite.issuer.settings() {
		flags = append(flags, "-e", one)
	}
	if s.suite.databaseName() != "sqlite" {
		one, err := s.empty()
		if err != nil {
			return nil, nil, err
		}
		return flags, []string{"-e", "DATABASE_URL=" + one.url()}, nil
	}
	data := "/data"
	for _, i := range d.last() {
		for _, pair := range i.pairs() {
			if file, ok := strings.CutPrefix(pair[1], "sqlite://"); ok && i.name == "ENV" && pair[0] == "DATABASE_URL" {
				data = path.Dir(file)
			}
		}
	}
	dir := filepath.Join(s.suite.Scratch, "mount-"+random(6))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, nil, err
	}
	err = os.Chmod(dir, 0o777) //nolint:gosec // the number that the container runs as owns nothing here
	return flags, []string{"-v", dir + ":" + data, "-e", "DATABASE_URL=sqlite://" + path.Join(data, "contract.db")}, err
}

// migration returns what follows the image to migrate, as compose.yaml says.
func (s *Session) migration() ([]string, error) {
	files, err := s.suite.files()
	if err != nil {
		return nil, err
	}
	all, err := documents(files[inCompose])
	if err != nil {
		return nil, err
	}
	for _, top := range all {
		if command := words(at(top, "services", "migrate", "command")); len(command) > 0 {
			return command, nil
		}
	}
	return []string{"migrate"}, nil
}

// confinedStart runs the service in a container, and stops it.
func (s *Session) confinedStart(ctx context.Context, e engine, flags []string, image string) error {
	port, name := s.suite.freePort(), image+"-run"
	settings := []string{"-e", "HOST=127.0.0.1", "-e", "PORT=" + strconv.Itoa(port), "-e", "METRICS_PORT=" + strconv.Itoa(s.suite.freePort())}
	argv := slices.Concat([]string{e.program, "run", "--rm", "--name", name}, flags, settings, []string{image})
	p, err := spawn(s.suite.Dir, argv, s.suite.Env)
	if err != nil {
		return err
	}
	s.later(func() {
		_ = e.run(context.WithoutCancel(ctx), time.Minute, "rm", "--force", name)
		p.kill()
	})
	v := &service{process: p, suite: s.suite, client: newClient(port, &seen{}, s.suite.Now)}
	request := strings.Join(argv[1:], " ")
	if err := v.awaitReady(ctx); err != nil {
		s.broken(Must, request, "/readyz 200", err.Error())
		return nil
	}
	begun := s.suite.Now()
	if err := e.run(ctx, 30*time.Second, "stop", name); err != nil {
		return err
	}
	ended := p.ended(ctx, 10*time.Second)
	took := s.suite.Now().Sub(begun)
	s.check(ended && took < 10*time.Second, "stop "+name, "it stops within 10 s", took.String())
	if ended {
		s.check(slices.Contains([]int{0, 143}, p.status()), "stop "+name, "status 0 or 143", strconv.Itoa(p.status()))
	}
	return nil
}
