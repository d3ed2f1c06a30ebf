package input

// Missing says what becomes of values that are missing.
type Missing string

// What becomes of them.
const (
	MissingError Missing = ""     // they are faults
	MissingSkip  Missing = "skip" // they give no point, and are counted
)

// missingTexts are texts that stand for no value: those of pandas, "-", what it writes for a time, and what COPY of
// PostgreSQL writes.
var missingTexts = []string{
	"", "-", "NA", "N/A", "n/a", "#N/A", "#NA", "#N/A N/A", "<NA>", "NaN", "nan", "-NaN", "-nan", "NaT", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN",
	"NULL", "null", "None", `\N`,
}

// newMissing returns the set of texts that stand for no value.
func newMissing(opts Options) map[string]bool {
	set := make(map[string]bool, len(missingTexts)+len(opts.MissingTexts))
	for _, text := range missingTexts {
		set[text] = true
	}
	for _, text := range opts.MissingTexts {
		set[text] = true
	}
	return set
}
