package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/inference/detector"
)

const sileroDir = "../../../examples/plugins/inference/silero/"

// speech is the sound of silero's tests, made by espeak-ng with noise and tones: 1.5 s without a header.
func speech(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(sileroDir + "testdata/sound.s16")
	require.NoError(t, err)
	return data
}

// wavFile returns sound with a header.
func wavFile(data []byte, hertz uint32) []byte {
	head := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	binary.LittleEndian.PutUint32(head[4:], uint32(36+len(data)))
	head = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(head, hertz), 2*hertz)
	head = append(head, "\x02\x00\x10\x00data"...)
	return append(binary.LittleEndian.AppendUint32(head, uint32(len(data))), data...)
}

type heardAnswer struct {
	Seconds  float64
	Findings []heardRow
}

func TestDetectFindsSpeech(t *testing.T) {
	plugin := sileroDir + "silero.wasm"
	file := tempFile(t, "talk.wav", wavFile(speech(t), 16_000))
	ask := func(stdin, file string, args ...string) heardAnswer {
		t.Helper()
		res := pipeline(t, stdin, append([]string{"detect", file, "--plugin", plugin, "-o", "json", "--call-timeout", "10m"}, args...)...) // a busy machine must not fail a test
		require.Equal(t, 0, res.status, res.err)
		var a heardAnswer
		require.NoError(t, json.Unmarshal([]byte(res.out), &a))
		return a
	}
	// What the scores of the frames are is known: each stretch of those that are high, joined by hand.
	var scores []float64
	text, err := os.ReadFile(filepath.Join(sileroDir, "testdata/scores.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &scores))
	var want []heardRow
	for i, score := range scores {
		from, to := float64(i)*0.032, float64(i+1)*0.032
		if score < 0.5 {
			continue
		}
		if n := len(want); n > 0 && from-want[n-1].To <= 0.1 {
			want[n-1].To, want[n-1].Score = to, max(want[n-1].Score, float32(score))
			continue
		}
		want = append(want, heardRow{from, to, "speech", float32(score)})
	}
	got := ask("", file)
	assert.Equal(t, float64(len(speech(t)))/32_000, got.Seconds, "rounded once")
	require.NotEmpty(t, got.Findings)
	require.Len(t, got.Findings, len(want))
	for i, w := range want {
		assert.InDelta(t, w.From, got.Findings[i].From, 1e-9)
		assert.InDelta(t, w.To, got.Findings[i].To, 1e-9)
		assert.InDelta(t, w.Score, got.Findings[i].Score, 1e-4)
		assert.Equal(t, "speech", got.Findings[i].Kind)
	}
	assert.Equal(t, got, ask(string(wavFile(speech(t), 16_000)), "-"))
	assert.Equal(t, got, ask(string(speech(t)), "-", "--pcm"))
	assert.Equal(t, got, ask("", tempFile(t, "talk.wav.gz", gzipped(t, wavFile(speech(t), 16_000)))))
	assert.Equal(t, got, ask("", file, "--interpreter"))
	assert.Empty(t, ask("", file, "--min-stretch", "1h").Findings)
	assert.GreaterOrEqual(t, len(ask("", file, "--join", "0s", "--min-stretch", "0s").Findings), len(got.Findings))

	res := pipeline(t, "", "detect", file, "--plugin", plugin, "--call-timeout", "10m")
	assert.Regexp(t, `^    from        to  kind    score\n0:00\.\d{3}  0:0\d\.\d{3}  speech  [01]\.\d{3}\n`, res.out)
	assert.Regexp(t, `^silero-vad 6\.2\.3: 0:01\.542 of sound, \d findings? of 0:0\d\.\d{3} together\n$`, res.err)
	res = pipeline(t, "", "detect", file, "--plugin", plugin, "-o", "csv", "--call-timeout", "10m")
	assert.Regexp(t, `^from,to,kind,score\n0\.\d+,[01]\.\d+,speech,0\.9\d+\n`, res.out)
}

// A sound may be long: here 40 repetitions with pauses, which is more than a call has.
func TestDetectHearsLongSound(t *testing.T) {
	part := append(speech(t), make([]byte, 32_000)...)
	res := pipeline(t, strings.Repeat(string(part), 40), "detect", "-", "--pcm", "--plugin", sileroDir+"silero.wasm", "-o", "csv", "--call-timeout", "10m")
	require.Equal(t, 0, res.status, res.err)
	assert.GreaterOrEqual(t, strings.Count(res.out, "speech"), 40)
	assert.Contains(t, res.err, ": 1:41.690 of sound, ")
}

func TestDetectRefusesSound(t *testing.T) {
	plugin := []string{"--plugin", sileroDir + "silero.wasm"}
	good := wavFile(speech(t), 16_000)
	for _, c := range []struct {
		data   []byte
		args   []string
		status int
		says   string
	}{
		{good, nil, 2, "give a detector for sound, --plugin silero.wasm"},
		{good, append([]string{"--plot", filepath.Join(t.TempDir(), "a.svg")}, plugin...), 2, "--plot: sound is not plotted"},
		{good, append([]string{"--join=-1s"}, plugin...), 2, "expected times that are not negative"},
		{wavFile(speech(t), 44_100), plugin, 1, "it has 44100 Hz, 1 channels and 16 bits; expected 16000 Hz, 1 channel and 16 bits; ffmpeg -i FILE -ac 1 -ar 16000 -c:a pcm_s16le OUT.wav converts it"},
		{good[:1000], plugin, 1, "it ends after 478 samples; its header says"},
		{good[:30], plugin, 1, "it ends before its samples"},
		{[]byte(faulty(1)), plugin, 1, "samples are from -1 to 1"}, // measurements for a detector of sound
	} {
		res := pipeline(t, string(c.data), append([]string{"detect", "-"}, c.args...)...)
		assert.Equal(t, c.status, res.status, c.says)
		assert.Contains(t, res.err, c.says)
		assert.Empty(t, res.out)
	}
}

// What a plugin says of a sound may be anything.
func TestFindingsInSoundAreChecked(t *testing.T) {
	command := &detectCommand{Threshold: 0.5, soundFlags: soundFlags{Join: 100 * time.Millisecond, MinStretch: 250 * time.Millisecond}}
	ms := uint64(time.Millisecond)
	for _, f := range []detector.Finding{{Score: 2}, {First: 5, Last: 4, Score: 1}, {Last: uint64(time.Hour), Score: 1}, {First: 1 << 63, Last: 1<<64 - 1, Score: 1}} {
		d := detecting{command: command, heard: &hearing{length: time.Second}}
		assert.Error(t, d.keepHeard([]detector.Finding{f}))
	}
	d := detecting{command: command, heard: &hearing{length: time.Minute}}
	require.NoError(t, d.keepHeard([]detector.Finding{
		{First: 0, Last: 300 * ms, Score: 0.6},
		{First: 350 * ms, Last: 400 * ms, Score: 0.9},
		{First: 360 * ms, Last: 380 * ms, Score: 0.4},
		{First: 600 * ms, Last: 700 * ms, Score: 1},
		{First: 900 * ms, Last: 1200 * ms, Score: 1},
		{First: 1200 * ms, Last: 1300 * ms, Score: 1, Kind: 1},
	}))
	d.dropShort()
	sample := soundSample
	assert.Equal(t, []heard{
		{0, 400*time.Millisecond + sample, 0, 0.9},
		{900 * time.Millisecond, 1200*time.Millisecond + sample, 0, 1},
	}, d.heard.found)
	for want, at := range map[string]time.Duration{"0:00.000": 0, "59:59.999": time.Hour - time.Millisecond, "1:00:00.000": time.Hour, "100:00:01.500": 100*time.Hour + 1500*time.Millisecond} {
		assert.Equal(t, want, clock(at), fmt.Sprint(at))
	}
}
