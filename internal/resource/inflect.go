package resource

import "strings"

// The rules of inflection are ours and do not change within an engine number:
// tables and routes are named by them.

// irregular returns the plurals that no rule makes.
func irregular() [][2]string {
	return [][2]string{
		{"person", "people"},
		{"child", "children"},
		{"man", "men"},
		{"woman", "women"},
		{"mouse", "mice"},
		{"louse", "lice"},
		{"goose", "geese"},
		{"foot", "feet"},
		{"tooth", "teeth"},
		{"ox", "oxen"},
		{"datum", "data"},
		{"medium", "media"},
		{"criterion", "criteria"},
		{"phenomenon", "phenomena"},
		{"crisis", "crises"},
		{"diagnosis", "diagnoses"},
		{"synopsis", "synopses"},
		{"axis", "axes"},
		{"alumnus", "alumni"},
		{"stimulus", "stimuli"},
		{"leaf", "leaves"},
		{"life", "lives"},
		{"knife", "knives"},
		{"wife", "wives"},
		{"shelf", "shelves"},
		{"half", "halves"},
		{"loaf", "loaves"},
		{"thief", "thieves"},
		{"wolf", "wolves"},
		{"calf", "calves"},
		{"hero", "heroes"},
		{"potato", "potatoes"},
		{"tomato", "tomatoes"},
		{"echo", "echoes"},
		{"veto", "vetoes"},
		{"quiz", "quizzes"},
		{"movie", "movies"},
		{"cookie", "cookies"},
		{"zombie", "zombies"},
		{"calorie", "calories"},
		{"tie", "ties"},
		{"pie", "pies"},
		{"lie", "lies"},
		{"shoe", "shoes"},
		{"toe", "toes"},
		{"bus", "buses"},
		{"gas", "gases"},
		{"lens", "lenses"},
		{"atlas", "atlases"},
		{"alias", "aliases"},
		{"bias", "biases"},
		{"canvas", "canvases"},
		{"christmas", "christmases"},
		{"iris", "irises"},
		{"index", "indexes"},
		{"matrix", "matrices"},
		{"vertex", "vertices"},
		{"menu", "menus"},
		{"guru", "gurus"},
		{"haiku", "haikus"},
		{"api", "apis"},
		{"taxi", "taxis"},
		{"ski", "skis"},
		{"kiwi", "kiwis"},
		{"topaz", "topazes"},
		{"sms", "smses"},
		{"gps", "gpses"},
		{"dns", "dnses"},
		{"tls", "tlses"},
		{"os", "oses"},
		{"pdf", "pdfs"},
		{"trellis", "trellises"},
		{"tennis", "tennises"},
		{"mantis", "mantises"},
		{"oasis", "oases"},
		{"emphasis", "emphases"},
		{"nemesis", "nemeses"},
		{"prognosis", "prognoses"},
		{"stomach", "stomachs"},
		{"epoch", "epochs"},
		{"monarch", "monarchs"},
		{"tech", "techs"},
		{"yes", "yeses"},
		{"pancreas", "pancreases"},
		{"selfie", "selfies"},
		{"rookie", "rookies"},
		{"hoodie", "hoodies"},
		{"genie", "genies"},
		{"freebie", "freebies"},
		{"prairie", "prairies"},
		{"birdie", "birdies"},
		{"newbie", "newbies"},
		{"brownie", "brownies"},
		{"smoothie", "smoothies"},
		{"sortie", "sorties"},
		{"auntie", "aunties"},
	}
}

// uncountable returns the words that are their own plural.
func uncountable() []string {
	return []string{
		"advice", "aircraft", "analytics", "athletics", "aws", "chaos", "chassis", "clothes", "corps", "cosmos",
		"debris", "deer", "economics", "electronics", "equipment", "evidence", "feedback", "firmware", "fish",
		"furniture", "genetics", "goods", "hardware", "headquarters", "homework", "https", "information", "ios",
		"jeans", "knowledge", "kubernetes", "kudos", "logistics", "luggage", "mathematics", "means", "metadata",
		"middleware", "money", "news", "pants", "physics", "police", "politics", "postgres", "pyjamas", "rice",
		"robotics", "salmon", "scissors", "series", "sheep", "software", "species", "traffic", "weather",
	}
}

