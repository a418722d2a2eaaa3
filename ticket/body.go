package ticket

// A Body is a text in blocks, which each tracker writes in its own markup. The
// texts in it are plain: whoever renders them escapes them.
type Body []Block

// A Block is one of a body's parts. Exactly one of its fields is set.
type Block struct {
	Heading   string
	Paragraph []Span
	List      [][]Span
	Code      string // shown as it is, on lines of its own
}

// A Span is a stretch of text; with a URL it is a link, and Strong is bold.
type Span struct {
	Text   string
	URL    string
	Strong bool
}
