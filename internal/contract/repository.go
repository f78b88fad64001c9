package contract

import (
	"context"
	"strings"
	"time"
)

// repository returns the clauses about the repository itself.
func repository() []Clause {
	both, must := []Level{Must, Should}, []Level{Must}
	return []Clause{
		{ID: "RP-1", Title: "setup, format, lint, test and build succeed", Levels: must, Turn: Heavy, Limit: 5 * commandLimit, Run: checkedCommands},
		{ID: "RP-2", Title: "files are clean and obey .editorconfig", Levels: must, Run: cleanFiles},
		{ID: "RP-3", Title: "workflows have few rights and run every check", Levels: must, Needs: []Need{Module("github")}, Run: workflowFiles},
		{ID: "RP-4", Title: "dependencies are locked and kept current", Levels: must, Run: lockedDependencies},
		{ID: "RP-5", Title: "licence, security policy and README", Levels: must, Turn: Heavy, Limit: 2 * commandLimit, Run: papers},
		{ID: "RP-6", Title: "no secrets; .env.example lists the settings", Levels: must, Run: noSecrets},
		{ID: "RP-7", Title: "AGENTS.md gives commands that run", Levels: must, Turn: Heavy, Limit: 5 * commandLimit, Run: agentCommands},
		{ID: "RP-8", Title: "the project is tested", Levels: both, Turn: Heavy, Limit: 2 * commandLimit, Run: testedProject},
	}
}

// scan runs a scanner over the repository; what it finds breaks the clause.
func (s *Session) scan(ctx context.Context, name string, argv ...string) error {
	p, err := spawn(s.suite.Dir, argv, s.suite.Env)
	if err != nil {
		return err
	}
	defer p.kill()
	if !p.ended(ctx, time.Minute) {
		s.note("%s does not end within a minute", name)
		return nil
	}
	s.check(p.status() == 0, strings.Join(argv[1:], " "), name+" finds nothing", p.printed())
	return nil
}