// Plural returns the plural of a singular snake_case name. Only the last word
// changes.
func Plural(name string) string {
	head, last := lastWord(name)
	return head + pluralWord(last)
}

// Singular returns the singular of a plural snake_case name, and a singular as
// it is. Only the last word changes.
func Singular(name string) string {
	head, last := lastWord(name)
	return head + singularWord(last)
}

func lastWord(name string) (head, last string) {
	i := strings.LastIndexByte(name, '_') + 1
	return name[:i], name[i:]
}

func special(word string) (singular, plural string, ok bool) {
	for _, w := range uncountable() {
		if w == word {
			return w, w, true
		}
	}
	for _, pair := range irregular() {
		if pair[0] == word || pair[1] == word {
			return pair[0], pair[1], true
		}
	}
	return "", "", false
}

func pluralWord(word string) string {
	if _, plural, ok := special(word); ok {
		return plural
	}
	switch {
	case word == "":
		return ""
	case singularWord(word) != word:
		return word // is one already
	case strings.HasSuffix(word, "y") && len(word) > 2 && !vowelBeforeEnd(word):
		return word[:len(word)-1] + "ies"
	case strings.HasSuffix(word, "sis"):
		return word[:len(word)-2] + "es"
	case hissing(word):
		return word + "es"
	}
	return word + "s"
}

// hissing reports whether the plural of the word takes "es".
func hissing(word string) bool {
	for _, end := range []string{"s", "x", "z", "ch", "sh"} {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	return false
}

func singularWord(word string) string {
	if singular, _, ok := special(word); ok {
		return singular
	}
	switch {
	case !plausiblePlural(word):
		return word
	case strings.HasSuffix(word, "ies") && len(word) > 4:
		return word[:len(word)-3] + "y"
	case strings.HasSuffix(word, "yses"), strings.HasSuffix(word, "theses"):
		return word[:len(word)-2] + "is"
	case cutsES(word):
		return word[:len(word)-2]
	}
	return word[:len(word)-1]
}

// plausiblePlural reports whether the word looks like a plural: it ends in an
// "s" that is not the end of a singular like address, status, analysis, or of
// an abbreviation like sms.
func plausiblePlural(word string) bool {
	if len(word) < 3 || !strings.HasSuffix(word, "s") {
		return false
	}
	for _, end := range []string{"ss", "us", "is"} {
		if strings.HasSuffix(word, end) {
			return false
		}
	}
	return strings.ContainsAny(word[:len(word)-1], "aeiouy")
}

// cutsES reports whether the word is a plural that took "es".
func cutsES(word string) bool {
	for _, end := range []string{"sses", "shes", "ches", "xes", "zzes", "tzes", "uses"} {
		if strings.HasSuffix(word, end) {
			return !singularInE(word)
		}
	}
	return false
}

// singularInE reports the plurals that end as if they took "es" but come from
// a word in "e": "houses", "causes", "caches".
func singularInE(word string) bool {
	switch word {
	case "uses", "reuses", "abuses", "misuses", "excuses", "fuses", "refuses", "muses", "ruses", "recluses",
		"caches", "niches", "avalanches", "aches", "headaches", "cliches", "quiches", "psyches", "mustaches":
		return true
	}
	return strings.HasSuffix(word, "ouses") || strings.HasSuffix(word, "auses")
}

// vowelBeforeEnd reports whether the last letter but one sounds as a vowel;
// the "u" of "query" and "soliloquy" after a "q" does not.
func vowelBeforeEnd(word string) bool {
	n := len(word)
	if n < 2 || n > 2 && word[n-3:n-1] == "qu" {
		return false
	}
	return strings.IndexByte("aeiou", word[n-2]) >= 0
}
