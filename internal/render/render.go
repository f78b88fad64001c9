// Package render turns a blueprint and a record into the files they make.
//
// Rendering is a pure function: the same blueprint and the same record give
// the same bytes on every machine, at every time, in every order of the
// record. What a template may cost is bounded by package eval, and what all of
// them may make together is bounded here.
package render

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/format"
	"maps"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/eval"
	"groundsill.example/internal/lock"
	"groundsill.example/internal/record"
	"groundsill.example/internal/tree"
)

// The bounds of one rendering.
const (
	maxFiles = 20_000
	maxBytes = 128 << 20
)

// Output is what a rendering makes.
type Output struct {
	Tree  tree.Tree
	Merge map[tree.Path]string // files with a merge strategy of their own
	// Frozen are files that are never rendered differently once they are there,
	// with the number of the schema entry that each is of; "" for none.
	Frozen   map[tree.Path]string
	Commands map[string][]string
	Setup    [][]string
	Next     []Step

	memo *memo // for Again
}

// Step is something to do next.
type Step struct {
	Command string
	Why     string
}

// Render returns the files that b makes of rec, without the record and the
// bundle, and the commands of the repository. The error is a *diag.Error of
// class Blueprint with every mistake found, each with its place, or of class
// Usage when names of the record would meet in one file.
func Render(b *blueprint.Blueprint, rec record.Record) (Output, error) {
	return new(Output).Again(b, rec)
}

// Again returns what Render does of b and rec. Files whose templates look only
// at what is as it was in o are not made anew: most of them, where one resource
// is added or a few templates are of another version.
func (o *Output) Again(b *blueprint.Blueprint, rec record.Record) (Output, error) {
	e, err := eval.New(b.Partials)
	if err != nil {
		return Output{}, err
	}
	data, err := newData(e, b, rec)
	if err != nil {
		return Output{}, err
	}
	out := Output{}
	if err := out.words(e, b, data); err != nil {
		return Output{}, err
	}
	data["commands"] = commandData(out.Commands)
	jobs := jobsOf(b, rec, o.memo.since(b, data))
	if err := runAll(e, b, jobs, data); err != nil {
		return Output{}, err
	}
	files, err := out.collect(jobs)
	if err != nil {
		return Output{}, err
	}
	out.memo = remember(b, data, jobs)
	out.Tree, err = applyLocks(b, files)
	return out, err
}

// job is one template and what it made.
type job struct {
	template blueprint.Template
	earlier  *earlier
	uses     eval.Uses
	files    []output
	err      error
}

type output struct {
	path  string
	file  tree.File
	entry string // number of the entry of the schema log that it is of
	uses  eval.Uses
	item  any // of the list that the template is rendered for
}

func jobsOf(b *blueprint.Blueprint, rec record.Record, before *earlier) []*job {
	on := func(name string) bool { _, ok := rec.Modules[name]; return ok }
	var jobs []*job
	for _, part := range b.Parts(on) {
		for _, t := range part.Templates {
			jobs = append(jobs, &job{template: t, earlier: before})
		}
	}
	return jobs
}

// runAll renders the jobs on every processor. Each worker has an evaluator of
// its own, because an evaluator counts what one execution costs.
func runAll(e *eval.Evaluator, b *blueprint.Blueprint, jobs []*job, data map[string]any) error {
	queue := make(chan *job)
	var workers sync.WaitGroup
	var total made
	failures := make([]error, min(runtime.GOMAXPROCS(0), 8))
	for i := range failures {
		workers.Go(func() {
			own, err := e.Fork()
			failures[i] = err
			for j := range queue {
				if err == nil && !total.tooMuch() {
					j.run(own, b, data, &total)
				}
			}
		})
	}
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	workers.Wait()
	if total.tooMuch() {
		return diag.New(diag.Blueprint, diag.Diagnostic{
			Code: "output-large", Summary: fmt.Sprintf("a blueprint makes at most %d files and %d MiB", maxFiles, maxBytes>>20),
			At: diag.Pos{File: b.Base.Manifest},
		})
	}
	return cmp.Or(failures...)
}

// made counts what all jobs have made together. Whether it is too much does
// not depend on the order of the jobs.
type made struct{ files, bytes atomic.Int64 }

func (m *made) add(f output) {
	m.files.Add(1)
	m.bytes.Add(int64(len(f.file.Data)))
}

func (m *made) tooMuch() bool { return m.files.Load() > maxFiles || m.bytes.Load() > maxBytes }

