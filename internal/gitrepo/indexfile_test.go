package gitrepo

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"groundsill.example/internal/need"
)

func TestIndexFilesAreReadAsGitReadsThem(t *testing.T) {
	need.Program(t, "git")
	for form, prepare := range indexForms {
		if onlyGit(form) {
			continue
		}
		t.Run(form, func(t *testing.T) {
			w := newWork(t, "", map[string]string{"a": "1\n", "b": "1\n", "z/y": "1\n", strings.Repeat("long", 60) + "/" + strings.Repeat("name", 60): "1\n"})
			prepare(w)
			f, err := parseIndex([]byte(w.index()))
			must(t, err)
			before := w.said()
			w.write(filepath.Join(w.repo().GitDir, "index"), string(f.format()))
			equal(t, "rewritten", w.said(), before)
			again, err := parseIndex(f.format())
			must(t, err)
			if !slices.Equal(again.entries, f.entries) || string(again.undo) != string(f.undo) {
				t.Error("what is written is not what is read")
			}
		})
	}
}

func TestDamagedIndexes(t *testing.T) {
	need.Program(t, "git")
	w := newWork(t, "", map[string]string{"a": "1\n"})
	whole := w.index()
	for name, data := range map[string]string{
		"cut": whole[:len(whole)-30], "one bit": strings.Replace(whole, "a", "b", 1), "short": "DIRC", "no index": strings.Repeat("x", 100),
	} {
		if _, err := parseIndex([]byte(data)); !errors.Is(err, errIndexForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseIndex(f *testing.F) {
	f.Add([]byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x00" + strings.Repeat("\x00", 20)))
	f.Add([]byte("DIRC\x00\x00\x00\x04\x00\x00\x00\x01" + strings.Repeat("\x00", 62) + "\x00a\x00" + "TREE\x00\x00\x00\x00" + strings.Repeat("\x00", 20)))
	f.Add([]byte("DIRC\x00\x00\x00\x03\x00\x00\x00\x01" + strings.Repeat("\x00", 60) + "\x40\x01\x40\x00a" + strings.Repeat("\x00", 7+20)))
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := parseIndex(data)
		if err != nil {
			return
		}
		again, err := parseIndex(read.format())
		if err != nil || len(again.entries) != len(read.entries) {
			t.Fatalf("what is written cannot be read: %v", err)
		}
	})
}
