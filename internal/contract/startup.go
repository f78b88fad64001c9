package contract

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// startup returns the clauses about starting and configuration.
func startup() []Clause {
	must := []Level{Must}
	return []Clause{
		{ID: "ST-1", Title: "starts with three settings, writes nowhere else", Levels: must, Run: startsWithLittle},
		{ID: "ST-2", Title: "bad settings end the start and are named, all at once", Levels: must, Run: badSettings},
		{ID: "ST-3", Title: "the password of the database is never printed", Levels: must, Run: passwordHidden},
		{ID: "ST-4", Title: "the environment wins over a .env file", Levels: must, Run: environmentWins},
		{ID: "ST-5", Title: "a second instance on the port ends and says so", Levels: must, Run: portTaken},
		{ID: "ST-6", Title: "migrate is idempotent and safe in parallel; start makes no table", Levels: must, Run: migrations},
		{ID: "ST-7", Title: "two instances share one database and nothing else", Levels: must, Needs: []Need{Resource}, Run: twoInstances},
	}
}

// startsWithLittle is ST-1.
func startsWithLittle(ctx context.Context, s *Session) error {
	db, err := s.migrated(ctx)
	if err != nil {
		return err
	}
	before, err := listing(s.suite.Dir)
	if err != nil {
		return err
	}
	v, err := s.launchBare(db, nil)
	if err != nil {
		return err
	}
	request := "start with only DATABASE_URL, PORT, METRICS_PORT, LANG, TZ"
	if err := v.awaitReady(ctx); err != nil {
		s.broken(Must, request, "GET /readyz → 200 within "+s.suite.Ready.String(), err.Error())
		return nil
	}
	for _, k := range s.suite.kinds {
		v.do(ctx, "GET", k.path, nil)
	}
	after, err := listing(s.suite.Dir)
	if err != nil {
		return err
	}
	for name, stamp := range after {
		s.check(before[name] == stamp, request, "no file written outside /tmp and the path of the database", "written: "+name)
	}
	s.wildcard(v)
	return nil
}

// launchBare starts the service with nothing but what ST-1 names. Where the
// machine allows it, the service is in a network namespace of its own, so that
// listening on all interfaces opens nothing to the outside. Before it starts,
// prepare is called, if it is there, with the namespace or with nil.
func (s *Session) launchBare(db database, prepare func(room *namespace) error) (*service, error) {
	u := s.suite
	v := &service{suite: u, database: db, port: u.freePort(), metrics: u.freePort(), rows: map[string]string{}}
	v.env = []string{
		"DATABASE_URL=" + db.url(), "PORT=" + strconv.Itoa(v.port),
		"METRICS_PORT=" + strconv.Itoa(v.metrics), "LANG=C", "TZ=Asia/Kolkata",
	}
	v.env = append(v.env, u.issuer.settings()...)
	v.client = newClient(v.port, u.seen, u.Now)
	v.bearer = u.issuer.bearer()
	if err := s.enterNamespace(v); err != nil {
		return nil, err
	}
	if prepare != nil {
		if err := prepare(v.room); err != nil {
			return nil, err
		}
	}
	var err error
	v.room.do(func() { v.process, err = u.command("start", v.env) })
	if err != nil {
		return nil, err
	}
	u.seen.add(v)
	s.later(v.kill)
	return v, nil
}

// enterNamespace gives a service that is not yet started a network namespace,
// or, where none can be made, an address that nobody else can reach.
func (s *Session) enterNamespace(v *service) error {
	room, err := newNamespace()
	if err != nil {
		s.note("listening on all interfaces, and nothing else in the network: not tried, no network namespace can be made (%v)", err)
		v.env = append(v.env, "HOST=127.0.0.1")
		return nil
	}
	s.later(room.close)
	v.room = room
	v.dialIn(room)
	if err := s.suite.issuer.enterRoom(room); err != nil {
		return err
	}
	if far, ok := v.database.(networked); ok {
		return far.enter(room)
	}
	return nil
}

