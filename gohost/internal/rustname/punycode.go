package rustname

import (
	"strings"
	"unicode/utf8"
)

// Parameters of punycode (RFC 3492, section 5).
const (
	punyBase, punyMin, punyMax = 36, 1, 26
	punySkew, punyDamp         = 38, 700
	punyBias, punyFirst        = 72, 0x80
)

// maxPunycode is the max number of characters that are decoded. Each is inserted into those
// before it, so the work for a longer name would be more than linear in its length.
const maxPunycode = 128

// unpunycode decodes an identifier in which the last underscore separates the ASCII characters
// from where the others are inserted: v0 has no hyphens.
func unpunycode(name string) (string, bool) {
	var decoded []rune
	at := strings.LastIndexByte(name, '_')
	if at > 0 {
		decoded = []rune(name[:at])
	}
	rest := name[at+1:]
	if rest == "" || len(decoded) > maxPunycode {
		return "", false
	}
	code, bias, place := punyFirst, punyBias, 0
	for first := true; rest != ""; first = false {
		delta, weight, n := 0, 1, len(decoded)+1
		for k := punyBase; ; k += punyBase {
			if rest == "" {
				return "", false
			}
			digit, ok := punyDigit(rest[0])
			rest = rest[1:]
			// The largest delta that means anything is far below this bound.
			if delta += digit * weight; !ok || delta > (utf8.MaxRune+1)*(maxPunycode+1) {
				return "", false
			}
			threshold := min(max(k-bias, punyMin), punyMax)
			if digit < threshold {
				break
			}
			weight = min(weight*(punyBase-threshold), (utf8.MaxRune+1)*(maxPunycode+1)+1)
		}
		place += delta
		code += place / n
		place %= n
		if n > maxPunycode || code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
			return "", false
		}
		decoded = append(decoded, 0)
		copy(decoded[place+1:], decoded[place:])
		decoded[place] = rune(code)
		place++
		bias = punyAdapt(delta, n, first)
	}
	return string(decoded), true
}

func punyDigit(c byte) (int, bool) {
	switch {
	case c >= 'a' && c <= 'z':
		return int(c - 'a'), true
	case c >= '0' && c <= '9':
		return int(c-'0') + 26, true
	}
	return 0, false
}

func punyAdapt(delta, n int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / n
	k := 0
	for ; delta > (punyBase-punyMin)*punyMax/2; k += punyBase {
		delta /= punyBase - punyMin
	}
	return k + (punyBase-punyMin+1)*delta/(delta+punySkew)
}
