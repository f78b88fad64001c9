package e2e

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fullMatrix lints and tests every cell instead of those whose turn it is; make
// matrix sets it.
const fullMatrix = "SILL_MATRIX_FULL"

// A cell takes half a minute to lint and test. Each turn takes one or two, and a
// turn begins three times a day, so that runs of a week see every cell.
const (
	matrixTurn  = 8 * time.Hour
	matrixParts = 7 * 24 / 8
)

// factor is something to choose: arguments of sill new for each level.
type factor struct {
	name   string
	levels []level
}

type level struct {
	name string
	args []string
}

// otherAnswers are answers to questions that ask for a text, other than the
// default.
var otherAnswers = map[string]string{
	"name":        "order-history",
	"module":      "github.com/Acme-Corp/orders.v2/sub_dir~x",
	"description": "50% of #orders: it's {fine} $HOME & <b>ü</b>",
	"author":      "O'Brien & Söhne",
	"owner":       "@Acme/backend",
	"contact":     "https://example.com/security",
}

// factors are all there is to choose in a new service: what the blueprint and
// its modules ask, the modules, the resources, and git.
func factors(t *testing.T) []factor {
	t.Helper()
	var shown struct {
		Blueprint struct {
			Questions []struct{ Question string }
			Modules   []struct{ Module string }
		}
	}
	show(t, "go", &shown)
	var all []factor
	for _, q := range shown.Blueprint.Questions {
		all = append(all, factor{q.Question, levelsOf(t, q.Question)})
	}
	for _, m := range shown.Blueprint.Modules {
		all = append(all, factor{m.Module, moduleLevels(t, m.Module)})
	}
	all = append(all,
		factor{"resources", []level{{"none", []string{"--no-resource"}}, {"sample", nil}, {"related", []string{"--resource-file", resourceFile("related")}}}},
		factor{"git", []level{{"none", nil}, {"commit", []string{"--git", "commit"}}, {"init", []string{"--git", "init"}}}},
	)
	return all
}

// show reads what sill shows of a word.
func show(t *testing.T, word string, into any) {
	t.Helper()
	must(t, json.Unmarshal([]byte(run(t, t.TempDir(), "sill", "show", "--json", word)), into))
}

// levelsOf are the answers to a question that are tried: each choice, or the
// default and another text.
func levelsOf(t *testing.T, key string) []level {
	t.Helper()
	var shown struct {
		Question struct {
			Type    string
			Choices []struct{ Choice string }
		}
	}
	show(t, key, &shown)
	answer := func(value string) level { return level{value, []string{"--set", key + "=" + value}} }
	switch shown.Question.Type {
	case "choice":
		var all []level
		for _, c := range shown.Question.Choices {
			all = append(all, answer(c.Choice))
		}
		return all
	case "bool":
		return []level{answer("false"), answer("true")}
	case "text":
		if other, known := otherAnswers[key]; known {
			return []level{{name: "default"}, {"other", answer(other).args}}
		}
	}
	t.Fatalf("the tests know no answer to the question %s", key)
	return nil
}

// moduleLevels are a module left out, a module as it is by default, and one for
// each answer to its questions.
func moduleLevels(t *testing.T, module string) []level {
	t.Helper()
	var shown struct {
		Module struct{ Questions []struct{ Question string } }
	}
	show(t, module, &shown)
	all := []level{{"off", []string{"--without", module}}, {"on", []string{"--with", module}}}
	for _, q := range shown.Module.Questions {
		for _, answer := range levelsOf(t, q.Question) {
			all = append(all, level{q.Question + " " + answer.name, append([]string{"--with", module}, answer.args...)})
		}
	}
	return all
}

// matrixCell is a level of every factor.
type matrixCell struct {
	choice map[string]string // the name of the level, by factor
	order  []string          // of factors
	args   []string
}

// name tells the cell apart, with all that was chosen.
func (c matrixCell) name() string {
	var words []string
	for _, key := range c.order {
		words = append(words, key+"="+c.choice[key])
	}
	return strings.Join(words, " ")
}