// wildcard checks that a service in a namespace listens on all interfaces.
func (s *Session) wildcard(v *service) {
	if v.room == nil {
		return
	}
	hexPort := fmt.Sprintf(":%04X", v.port)
	var found []string
	for _, table := range []string{"tcp", "tcp6"} {
		data, err := os.ReadFile("/proc/" + strconv.Itoa(v.pid()) + "/net/" + table) //nolint:gosec // a file of the system
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if w := strings.Fields(line); len(w) > 3 && w[3] == "0A" && strings.HasSuffix(w[1], hexPort) {
				found = append(found, strings.TrimSuffix(w[1], hexPort))
			}
		}
	}
	all := slices.ContainsFunc(found, func(a string) bool { return strings.Trim(a, "0") == "" })
	s.check(all, "start without HOST", "the listener is on all interfaces", fmt.Sprintf("listening on %q", found))
}

// listing returns the files of a directory with their sizes and times.
func listing(dir string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" {
				return fs.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			files[name] = fmt.Sprint(info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	return files, err
}

// badSetting is one run of ST-2.
type badSetting struct {
	settings []string
	names    []string
	opens    bool // the port is a good one, so it can be watched
}

func badSettingCases() []badSetting {
	return []badSetting{
		{settings: []string{"DATABASE_URL"}, names: []string{"DATABASE_URL"}, opens: true},
		{settings: []string{"DATABASE_URL=ftp://x"}, names: []string{"DATABASE_URL"}, opens: true},
		{settings: []string{"PORT=abc"}, names: []string{"PORT"}},
		{settings: []string{"PORT=70000"}, names: []string{"PORT"}},
		{settings: []string{"LOG_LEVEL=loud"}, names: []string{"LOG_LEVEL"}, opens: true},
		{settings: []string{"PORT=abc", "LOG_LEVEL=loud"}, names: []string{"PORT", "LOG_LEVEL"}},
	}
}

// badSettings is ST-2.
func badSettings(ctx context.Context, s *Session) error {
	db, err := s.migrated(ctx)
	if err != nil {
		return err
	}
	var wait sync.WaitGroup
	errs := make([]error, len(badSettingCases()))
	for i, c := range badSettingCases() {
		wait.Go(func() { errs[i] = s.badSetting(ctx, db, c) })
	}
	wait.Wait()
	return errors.Join(errs...)
}

func (s *Session) badSetting(ctx context.Context, db database, c badSetting) error {
	v, err := s.launch(db, c.settings...)
	if err != nil {
		return err
	}
	request := "start with " + strings.Join(c.settings, " ")
	if len(c.settings) == 1 && c.settings[0] == "DATABASE_URL" {
		request = "start without DATABASE_URL"
	}
	opened := false
	limit, cancel := context.WithTimeout(ctx, s.suite.Ready)
	defer cancel()
	for v.running() && limit.Err() == nil {
		opened = opened || c.opens && v.listens(ctx)
		pause(limit, 10*time.Millisecond)
	}
	s.check(!opened, request, "the port never opens", "the port was open")
	if !s.check(!v.running(), request, "exit ≠ 0 within "+s.suite.Ready.String(), "still running\n"+v.printed()) {
		return nil
	}
	s.check(v.status() != 0, request, "exit ≠ 0", "exit 0\n"+v.printed())
	for _, name := range c.names {
		s.check(v.complains(name), request, "a log record at error or fatal that names "+name, v.printed())
	}
	return nil
}

// listens reports whether the port takes connections.
func (v *service) listens(ctx context.Context) bool {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", v.address)
	return err == nil && conn.Close() == nil
}

// complains reports whether a record at error or fatal contains a text.
func (v *service) complains(text string) bool {
	for _, o := range []*output{v.out, v.err} {
		for _, line := range o.lines() {
			r, err := parseObject([]byte(line))
			if err == nil && slices.Contains([]any{"error", "fatal"}, r["level"]) && strings.Contains(line, text) {
				return true
			}
		}
	}
	return false
}

// passwordHidden is ST-3.
func passwordHidden(ctx context.Context, s *Session) error {
	secret := "S3CR3T-" + random(6)
	db, err := s.migrated(ctx)
	if err != nil {
		return err
	}
	scheme, _, _ := strings.Cut(db.url(), "://")
	var wait sync.WaitGroup
	urls := []string{
		scheme + "://user:" + secret + "@127.0.0.1:1/service",
		scheme + "://user:" + secret + "@127.0.0.1:notaport/service",
	}
	errs := make([]error, len(urls))
	for i, url := range urls {
		wait.Go(func() {
			v, err := s.launch(db, "LOG_LEVEL=debug", "DATABASE_URL="+url)
			if err != nil {
				errs[i] = err
				return
			}
			if !v.ended(ctx, 2*time.Second) {
				v.do(ctx, "GET", "/readyz", nil)
			}
			v.kill()
			s.secretAbsent(v.process, secret, "start with DATABASE_URL="+url)
		})
	}
	wait.Wait()
	return errors.Join(errors.Join(errs...), s.validHidden(ctx, db))
}

// validHidden is ST-3 with a valid URL: while the database works, and while it
// cannot be reached.
func (s *Session) validHidden(ctx context.Context, db database) error {
	secret, has := password(db)
	if !has && s.suite.server.double {
		s.note("(c) a valid URL with a password: not applicable on the double, which knows no users")
		return nil
	}
	if !has {
		s.note("(c) a valid URL with a password: not applicable, this database has none")
		return nil
	}
	const debug = "LOG_LEVEL=debug"
	request := " with a valid DATABASE_URL, " + debug
	tool, err := s.suite.command("migrate", environment(append(s.suite.toolEnv(db), debug)))
	if err != nil {
		return err
	}
	defer tool.kill()
	s.check(tool.ended(ctx, 2*s.suite.Ready), "migrate"+request, "it ends", "still running")
	s.secretAbsent(tool, secret, "migrate"+request)
	v, err := s.startOn(ctx, db, debug)
	if err != nil {
		return err
	}
	defer s.restore(db)
	for _, m := range []mode{pass, refuse} {
		if err := db.set(m); err != nil {
			return err
		}
		v.do(ctx, "GET", "/readyz", nil)
		v.access(ctx, v.do(ctx, "GET", s.anyPath(), nil).requestID())
	}
	v.kill()
	s.secretAbsent(v.process, secret, "start"+request)
	return nil
}

// secretAbsent checks that a text occurs nowhere in the output of a process.
func (s *Session) secretAbsent(p *process, secret, request string) {
	for name, o := range map[string]*output{"stdout": p.out, "stderr": p.err} {
		for _, line := range o.lines() {
			s.check(!strings.Contains(line, secret), request, secret+" occurs 0 times in all output", name+": "+line)
		}
	}
}

// environmentWins is ST-4.
func environmentWins(ctx context.Context, s *Session) error {
	db, err := s.migrated(ctx)
	if err != nil {
		return err
	}
	dir, err := s.suite.mirror()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("PORT=1\n"), 0o600); err != nil {
		return err
	}
	v, err := s.launchIn(dir, db)
	if err != nil {
		return err
	}
	err = v.awaitReady(ctx)
	s.check(err == nil, "start with PORT="+strconv.Itoa(v.port)+" and PORT=1 in .env",
		"the service listens on "+strconv.Itoa(v.port), fmt.Sprint(err))
	return nil
}

