package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/pprof/profile"
)

// areas returns the parts that time is counted for, by the beginnings of the names
// of their functions. A sample counts for the innermost function that is of an
// area, so that memory and system calls count for who asks for them.
func areas() []areaNames {
	return []areaNames{
		{"log", "log/slog example.com/orders/internal/platform/log"},
		{"metrics", "github.com/prometheus/ example.com/orders/internal/platform/metrics"},
		{"JSON", "encoding/json"},
		{"database", "database/sql modernc.org/ github.com/jackc/ example.com/orders/internal/repository example.com/orders/internal/platform/db"},
		{"routing", "net/http.(*ServeMux) net/http.(*routingNode) example.com/orders/internal/app"},
		{"HTTP", "net/http net/textproto net. internal/poll"},
		{"middleware", "example.com/orders/internal/middleware example.com/orders/internal/platform/trace"},
		{"handlers", "example.com/orders/"},
	}
}

// areaNames is a part and the beginnings of the names of its functions.
type areaNames struct{ name, prefixes string }

// profile shows where the time of the service goes under the load of half lists
// and half single rows.
func (b *bench) profile(dir, url, path string) error {
	file := filepath.Join(dir, "cpu.pprof")
	s, err := b.serve(dir, url, "bin/profiled", file)
	if err != nil {
		return err
	}
	var numbers atomic.Int64
	for _, q := range []request{get("GET one", path), get("GET list", "/api/v1/items")} {
		if _, err := load(b.ctx, s.address, q, &numbers, 2*time.Second); err != nil {
			s.stop()
			return err
		}
	}
	s.stop()
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	p, err := profile.Parse(f)
	if err != nil {
		return err
	}
	fmt.Printf("  time     %s\n", shares(p))
	return nil
}

// shares returns the part of each area in all samples.
func shares(p *profile.Profile) string {
	counts, total := map[string]int64{}, int64(0)
	for _, s := range p.Sample {
		n := s.Value[len(s.Value)-1]
		counts[area(s)] += n
		total += n
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	var parts []string
	for _, name := range names {
		if percent := 100 * counts[name] / max(total, 1); percent > 0 {
			parts = append(parts, fmt.Sprintf("%s %d %%", name, percent))
		}
	}
	return strings.Join(parts, ", ")
}

func area(s *profile.Sample) string {
	for _, location := range s.Location {
		for _, line := range location.Line {
			for _, a := range areas() {
				for prefix := range strings.FieldsSeq(a.prefixes) {
					if strings.HasPrefix(line.Function.Name, prefix) {
						return a.name
					}
				}
			}
		}
	}
	return "runtime"
}
