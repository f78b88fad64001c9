package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/prompt"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/scaffold"
	"groundsill.example/internal/source"
	"groundsill.example/internal/strictyaml"
	"groundsill.example/internal/userconfig"
)

// addQuestions gives sill new a flag for each question of the blueprint that
// the arguments name. Other commands do not load one.
func (a *app) addQuestions(root *cobra.Command) error {
	args := a.Args
	completing := len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd)
	if completing || len(args) > 0 && args[0] == "help" {
		args = args[1:]
	}
	cmd, rest, err := root.Find(args)
	if err != nil || cmd.Name() != "new" {
		return nil //nolint:nilerr // cobra reports it when it runs
	}
	pre := pflag.NewFlagSet("", pflag.ContinueOnError)
	pre.ParseErrorsAllowlist.UnknownFlags = true
	pre.SetOutput(discard{})
	ref := pre.StringP("blueprint", "b", scaffold.DefaultBlueprint, "")
	pre.StringVarP(&a.options.dir, "directory", "C", "", "")
	pre.BoolP("dry-run", "n", false, "")
	pre.BoolP("yes", "y", false, "")
	pre.BoolP("help", "h", false, "")
	_ = pre.Parse(rest) // cobra reports it when it parses
	cwd, err := a.cwd()
	if err == nil {
		a.newOptions.source, err = source.Open(cwd, *ref)
	}
	if err != nil {
		if completing {
			return nil // the name of the blueprint is what is being typed
		}
		return err
	}
	return questionFlags(cmd, a.newOptions.source.Blueprint)
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func questionFlags(cmd *cobra.Command, b *blueprint.Blueprint) error {
	var names []string
	for _, m := range b.Modules {
		names = append(names, cobra.CompletionWithDesc(m.Name, m.Summary))
	}
	modules := cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)
	complete(cmd, "with", modules)
	complete(cmd, "without", modules)
	var keys []string
	for _, q := range b.Base.Questions {
		name := flagName(q.Key)
		if cmd.Flags().Lookup(name) != nil || cmd.InheritedFlags().Lookup(name) != nil || name == "help" {
			return diag.New(diag.Blueprint, diag.Diagnostic{
				Code: "key-taken", Summary: fmt.Sprintf("the question %q has the name of a flag of sill new", q.Key), At: q.At,
			})
		}
		keys = append(keys, cobra.CompletionWithDesc(q.Key+"=", q.Prompt))
		addFlag(cmd, q, name)
	}
	complete(cmd, "set", cobra.FixedCompletions(keys, cobra.ShellCompDirectiveNoSpace|cobra.ShellCompDirectiveNoFileComp))
	return nil
}

func flagName(key string) string { return strings.ReplaceAll(key, "_", "-") }

func addFlag(cmd *cobra.Command, q blueprint.Question, name string) {
	if q.Kind == blueprint.Bool {
		cmd.Flags().Bool(name, false, q.Prompt)
		return
	}
	var values, described []string
	for _, c := range q.Choices {
		values = append(values, c.Value)
		described = append(described, cobra.CompletionWithDesc(c.Value, c.Help))
	}
	value, usage := answerValue{kind: "TEXT"}, q.Prompt
	if len(values) > 0 {
		value.kind, usage = "CHOICE", q.Prompt+": "+strings.Join(values, ", ")
	}
	cmd.Flags().Var(&value, name, usage)
	complete(cmd, name, cobra.FixedCompletions(described, cobra.ShellCompDirectiveNoFileComp))
}

// answerValue is the flag of a question. Its kind is what help shows for a
// value.
type answerValue struct{ text, kind string }

func (v *answerValue) Set(text string) error { v.text = text; return nil }
func (v *answerValue) String() string        { return v.text }
func (v *answerValue) Type() string          { return v.kind }

// newRequest turns the flags into a request.
func (a *app) newRequest(cmd *cobra.Command, w scaffold.World, o *newOptions) (scaffold.NewRequest, error) {
	r := scaffold.NewRequest{
		Ref: o.blueprint, Source: o.source, NoResources: o.noResource,
		With: o.with, Without: o.without, Merge: o.merge, Asker: a.asker(),
	}
	var err error
	if r.Git, err = gitMode(o.git); err != nil {
		return r, err
	}
	if r.Config, err = userconfig.Read(w.ConfigDir); err != nil {
		return r, err
	}
	if err := a.given(cmd, w, o, &r); err != nil {
		return r, err
	}
	return r, a.resources(w, o, &r)
}

func gitMode(text string) (plan.Git, error) {
	switch g := plan.Git(text); g {
	case plan.GitCommit, plan.GitInit, plan.GitNone:
		return g, nil
	case plan.GitStage: // only the solution of a merge
	}
	return "", diag.New(diag.Usage, diag.Diagnostic{
		Code: "usage", Summary: fmt.Sprintf("--git %q is not one of commit, init, none", text),
	})
}

