package e2e

// testEdits change tests that sill made, and add others.
func testEdits() []userEdit {
	const modelTest = "internal/model/item_test.go"
	return []userEdit{
		{name: "other data in a test", steps: steps{
			everywhere(itemAPITest, "`\"Name 1\"`, `\"Name 2\"`, `\"Name 3\"`", "`\"Teapot\"`, `\"Cup\"`, `\"Saucer\"`"),
			everywhere(itemAPITest, "`\"Sku 1\"`, `\"Sku 2\"`, `\"Sku 3\"`", "`\"POT\"`, `\"CUP\"`, `\"SAUCER\"`"),
		}},
		{name: "a test more at the end", steps: steps{
			appendTo(modelTest, `
func TestItemTakesLongNames(t *testing.T) {
	t.Parallel()
	var m model.Item
	if got := wrongMembers(t, m.ReadInput, "\"name\": \"a long name\"", "\"sku\": \"A1\""); got != nil {
		t.Errorf("refused: %v", got)
	}
}
`),
		}},
		{name: "tests that do not run in parallel", steps: steps{
			everywhere("internal/{model,repository,config}/*_test.go", "	t.Parallel()\n", ""),
		}},
	}
}
