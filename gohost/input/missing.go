package input

// Missing says what becomes of values that are missing.
type Missing string

// What becomes of them.
const (
	MissingError Missing = ""     // they are faults
	MissingSkip  Missing = "skip" // they give no point, and are counted
)

// missingTexts are texts that stand for no value.
var missingTexts = []string{"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "-"}

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
