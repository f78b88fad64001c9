package resource

// Sample returns the resource of a service that names none: the item of the
// service contract.
func Sample() Resource {
	text := func(s string) *string { return &s }
	return Resource{
		Name: "item", Plural: "items",
		Fields: []Field{
			{Name: "name", Type: String, Max: 100, Required: true},
			{Name: "sku", Type: String, Max: 32, Required: true, Unique: true, Pattern: "^[A-Z0-9][A-Z0-9-]{1,31}$"},
			{Name: "quantity", Type: Integer, Min: text("0"), Default: text("0")},
			{Name: "status", Type: Enum, Choices: []string{"draft", "active", "archived"}, Default: text("draft")},
			{Name: "description", Type: Text, Max: 2000, Nullable: true},
		},
	}
}