// run renders the template once for each scope. It ends at the first mistake:
// the same one is likely in every scope.
func (j *job) run(e *eval.Evaluator, b *blueprint.Blueprint, data map[string]any, total *made) {
	source, _ := b.Content.File(j.template.Source)
	var body *eval.Template
	for _, scope := range scopes(j.template.Each, data) {
		name, applies, err := j.name(e, scope)
		if err == nil && applies && j.again(name, scope, total) {
			continue
		}
		if err == nil && applies && body == nil && !j.template.Raw {
			if body, err = e.Parse(j.template.Source.String(), string(source.Data), j.template.Left, j.template.Right); err == nil {
				j.uses = body.Uses()
			}
		}
		if err == nil && applies {
			err = j.one(name, body, source.Data, scope, total)
		}
		if err != nil || total.tooMuch() {
			j.err = err
			return
		}
	}
}

// name returns the path that the template makes in a scope, and whether it
// makes one there.
func (j *job) name(e *eval.Evaluator, data map[string]any) (string, bool, error) {
	at := diag.Pos{File: j.template.Source.String()}
	for _, when := range j.template.When {
		if ok, err := e.True(at, when, data); err != nil || !ok {
			return "", false, err
		}
	}
	name, err := e.Text(at, j.template.Name, data)
	return name, err == nil && !hasEmptySegment(name), err
}

// again takes over the file that the template made before, if it would make it
// again.
func (j *job) again(name string, scope map[string]any, total *made) bool {
	r, ok := j.earlier.find(j.template, name, scope[j.template.Each.As])
	if ok {
		j.add(output{path: name, file: tree.File{Data: r.content}, uses: r.uses}, scope, total)
	}
	return ok
}

// add notes a file that the template has made in a scope.
func (j *job) add(f output, scope map[string]any, total *made) {
	f.file.Mode, f.entry, f.item = j.template.Mode, entryOf(j.template.Each, scope), scope[j.template.Each.As]
	j.files = append(j.files, f)
	total.add(f)
}

func (j *job) one(name string, body *eval.Template, raw []byte, scope map[string]any, total *made) error {
	content := raw
	if body != nil {
		var err error
		if content, err = body.Execute(scope); err != nil {
			return err
		}
		content = oneFinalNewline(content)
	}
	formatted := body == nil || j.template.Formatted && body.Plain()
	if strings.HasSuffix(name, ".go") && !formatted {
		var err error
		if content, err = formatGo(content, name, j.template.Source); err != nil {
			return err
		}
	}
	j.add(output{path: name, file: tree.File{Data: content}, uses: j.uses}, scope, total)
	return nil
}

// entryOf returns the number of the entry of the schema log that a scope is for.
func entryOf(each blueprint.Each, scope map[string]any) string {
	if each.List != "schema" {
		return ""
	}
	entry, _ := scope[each.As].(map[string]any)
	at, _ := entry["at"].(string)
	return at
}

// scopes returns the data of each time a template is rendered.
func scopes(each blueprint.Each, data map[string]any) []map[string]any {
	if each.List == "" {
		return []map[string]any{data}
	}
	list, _ := data[each.List].([]any)
	all := make([]map[string]any, 0, len(list))
	for _, item := range list {
		scope := make(map[string]any, len(data)+1)
		maps.Copy(scope, data)
		scope[each.As] = item
		all = append(all, scope)
	}
	return all
}

// hasEmptySegment reports whether a path names no file: an empty segment is
// how a path template leaves its file out.
func hasEmptySegment(name string) bool {
	return name == "" || strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.Contains(name, "//")
}

// oneFinalNewline ends text with one newline, whatever blank lines the actions
// at its end have left.
func oneFinalNewline(text []byte) []byte {
	text = bytes.TrimRight(text, " \t\n")
	if len(text) == 0 {
		return text
	}
	return append(text, '\n')
}

func formatGo(content []byte, name string, source tree.Path) ([]byte, error) {
	formatted, err := format.Source(content)
	if err != nil {
		return nil, diag.Wrap(diag.Blueprint, err, diag.Diagnostic{
			Code: "output-syntax", Summary: fmt.Sprintf("%s is not valid Go when it is rendered", name),
			At: diag.Pos{File: source.String()},
		})
	}
	return formatted, nil
}

