package stream

import (
	"fmt"
	"os"
	"strings"

	"example.org/compute-pipeline/gohost"
)

// Limits of an operator, the Which of a [gohost.LimitError].
const (
	// LimitKeys is that of [WithMaxKeys].
	LimitKeys gohost.Limit = "stream keys"
	// LimitWindows is that of [WithMaxWindows].
	LimitWindows gohost.Limit = "stream windows"
	// LimitMemory is that of [WithMaxMemory], in bytes.
	LimitMemory gohost.Limit = "stream memory"
	// LimitKeySize is [MaxKeySize], in bytes.
	LimitKeySize gohost.Limit = "stream key size"
)

func limitError(which gohost.Limit, limit int64, format string, args ...any) error {
	return &gohost.LimitError{Which: which, Max: uint64(limit), Err: fmt.Errorf(format, args...)}
}

func tempDir() string { return os.TempDir() }

// clip shortens a key for a message.
func clip(key string) string {
	const most = 100
	if len(key) > most {
		return strings.ToValidUTF8(key[:most], "") + "…"
	}
	return key
}
