package resource_test

import (
	"strings"
	"testing"

	"groundsill.example/internal/resource"
)

func TestInflection(t *testing.T) {
	cases := strings.FieldsSeq(`
item/items person/people child/children man/men woman/women mouse/mice status/statuses
address/addresses category/categories box/boxes bus/buses analysis/analyses datum/data index/indexes
sheep/sheep news/news series/series species/species equipment/equipment information/information
order_item/order_items sales_person/sales_people house/houses cause/causes cache/caches url/urls
user/users key/keys day/days hero/heroes photo/photos case/cases release/releases lease/leases
response/responses invoice/invoices size/sizes quiz/quizzes branch/branches dish/dishes
process/processes class/classes movie/movies cookie/cookies pizza/pizzas canvas/canvases
alias/aliases menu/menus campus/campuses virus/viruses bonus/bonuses tax/taxes shoe/shoes
license/licenses purchase/purchases database/databases warehouse/warehouses course/courses
exercise/exercises excuse/excuses use/uses clause/clauses page/pages badge/badges schema/schemas
leaf/leaves roof/roofs radio/radios zero/zeros disease/diseases batch/batches stomach/stomachs
waltz/waltzes employee/employees api/apis id/ids sms/smses pdf/pdfs query/queries entry/entries
currency/currencies soliloquy/soliloquies guy/guys access/accesses business/businesses focus/focuses
octopus/octopuses hypothesis/hypotheses thesis/theses crisis/crises axis/axes matrix/matrices
topic/topics metric/metrics setting/settings gas/gases lens/lenses iris/irises wolf/wolves
analytics/analytics`)
	for pair := range cases {
		one, many, _ := strings.Cut(pair, "/")
		got := [4]string{resource.Plural(one), resource.Singular(many), resource.Plural(many), resource.Singular(one)}
		if want := [4]string{many, one, many, one}; got != want {
			t.Errorf("plural, singular, plural of the plural, singular of the singular: got %v, want %v", got, want)
		}
	}
}

func TestNames(t *testing.T) {
	cases := []struct{ in, snake, kebab, pascal, camel, title, goPascal, goCamel string }{
		{"item", "item", "item", "Item", "item", "Item", "Item", "item"},
		{"order_item", "order_item", "order-item", "OrderItem", "orderItem", "Order item", "OrderItem", "orderItem"},
		{"OrderItem", "order_item", "order-item", "OrderItem", "orderItem", "Order item", "OrderItem", "orderItem"},
		{"Order item!", "order_item", "order-item", "OrderItem", "orderItem", "Order item", "OrderItem", "orderItem"},
		{"HTTPServer", "http_server", "http-server", "HttpServer", "httpServer", "Http server", "HTTPServer", "httpServer"},
		{"item_id", "item_id", "item-id", "ItemId", "itemId", "Item id", "ItemID", "itemID"},
		{"url", "url", "url", "Url", "url", "Url", "URL", "url"},
		{"api_url", "api_url", "api-url", "ApiUrl", "apiUrl", "Api url", "APIURL", "apiURL"},
		{"type", "type", "type", "Type", "type", "Type", "Type", "typeValue"},
		{"len", "len", "len", "Len", "len", "Len", "Len", "lenValue"},
		{"sha256_sum", "sha256_sum", "sha256-sum", "Sha256Sum", "sha256Sum", "Sha256 sum", "Sha256Sum", "sha256Sum"},
		{"", "", "", "", "", "", "", ""},
		{"__", "", "", "", "", "", "", ""},
		{"größe", "größe", "größe", "Größe", "größe", "Größe", "Größe", "größe"},
		{"éclair", "éclair", "éclair", "Éclair", "éclair", "Éclair", "Éclair", "éclair"},
	}
	for _, c := range cases {
		got := c
		got.snake, got.kebab, got.pascal = resource.Snake(c.in), resource.Kebab(c.in), resource.Pascal(c.in)
		got.camel, got.title = resource.Camel(c.in), resource.Title(c.in)
		got.goPascal, got.goCamel = resource.GoPascal(c.in), resource.GoCamel(c.in)
		if got != c {
			t.Errorf("got  %v\nwant %v", got, c)
		}
	}
}

func TestGoFile(t *testing.T) {
	cases := map[string]string{
		"item": "item", "order_item": "order_item", "unit_test": "unittest", "release_linux": "releaselinux",
		"my_release_linux_amd64": "my_releaselinuxamd64", "test": "test", "linux": "linux", "test_item": "test_item",
	}
	for in, want := range cases {
		if got := resource.GoFile(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestFieldAbilities(t *testing.T) {
	// The last two columns of the field types in the service contract.
	filter := "integer bigint decimal boolean date uuid enum references"
	sort := "string integer bigint decimal float date datetime enum"
	for _, typ := range resource.Types() {
		f := resource.Field{Type: typ}
		if f.Filterable() != strings.Contains(" "+filter+" ", " "+string(typ)+" ") {
			t.Errorf("%s: filterable is %v", typ, f.Filterable())
		}
		if f.Sortable() != strings.Contains(" "+sort+" ", " "+string(typ)+" ") {
			t.Errorf("%s: sortable is %v", typ, f.Sortable())
		}
	}
	if indexed := (resource.Field{Type: resource.String, Index: true}); !indexed.Filterable() {
		t.Error("an indexed string is not filterable")
	}
	if n := (resource.Field{Type: resource.String}).MinLength(); n != 1 {
		t.Errorf("a string has at least %d characters", n)
	}
	if n := (resource.Field{Type: resource.String, Blank: true}).MinLength(); n != 0 {
		t.Errorf("a blank string has at least %d characters", n)
	}
}