func (o *Output) collect(jobs []*job) (tree.Tree, error) {
	o.Merge, o.Frozen = map[tree.Path]string{}, map[tree.Path]string{}
	var problems, names diag.List
	var b tree.Builder
	for _, j := range jobs {
		if j.err != nil && !problems.Take(j.err) {
			return tree.Tree{}, j.err
		}
		for _, f := range j.files {
			err := o.add(&b, f, j.template)
			if e, ok := errors.AsType[*diag.Error](err); ok && e.Code() == "path-collision" && j.named() {
				names.Add(nameTaken(f.path, j.template.Each))
				continue
			}
			problems.Take(blame(err, j.template.Source))
		}
	}
	if err := problems.Err(diag.Blueprint); err != nil {
		return tree.Tree{}, err
	}
	return b.Tree(), names.Err(diag.Usage)
}

// named reports whether an element of a list gives the file its name.
func (j *job) named() bool {
	return j.template.Each.As != "" && strings.Contains(j.template.Name, "."+j.template.Each.As+".")
}

// nameTaken says that the names a person chose meet in one file, which is no
// mistake of the blueprint.
func nameTaken(path string, each blueprint.Each) diag.Diagnostic {
	return diag.Diagnostic{
		Code:    "name-taken",
		Summary: fmt.Sprintf("two %s would both have the file %s, or the service has it already", each.List, path),
		Hint:    fmt.Sprintf("give one %s another name", each.As),
	}
}

func (o *Output) add(b *tree.Builder, f output, t blueprint.Template) error {
	p, err := tree.ParsePath(f.path)
	if err != nil {
		return err
	}
	if reservedPath(p) {
		return diag.New(diag.Blueprint, diag.Diagnostic{
			Code: "path-reserved", Summary: fmt.Sprintf("%s belongs to sill", p),
		})
	}
	if t.Merge != "" {
		o.Merge[p] = t.Merge
	}
	if t.Frozen {
		o.Frozen[p] = f.entry
	}
	return b.Add(p, f.file)
}

// reservedPath reports the paths that no blueprint writes: the record and the
// bundle.
func reservedPath(p tree.Path) bool {
	top, _, _ := strings.Cut(p.Key(), "/")
	return top == record.Name || top == ".sill"
}

// blame gives an error about a path the template that made it.
func blame(err error, source tree.Path) error {
	e, ok := errors.AsType[*diag.Error](err)
	if !ok {
		return err
	}
	for i := range e.Diagnostics {
		e.Diagnostics[i].At = diag.Pos{File: source.String()}
	}
	return e
}

// applyLocks fills in the manifests and lock files of the package managers.
func applyLocks(b *blueprint.Blueprint, files tree.Tree) (tree.Tree, error) {
	for _, l := range b.Locks {
		manifest, err := tree.ParsePath(l.Manifest)
		if err != nil {
			return tree.Tree{}, err
		}
		from, err := tree.ParsePath(l.From)
		if err != nil {
			return tree.Tree{}, err
		}
		superset, _ := b.Content.File(from)
		if files, err = lockers()[l.Format](superset.Data, files, manifest); err != nil {
			return tree.Tree{}, err
		}
	}
	return files, nil
}

// lockers are the formats of locks: each adds to the rendered files what the
// package manager would have written for the manifest.
func lockers() map[string]func(superset []byte, files tree.Tree, manifest tree.Path) (tree.Tree, error) {
	return map[string]func([]byte, tree.Tree, tree.Path) (tree.Tree, error){"go": lockGo, "npm": lockNpm}
}

func lockNpm(superset []byte, files tree.Tree, manifest tree.Path) (tree.Tree, error) {
	if _, ok := files.File(manifest); !ok {
		return files, nil
	}
	data, err := lock.Npm(superset, files, manifest)
	if err != nil {
		return tree.Tree{}, err
	}
	p, err := tree.ParsePath(strings.TrimSuffix(manifest.String(), "package.json") + "package-lock.json")
	if err != nil {
		return tree.Tree{}, err
	}
	return files.With(p, tree.File{Data: data, Mode: tree.Regular}), nil
}

func lockGo(superset []byte, files tree.Tree, manifest tree.Path) (tree.Tree, error) {
	if _, ok := files.File(manifest); !ok {
		return files, nil
	}
	mod, sum, err := lock.Go(superset, files, manifest)
	if err != nil {
		return tree.Tree{}, err
	}
	files = files.With(manifest, tree.File{Data: mod, Mode: tree.Regular})
	sumPath, err := tree.ParsePath(strings.TrimSuffix(manifest.String(), ".mod") + ".sum")
	if err != nil || len(sum) == 0 {
		return files, err
	}
	return files.With(sumPath, tree.File{Data: sum, Mode: tree.Regular}), nil
}
