package contract

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// parseMetrics reads the text form of Prometheus and of OpenMetrics; exemplars
// and time stamps are passed over.
func parseMetrics(text string) ([]sample, error) {
	name := regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*`)
	var all []sample
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		one := sample{name: name.FindString(line), labels: map[string]string{}}
		rest, err := one.parseLabels(strings.TrimPrefix(line, one.name))
		if err != nil || one.name == "" {
			return nil, fmt.Errorf("%w: %s", errMetrics, line)
		}
		words := strings.Fields(rest)
		if len(words) == 0 {
			return nil, fmt.Errorf("%w: %s", errMetrics, line)
		}
		if one.value, err = strconv.ParseFloat(words[0], 64); err != nil {
			return nil, fmt.Errorf("%w: %s", errMetrics, line)
		}
		all = append(all, one)
	}
	return all, nil
}

// parseLabels reads what stands in braces, where there are any, and returns
// what comes after.
func (m *sample) parseLabels(rest string) (string, error) {
	if !strings.HasPrefix(rest, "{") {
		return rest, nil
	}
	label := regexp.MustCompile(`^\s*([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"\s*,?`)
	rest = rest[1:]
	for !strings.HasPrefix(strings.TrimLeft(rest, " "), "}") {
		part := label.FindStringSubmatch(rest)
		if part == nil {
			return "", errMetrics
		}
		if _, twice := m.labels[part[1]]; twice {
			return "", errMetrics
		}
		m.labels[part[1]] = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n").Replace(part[2])
		rest = rest[len(part[0]):]
	}
	return strings.TrimLeft(rest, " ")[1:], nil
}
