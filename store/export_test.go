package store

// Inside the tests, the benchmarks build bare databases that differ from the
// store's in nothing but the code.
var (
	DSN   = dsn
	Marks = marks
)

// The migration tests stop at earlier versions.
const SchemaVersion = schemaVersion

var MigrateTo = migrateTo

// PagesQuery returns the query by which Pages finds pages.
func PagesQuery(f PageFilter) (string, []any, error) {
	rest, args, err := f.query()
	return selectPages + rest, args, err
}