// asker returns somebody to ask, or nil: nobody is asked without a terminal,
// with --yes, or when programs read the output.
func (a *app) asker() answer.Asker { //nolint:ireturn // there may be nobody
	if a.options.yes || a.options.json || !a.streams.In.Terminal || !a.streams.Err.Terminal {
		return nil
	}
	asker, ok := prompt.New(a.In, a.Err, a.streams.Err.Colour)
	if !ok {
		return nil
	}
	return asker
}

// given collects answers: flags and --set first, then the answers file.
func (a *app) given(cmd *cobra.Command, w scaffold.World, o *newOptions, r *scaffold.NewRequest) error {
	given, err := parseSet(o.set)
	if err != nil {
		return err
	}
	for _, q := range r.Source.Blueprint.Base.Questions {
		flag := cmd.Flags().Lookup(flagName(q.Key))
		if flag == nil || !flag.Changed {
			continue
		}
		if _, twice := given[q.Key]; twice {
			return diag.New(diag.Usage, diag.Diagnostic{
				Code: "answer-twice", Summary: fmt.Sprintf("%s is given with --%s and with --set", q.Key, flag.Name),
			})
		}
		given[q.Key] = answer.Given{Any: flag.Value.String(), Origin: answer.FromFlag}
	}
	r.Given = given
	if o.answers != "" {
		if err := a.answersFile(w, o.answers, r); err != nil {
			return err
		}
	}
	return scaffold.CheckKeys(r.Source.Blueprint, r.Given)
}

// answersFile reads answers by key, "modules" as a list or as a mapping with
// their answers, and "resources" as a list. Flags win.
func (a *app) answersFile(w scaffold.World, name string, r *scaffold.NewRequest) error {
	data, err := a.readInput(w.Cwd, name)
	if err != nil {
		return err
	}
	doc, err := strictyaml.Parse(name, data)
	if err != nil {
		return err
	}
	var reader strictyaml.Reader
	for _, e := range reader.Map(doc).Entries() {
		switch e.Key {
		case "modules":
			fileModules(&reader, e.Value, r)
		case "resources":
			list, err := resource.FromNodes(e.Value)
			reader.Take(e.Value, err)
			r.Resources, r.NoResources = list, r.NoResources || err == nil && len(list) == 0
		default:
			put(r, e.Key, e.Value)
		}
	}
	return reader.Err(diag.Usage)
}

func fileModules(reader *strictyaml.Reader, n *strictyaml.Node, r *scaffold.NewRequest) {
	if n.Kind == strictyaml.Sequence {
		r.With = append(r.With, reader.StrList(n)...)
		return
	}
	for _, m := range reader.Map(n).Entries() {
		r.With = append(r.With, m.Key)
		for _, e := range reader.Map(m.Value).Entries() {
			put(r, m.Key+"."+e.Key, e.Value)
		}
	}
}

func put(r *scaffold.NewRequest, key string, n *strictyaml.Node) {
	if _, ok := r.Given[key]; !ok {
		r.Given[key] = answer.Given{Any: n.Plain(), Origin: answer.FromFile, At: n.Pos}
	}
}

// resources reads --resource and --resource-file, which win over the answers
// file.
func (a *app) resources(w scaffold.World, o *newOptions, r *scaffold.NewRequest) error {
	if o.noResource && (len(o.resources) > 0 || o.resourceFile != "") {
		return diag.New(diag.Usage, diag.Diagnostic{
			Code: "usage", Summary: "--no-resource does not go with --resource and --resource-file", Hint: "leave one of them out",
		})
	}
	var problems diag.List
	var list []resource.Resource
	for _, words := range o.resources {
		one, err := resource.ParseWords(words)
		problems.Take(err)
		list = append(list, one)
	}
	if o.resourceFile != "" {
		more, err := a.readResources(w, o.resourceFile)
		if !problems.Take(err) {
			return err
		}
		list = append(list, more...)
	}
	if len(list) > 0 {
		r.Resources = list
	}
	return problems.Err(diag.Usage)
}

func (a *app) readResources(w scaffold.World, name string) ([]resource.Resource, error) {
	data, err := a.readInput(w.Cwd, name)
	if err != nil {
		return nil, err
	}
	doc, err := strictyaml.Parse(name, data)
	if err != nil {
		return nil, err
	}
	if list, ok := doc.Get("resources"); ok && len(doc.Entries) == 1 {
		doc = list
	}
	return resource.FromNodes(doc)
}

func readFile(cwd, name string) ([]byte, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(cwd, name)
	}
	return os.ReadFile(name) //nolint:gosec // the user names the file
}
