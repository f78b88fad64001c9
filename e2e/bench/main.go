// Command bench compares sill new with the same work done by cp and git, side
// by side in one run, sill add and update with git merge of the same change, and
// sill new with the peers that are installed:
//
//	pipx install cookiecutter copier
//	npm install --global hygen @nestjs/cli
//
// Then it compares the services that sill makes with bare handlers, on net/http
// and on Express, that run the same statements, and shows where the Go service
// spends its time.
//
// Each line is the median of the runs, which alternate, so that a busy moment
// of the machine falls on both sides.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	runs      = 15
	peerRuns  = 3
	manyFiles = 2000
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	if len(os.Args) != 2 {
		return errors.New("usage: bench SILL")
	}
	sill, err := filepath.Abs(os.Args[1])
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sill-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := bench{ctx: ctx, dir: dir, sill: sill}
	if err := b.gitConfig(); err != nil {
		return err
	}
	fmt.Printf("medians of %d runs\n\n", runs)
	if err := b.compare("default service, with its commit", nil); err != nil {
		return err
	}
	many := filepath.Join(dir, "many")
	if err := manyBlueprint(many); err != nil {
		return err
	}
	if err := b.compare(fmt.Sprintf("blueprint of %d files", manyFiles), []string{"-b", many}); err != nil {
		return err
	}
	if err := errors.Join(b.changes(), b.startup()); err != nil {
		return err
	}
	b.peers()
	kinds := []kind{goKind()}
	if err := b.command(".", "node", "--eval", "process.exit(parseInt(process.versions.node) < 24 ? 1 : 0)"); err == nil {
		kinds = append(kinds, expressKind())
	} else {
		fmt.Println("\ngenerated Express service: not compared, Node.js 24 is not on the PATH")
	}
	for _, k := range kinds {
		for _, database := range []string{"sqlite", "postgres"} {
			if err := b.service(k, database); err != nil {
				return err
			}
		}
	}
	return nil
}

type bench struct {
	ctx  context.Context //nolint:containedctx // lives as long as the program
	dir  string
	sill string
}

// gitConfig gives git an identity of its own, so that the result depends on no
// configuration of the machine.
func (b *bench) gitConfig() error {
	name := filepath.Join(b.dir, "gitconfig")
	text := "[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		return err
	}
	return errors.Join(os.Setenv("GIT_CONFIG_GLOBAL", name), os.Setenv("GIT_CONFIG_NOSYSTEM", "1"))
}

