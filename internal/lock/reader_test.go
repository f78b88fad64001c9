package lock

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The fast reader reads what encoding/json reads.
func TestReaderAgrees(t *testing.T) {
	data, err := os.ReadFile(filepath.FromSlash("../../blueprints/go/locks/go.json"))
	if err != nil {
		t.Fatal(err)
	}
	fast, ok := readTable(string(data))
	if !ok {
		t.Fatal("the lock of the Go blueprint is not read fast")
	}
	var want tableJSON
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, fast, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What it does not know it leaves to encoding/json.
func TestReaderGivesUp(t *testing.T) {
	for _, text := range []string{
		"", "{", "[]", `{"format": 2}`, `{"format": 1} x`, `{"format": 1,}`, `{"go": "a\u0062"}`, `{"other": 1}`,
		`{"go" "1"}`, `{"modules": [{"path": 1}]}`, `{"modules": [{"other": 1}]}`, `{"modules": [{} {}]}`,
		`{"modules": [{"require": ["a" "b"]}]}`, `{"modules": [{"chosen": false}]}`,
		`{"packages": {"a": {"other": 1}}}`, `{"packages": {"a": 1}}`, `{"go": "1`,
	} {
		if got, ok := readTable(text); ok {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}
