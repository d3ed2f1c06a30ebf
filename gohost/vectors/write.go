package vectors

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"io"
)

// WriteExpanded writes the vectors as one file without macros, a case on each line: for
// programs that only know JSON.
func (f *File) WriteExpanded(w io.Writer) error {
	head, err := json.Marshal(struct {
		Format    int                 `json:"format"`
		World     string              `json:"world,omitempty"`
		Functions map[string]Function `json:"functions,omitempty"`
	}{Format, f.World, f.Functions})
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	b.Write(head[:len(head)-1]) // an error stays until Flush
	b.WriteString(`,"cases":[`)
	for i, c := range f.Cases {
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(text)
	}
	b.WriteString("\n]}\n")
	return b.Flush()
}

// MarshalJSON returns the case without macros.
func (c *Case) MarshalJSON() ([]byte, error) {
	type step struct {
		Call string `json:"call"`
		Args []any  `json:"args"`
	}
	written := struct {
		ID    string `json:"id"`
		Group string `json:"group,omitempty"`
		*step
		Steps []step `json:"steps,omitempty"`
		Want  Want   `json:"want"`
	}{ID: c.ID, Group: c.Group, Want: c.Want()}
	for _, s := range c.Steps() {
		written.Steps = append(written.Steps, step(s))
	}
	if len(written.Steps) == 1 {
		written.step, written.Steps = &written.Steps[0], nil
	}
	return json.Marshal(written)
}

// MarshalJSON returns the expectation as in a file.
func (w Want) MarshalJSON() ([]byte, error) {
	var what any
	switch w.Kind {
	case IsValue:
		what = w.Value
	case Traps, ErrBegins:
		what = w.Text
	default:
		what = true
	}
	return json.Marshal(map[Kind]any{w.Kind: what})
}

// MarshalJSON returns the reference as in a file.
func (r *Ref) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Step   int      `json:"$step"`
		Keep   *int     `json:"keep,omitempty"`
		XOR    [][2]int `json:"xor,omitempty"`
		Append string   `json:"append,omitempty"`
		CRC32  bool     `json:"crc32,omitempty"`
	}{r.Step, r.Keep, r.XOR, hex.EncodeToString(r.Append), r.CRC32})
}
