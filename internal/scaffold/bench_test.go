package scaffold

import (
	"fmt"
	"os"
	"testing"
	"time"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/source"
)

// BenchmarkAddResource plans one more resource in services of the built-in
// blueprint, of some 110, 220 and 440 files: the cost is linear in files.
func BenchmarkAddResource(b *testing.B) {
	for _, n := range []int{4, 14, 36} {
		b.Run(fmt.Sprintf("resources=%d", n), func(b *testing.B) {
			w, files := builtin(b, n)
			more, err := resource.ParseWords("payment amount:decimal,10,2:required paid_at:datetime")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.AddResources(b.Context(), ChangeRequest{Command: []string{"sill"}}, []resource.Resource{more}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(files), "files")
		})
	}
}

// builtin makes a service of the built-in blueprint with n resources.
func builtin(b *testing.B, n int) (w World, files int) {
	b.Helper()
	w = World{
		Cwd: b.TempDir(), PID: os.Getpid(), Now: time.Now,
		Env: gitrepo.Env{
			"PATH=" + os.Getenv("PATH"), "HOME=" + b.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com",
			"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com",
		},
	}
	from, err := source.Open("", DefaultBlueprint)
	if err != nil {
		b.Fatal(err)
	}
	rs := make([]resource.Resource, n)
	for i := range rs {
		rs[i], err = resource.ParseWords(fmt.Sprintf("part%c%c name:string,80:required total:decimal,10,2:required placed_at:datetime", 'a'+i/20, 'a'+i%20))
		if err != nil {
			b.Fatal(err)
		}
	}
	d, err := New(b.Context(), w, NewRequest{
		Target: "shop", Ref: DefaultBlueprint, Source: from, Resources: rs,
		Given: map[string]answer.Given{"name": {Any: "shop", Origin: answer.FromFlag}},
	})
	if err == nil {
		_, err = Commit(b.Context(), w, d.Dir, d.Plan)
	}
	if err != nil {
		b.Fatal(err)
	}
	w.Cwd = d.Dir
	return w, len(d.Plan.Changes)
}