// manyBlueprint writes a blueprint with many files, half of them templates.
func manyBlueprint(dir string) error {
	manifest := "name: many\nversion: 1.0.0\ndescription: many files\nengine: 1\n" +
		"questions:\n  - {key: name, type: text, prompt: Name, default: '{{ .user.dir }}'}\n"
	if err := write(filepath.Join(dir, "blueprint.yaml"), manifest); err != nil {
		return err
	}
	body := strings.Repeat("A line of a file that a blueprint of this size could hold.\n", 40)
	for i := range manyFiles {
		name, text := fmt.Sprintf("files/dir%02d/file%04d.txt", i%50, i), body
		if i%2 == 0 {
			name, text = name+".tmpl", "{{ .name }} {{ .name | upper }}\n"+body
		}
		if err := write(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	return nil
}

func write(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o600)
}

// compare times sill new against a copy of what it makes and the three git
// commands.
func (b *bench) compare(title string, flags []string) error {
	model := filepath.Join(b.dir, "model")
	defer os.RemoveAll(model) //nolint:errcheck // the whole directory goes at the end
	if err := b.command(b.dir, b.sill, append([]string{"new", "model", "--yes", "--git", "none"}, flags...)...); err != nil {
		return err
	}
	var ours, theirs []time.Duration
	for range runs {
		one, err := b.timed(func(target string) error {
			return b.command(b.dir, b.sill, append([]string{"new", filepath.Base(target), "--yes"}, flags...)...)
		})
		if err != nil {
			return err
		}
		two, err := b.timed(func(target string) error { return b.byHand(model, target) })
		if err != nil {
			return err
		}
		ours, theirs = append(ours, one), append(theirs, two)
	}
	a, c := median(ours), median(theirs)
	fmt.Printf("%-40s sill new %8.1f ms   cp -r, git init, add, commit %8.1f ms   %.2f×\n", title, ms(a), ms(c), float64(a)/float64(c))
	return nil
}

func (b *bench) byHand(model, target string) error {
	return errors.Join(
		b.command(b.dir, "cp", "-r", model, target),
		b.command(target, "git", "init", "-q"),
		b.command(target, "git", "add", "-A"),
		b.command(target, "git", "commit", "-q", "-m", "first"),
	)
}

// timed runs f with a fresh target and removes the target afterwards.
func (b *bench) timed(f func(target string) error) (time.Duration, error) {
	target := filepath.Join(b.dir, "target")
	start := time.Now()
	err := f(target)
	took := time.Since(start)
	return took, errors.Join(err, os.RemoveAll(target))
}

func (b *bench) startup() error {
	var all []time.Duration
	for range runs {
		start := time.Now()
		if err := b.command(b.dir, b.sill, "--help"); err != nil {
			return err
		}
		all = append(all, time.Since(start))
	}
	fmt.Printf("%-40s sill --help %5.1f ms\n", "start-up", ms(median(all)))
	return nil
}

// peers times the scaffolders that are on the PATH, on the smallest project
// each can make without a network.
func (b *bench) peers() {
	fmt.Println()
	for _, p := range []struct {
		name string
		make func(dir string) ([]string, error)
	}{
		{"cookiecutter", cookiecutter},
		{"copier", copier},
		{"hygen", hygen},
		{"nest", nest},
	} {
		b.peer(p.name, p.make)
	}
}

func (b *bench) peer(name string, prepare func(dir string) ([]string, error)) {
	if _, err := exec.LookPath(name); err != nil {
		fmt.Printf("%-40s not installed\n", name)
		return
	}
	var all []time.Duration
	for i := range peerRuns {
		dir := filepath.Join(b.dir, fmt.Sprintf("%s-%d", name, i))
		argv, err := prepare(dir)
		if err != nil {
			fmt.Printf("%-40s %v\n", name, err)
			return
		}
		start := time.Now()
		if err := b.command(dir, argv[0], argv[1:]...); err != nil {
			fmt.Printf("%-40s %v\n", name, err)
			return
		}
		all = append(all, time.Since(start))
	}
	fmt.Printf("%-40s %8.1f ms for its smallest project\n", name, ms(median(all)))
}

func cookiecutter(dir string) ([]string, error) {
	err := errors.Join(
		write(filepath.Join(dir, "t", "cookiecutter.json"), `{"name": "demo"}`),
		write(filepath.Join(dir, "t", "{{cookiecutter.name}}", "README.md"), "# {{cookiecutter.name}}\n"))
	return []string{"cookiecutter", "--no-input", "t"}, err
}

func copier(dir string) ([]string, error) {
	err := errors.Join(
		write(filepath.Join(dir, "t", "copier.yml"), "name: {type: str, default: demo}\n"),
		write(filepath.Join(dir, "t", "README.md.jinja"), "# {{ name }}\n"))
	return []string{"copier", "copy", "--defaults", "--quiet", "t", "out"}, err
}

func hygen(dir string) ([]string, error) {
	err := write(filepath.Join(dir, "_templates", "demo", "new", "a.ejs.t"), "---\nto: out/README.md\n---\n# <%= name %>\n")
	return []string{"hygen", "demo", "new", "--name", "demo"}, err
}

func nest(dir string) ([]string, error) {
	return []string{"nest", "new", "demo", "--skip-install", "--skip-git", "--package-manager", "npm"}, os.MkdirAll(dir, 0o750)
}

func (b *bench) command(dir, name string, args ...string) error {
	_, err := b.output(dir, name, args...)
	return err
}

// output runs a command and returns what it prints.
func (b *bench) output(dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(b.ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return string(out), nil
}

func median[T time.Duration | float64](all []T) T { //nolint:ireturn // it is a number
	slices.Sort(all)
	return all[len(all)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