// matrixCells are cells in which all levels of all factors meet in pairs.
func matrixCells(t *testing.T) []matrixCell {
	t.Helper()
	all := factors(t)
	var sizes []int
	for _, f := range all {
		sizes = append(sizes, len(f.levels))
	}
	var cells []matrixCell
	for _, row := range cover(sizes) {
		cell := matrixCell{choice: map[string]string{}}
		for i, f := range all {
			cell.choice[f.name] = f.levels[row[i]].name
			cell.order = append(cell.order, f.name)
			cell.args = append(cell.args, f.levels[row[i]].args...)
		}
		cells = append(cells, cell)
	}
	return cells
}

// TestGeneratedInPairs makes services in which every two choices meet. Each is
// formatted, type-checks with its tests, and has no word of what was not chosen.
// Those whose turn it is are built, linted and tested as well, so that a week
// sees all; make matrix does it for all at once.
func TestGeneratedInPairs(t *testing.T) {
	cells := matrixCells(t)
	scanned := map[[2]string]bool{}
	checker := newPackages()
	learned := map[string]bool{}
	for _, c := range cells {
		t.Run(c.name(), func(t *testing.T) {
			dir := scaffold(t, c.args...)
			tree := readTree(t, dir)
			for file, text := range tree {
				if id := [2]string{file, text}; !scanned[id] {
					scanned[id] = true
					for _, problem := range scan(file, text) {
						t.Error(problem)
					}
				}
			}
			checkLeftOut(t, chosen(t, dir), tree)
			if license := c.choice["license"]; !strings.Contains(tree["LICENSE"], licenseWords[license]) {
				t.Errorf("LICENSE is not that of %s", license)
			}
			c.checkGit(t, dir)
			if testing.Short() {
				return
			}
			if kind := c.choice["database"] + " " + c.choice["resources"]; !learned[kind] {
				learned[kind] = true
				checker.learn(t, dir, tree)
			}
			for _, mistake := range checker.check(moved(tree)) {
				t.Error(mistake)
			}
		})
	}
	if testing.Short() || t.Failed() {
		return
	}
	buildCells(t, byTurns(t, cells, matrixParts, matrixTurn, fullMatrix, matrixCell.name))
}

// moved is a service whose module path is the one that the type checker knows.
func moved(tree map[string]string) sources {
	path, _, _ := strings.Cut(strings.TrimPrefix(tree["go.mod"], "module "), "\n")
	all := sources{}
	for file, text := range tree {
		all[file] = strings.ReplaceAll(text, path, ownModule)
	}
	return all
}

// checkGit demands of git what was chosen: nothing, a repository without a
// commit, or one commit that holds everything.
func (c matrixCell) checkGit(t *testing.T, dir string) {
	t.Helper()
	there := exists(filepath.Join(dir, ".git"))
	if want := c.choice["git"] != "none"; there != want {
		t.Fatalf("git %s: there is a repository: %t", c.choice["git"], there)
	}
	if !there {
		return
	}
	need(t, "git")
	commits := 0
	if c.choice["git"] == "commit" {
		commits = 1
		silent(t, dir, "git", "status", "--porcelain")
	}
	if got := strings.TrimSpace(run(t, dir, "git", "rev-list", "--all", "--count")); got != strconv.Itoa(commits) {
		t.Errorf("git %s: %s commits", c.choice["git"], got)
	}
}

// buildCells builds, tests and lints services, those that need a server
// with one.
func buildCells(t *testing.T, cells []matrixCell) {
	t.Helper()
	env := map[string][]string{} // by database
	for _, c := range cells {
		if database := c.choice["database"]; env[database] == nil && slices.Contains(servers(), database) {
			env[database] = []string{"DATABASE_URL=" + databaseServer(t, database).URL()}
		}
	}
	for _, c := range cells {
		t.Run("build "+c.name(), func(t *testing.T) {
			dir := scaffold(t, c.args...)
			needModules(t, dir)
			silent(t, dir, "go", "build", "-mod=readonly", "./...")
			testService(t, dir, env[c.choice["database"]]...)
			lintService(t, dir)
		})
	}
}