// mirror returns a directory that stands for the repository: links to all that
// is in it, so that files can be added without touching it.
func (s *suite) mirror() (string, error) {
	dir, err := os.MkdirTemp(s.Scratch, "mirror")
	if err != nil {
		return "", err
	}
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if e.Name() == ".env" {
			continue
		}
		if err := os.Symlink(filepath.Join(s.Dir, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// portTaken is ST-5.
func portTaken(ctx context.Context, s *Session) error {
	first, err := s.start(ctx)
	if err != nil {
		return err
	}
	port := strconv.Itoa(first.port)
	second, err := s.launch(first.database, "PORT="+port)
	if err != nil {
		return err
	}
	request := "start a second instance with PORT=" + port
	if s.check(second.ended(ctx, s.suite.Ready), request, "exit ≠ 0 within "+s.suite.Ready.String(), "still running") {
		s.check(second.status() != 0, request, "exit ≠ 0", "exit 0")
		named := strings.Contains(second.out.String()+second.err.String(), port)
		s.check(named, request, "the log names the port", second.printed())
	}
	s.want(first.do(ctx, "GET", "/readyz", nil), status(200))
	s.check(first.running(), request, "the first instance is unaffected", "it has ended")
	return nil
}

// migrations is ST-6.
func migrations(ctx context.Context, s *Session) error {
	one, err := s.empty()
	if err != nil {
		return err
	}
	if err := s.unmigrated(ctx, one); err != nil {
		return err
	}
	for _, time := range []string{"on an empty database", "a second time"} {
		err := s.suite.migrate(ctx, one)
		s.check(err == nil, "migrate "+time, "exit 0", fmt.Sprint(err))
	}
	two, err := s.empty()
	if err != nil {
		return err
	}
	var wait sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		wait.Go(func() { errs[i] = s.suite.migrate(ctx, two) })
	}
	wait.Wait()
	s.check(errors.Join(errs...) == nil, "two migrate processes at once on an empty database", "both exit 0", fmt.Sprint(errors.Join(errs...)))
	return s.sameSchema(one, two)
}

func (s *Session) sameSchema(one, two database) error {
	a, err := one.schema()
	if err != nil {
		return err
	}
	b, err := two.schema()
	if err != nil {
		return err
	}
	s.check(a != "" || len(s.suite.kinds) == 0, "migrate", "tables for the resources", "none")
	s.check(a == b, "migrate twice; two migrate processes at once", "the same schema", a+"\nand\n"+b)
	return nil
}

// unmigrated starts the service on a database without tables.
func (s *Session) unmigrated(ctx context.Context, db database) error {
	v, err := s.launch(db)
	if err != nil {
		return err
	}
	request := "start on an un-migrated database"
	if err := v.await(ctx, "/livez", s.suite.Ready); err != nil {
		s.broken(Must, request, "GET /livez → 200", err.Error())
		return nil
	}
	s.want(v.do(ctx, "GET", "/readyz", nil), status(503))
	v.kill()
	schema, err := db.schema()
	s.check(schema == "", request, "start creates no tables", schema)
	return err
}

// twoInstances is ST-7.
func twoInstances(ctx context.Context, s *Session) error {
	a, err := s.start(ctx)
	if err != nil {
		return err
	}
	b, err := s.startOn(ctx, a.database)
	if err != nil {
		return err
	}
	return s.each(func(k *kind) error {
		made, err := s.create(ctx, a, k, nil)
		if err != nil {
			return err
		}
		path := made.header.Get("Location")
		for _, v := range []*service{a, b} {
			if !s.want(v.do(ctx, "GET", path, nil), status(200), content(string(made.body)), header("ETag", made.etag())) {
				return nil
			}
		}
		f, values, ok := k.change()
		if !ok {
			return absentError("field of " + k.Name + " that can be changed")
		}
		patched := b.do(ctx, "PATCH", path, object{f.Key(): values[0]}, "If-Match", made.etag())
		if s.want(patched, status(200)) {
			s.want(a.do(ctx, "GET", path, nil), status(200), content(string(patched.body)), header("ETag", patched.etag()))
		}
		return nil
	})
}

// each tries something with every resource. What does not apply to one is a
// note, and the clause does not apply when it applies to none.
func (s *Session) each(try func(k *kind) error) error {
	var absent absentError
	tried := 0
	for _, k := range s.suite.kinds {
		err := try(k)
		switch {
		case err == nil:
			tried++
		case errors.As(err, &absent):
			s.note("%s: %v", k.Plural, err)
		default:
			return fmt.Errorf("%s: %w", k.Plural, err)
		}
	}
	if tried == 0 {
		return absent
	}
	return nil
}
