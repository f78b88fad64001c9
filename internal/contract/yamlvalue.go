package contract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// documents reads the values of a YAML file.
func documents(text string) ([]any, error) {
	loader, err := yaml.NewLoader(bytes.NewReader([]byte(text)))
	if err != nil {
		return nil, err
	}
	var all []any
	for {
		var v any
		err := loader.Load(&v)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if v != nil {
			all = append(all, v)
		}
	}
}

// at follows keys through mappings; what is not there is nil.
func at(v any, keys ...string) any {
	for _, key := range keys {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

// each returns the items of a sequence.
func each(v any) []any {
	items, _ := v.([]any)
	return items
}

// keys returns the keys of a mapping in order.
func keys(v any) []string {
	m, _ := v.(map[string]any)
	var all []string
	for key := range m {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

// scalar returns a scalar as it is written, and "" for nothing.
func scalar(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// words returns a command that is a text or a sequence of texts.
func words(v any) []string {
	if items, ok := v.([]any); ok {
		var all []string
		for _, one := range items {
			all = append(all, scalar(one))
		}
		return all
	}
	return strings.Fields(scalar(v))
}

// integer returns a number of a document, and whether it is one.
func integer(v any) (int, bool) {
	n, ok := v.(int)
	return n, ok
}
