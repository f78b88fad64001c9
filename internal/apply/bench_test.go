package apply

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"groundsill.example/internal/tree"
)

// service is a tree of n files in a tenth as many directories.
func service(n int) tree.Tree {
	pairs := make([]string, 0, 2*n)
	for i := range n {
		pairs = append(pairs, fmt.Sprintf("internal/part%d/file%d.go", i/10, i), strings.Repeat("text of a line\n", 150))
	}
	return mustTree(pairs...)
}

func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{100, 2000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			p := planOf(tree.Tree{}, service(n))
			top := b.TempDir()
			i := 0
			for b.Loop() {
				i++
				_, err := Publish(b.Context(), Target{Dir: filepath.Join(top, strconv.Itoa(i))}, p, options)
				check(b, err)
			}
		})
	}
}

func BenchmarkRun(b *testing.B) {
	for _, n := range []int{100, 2000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			p := planOf(tree.Tree{}, service(n))
			top := b.TempDir()
			i := 0
			for b.Loop() {
				i++
				dir := filepath.Join(top, strconv.Itoa(i))
				check(b, os.Mkdir(dir, 0o777))
				_, err := Run(b.Context(), Target{Dir: dir, State: filepath.Join(dir, ".git/sill")}, p, options)
				check(b, err)
			}
		})
	}
}
