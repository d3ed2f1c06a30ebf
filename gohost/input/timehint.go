package input

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// dateLayouts and clockLayouts are layouts of the time package for times that need a format. Of days and months as numbers, the first that
// fits is named.
var dateLayouts = []string{
	"1/2/2006", "2.1.2006", "2006/1/2", "2006.1.2", "2006-1-2", "2-Jan-2006", "2 Jan 2006", "2/Jan/2006", "Jan 2, 2006", "Jan 2 2006", "2/1/2006",
	"1/2/06", "2.1.06", "2/1/06", "2-Jan-06", "Mon, 2 Jan 2006", "2006-002", "20060102", "2006-01", "Jan 2006", "Jan-2006",
}

var clockLayouts = []string{"", " 15:04", " 15:04:05", " 3:04 PM", " 3:04:05 PM", "T15:04", "T15:04:05", "T1504", "T150405", ":15:04:05", " 15:04:05 -0700", " 15:04:05 GMT", "T150405Z", ":15:04:05 -0700"}

// unknown is what is wrong with a text that is no time, and the format that would read it.
func (t *timeParser) unknown(text []byte) string {
	message := fmt.Sprintf("expected an integer or a time such as 2010-01-31T12:00:00Z, found %q", clip(string(text)))
	const longest = 64
	if len(text) > longest {
		return message
	}
	s := string(text)
	for _, date := range dateLayouts {
		for _, clock := range clockLayouts {
			if layout := date + clock; fits(layout, s) {
				return message + fmt.Sprintf("; give its format, such as %s", t.names.example(layout))
			}
		}
	}
	if layout := "Mon Jan 2 15:04:05 2006"; fits(layout, strings.ReplaceAll(s, "  ", " ")) {
		return message + fmt.Sprintf("; give its format, such as %s", t.names.example(layout))
	}
	if inner := strings.Trim(s, "[]'\""); len(inner) == len(s)-2 {
		if layout := "2/Jan/2006:15:04:05 -0700"; s[0] == '[' && fits(layout, inner) {
			return message + fmt.Sprintf("; give its format, such as %s", t.names.example("["+layout+"]"))
		}
		if _, ok := parseRFC3339([]byte(inner)); ok {
			return message + fmt.Sprintf("; remove %c and %c", s[0], s[len(s)-1])
		}
	}
	if at := bytes.LastIndexByte(text, ' '); at > 0 && isZoneName(s[at+1:]) {
		if c, ok := parseRFC3339(text[:at]); ok && !c.zoned {
			return message + fmt.Sprintf("; %s is the zone of several places: give the format as %s '%%Y-%%m-%%d %%H:%%M:%%S %s', and the place with %s", s[at+1:], t.names.TimeFormat, s[at+1:], t.names.Location)
		}
	}
	if week := strings.Index(s, "-W"); week == 4 && len(s) <= len("2010-W01-1") {
		return message + fmt.Sprintf("; give its format, such as %s '%s'", t.names.TimeFormat, map[bool]string{false: "%G-W%V", true: "%G-W%V-%u"}[len(s) == len("2010-W01-1")])
	}
	if strings.HasPrefix(s, "/Date(") {
		return message + "; the number within the brackets is milliseconds since 1970"
	}
	if fits("15:04", s) || fits("15:04:05", s) {
		return message + "; a time without a date is no instant"
	}
	return message
}

// fits reports whether a text has a layout. The time package takes names in any case, but PM only so.
func fits(layout, text string) bool {
	_, err := time.Parse(layout, strings.ToUpper(text))
	return err == nil
}

// isZoneName reports whether a text may be the name of a time zone, such as CET.
func isZoneName(text string) bool {
	return len(text) >= 3 && len(text) <= 5 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// example returns the option of a time format for a layout of the time package.
func (n Names) example(layout string) string {
	format := strings.NewReplacer(
		"2006", "%Y", "06", "%y", "Mon", "%a", "Jan", "%b", "PM", "%p", "-0700", "%z", "GMT", "%Z", "15", "%H", "04", "%M", "05", "%S", "3", "%I",
		"002", "%j", "01", "%m", "02", "%d", "1", "%m", "2", "%d",
	).Replace(layout)
	return fmt.Sprintf("%s '%s'", n.TimeFormat, format)
}
