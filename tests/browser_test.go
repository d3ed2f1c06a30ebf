package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"

	"example.org/compute-pipeline/gohost/vectors"
)

// browser is a runner in the page typescript/page.html, which asks for requests and posts
// answers.
type browser struct {
	requests chan []byte
	// answers has each answer; failed has an error of the page or the end of the browser.
	answers chan []byte
	failed  chan error
}

// runInBrowser runs every case on a module in a headless browser.
func runInBrowser(ctx context.Context, program string, v *vectors.File, modulePath string) (version string, results map[string]result, err error) {
	b, stop, err := startBrowser(ctx, program, "page.html", modulePath)
	if err != nil {
		return "", nil, err
	}
	defer stop()
	var head struct{ Runtime, Version string }
	if err := b.ask(map[string]any{"functions": v.Functions}, &head); err != nil {
		return "", nil, err
	}
	results, err = runOnRunner(b, v)
	return head.Runtime + " " + head.Version, results, err
}

// startBrowser opens a page in a headless browser, which stop ends.
func startBrowser(ctx context.Context, program, page, modulePath string) (_ *browser, stop func(), err error) {
	b := &browser{requests: make(chan []byte), answers: make(chan []byte), failed: make(chan error, 1)}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir("..")))
	mux.HandleFunc("/module", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, modulePath) })
	mux.HandleFunc("POST /next", b.next)
	mux.HandleFunc("POST /failed", func(_ http.ResponseWriter, r *http.Request) {
		message, _ := io.ReadAll(r.Body) // as much as there is
		b.fail(fmt.Errorf("%s: %s", program, message))
	})
	server := httptest.NewServer(mux)
	profile, err := os.MkdirTemp("", "compute-pipeline-browser-*")
	if err != nil {
		server.Close()
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	url := server.URL + "/tests/typescript/" + page
	args := []string{"--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + profile, url}
	if program == "firefox-esr" {
		args = []string{"--headless", "--no-remote", "--profile", profile, url}
	}
	command := exec.CommandContext(ctx, program, args...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	ended := make(chan struct{})
	stop = func() {
		close(b.requests)
		cancel()
		<-ended
		_ = os.RemoveAll(profile) // it is in the directory for temporary files
		server.Close()
	}
	if err := command.Start(); err != nil {
		close(ended)
		stop()
		return nil, nil, err
	}
	go func() {
		defer close(ended)
		err := command.Wait()
		b.fail(fmt.Errorf("%s ended: %v\n%s", program, err, stderr.Bytes()))
	}()
	return b, stop, nil
}

// next takes the answer to the request before, if there was one, and gives the next.
func (b *browser) next(w http.ResponseWriter, r *http.Request) {
	answer, err := io.ReadAll(r.Body)
	if err != nil {
		b.fail(err)
		return
	}
	if len(answer) > 0 {
		select {
		case b.answers <- answer:
		case <-r.Context().Done():
			return
		}
	}
	select {
	case request, ok := <-b.requests:
		if !ok {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_, _ = w.Write(request) // an error is one of the page, too
	case <-r.Context().Done():
	}
}

// fail keeps the first failure.
func (b *browser) fail(err error) {
	select {
	case b.failed <- err:
	default:
	}
}

// ask gives the page a request and waits for its answer.
func (b *browser) ask(request, answer any) error {
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	select {
	case b.requests <- line:
	case err := <-b.failed:
		return err
	}
	select {
	case text := <-b.answers:
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		return decoder.Decode(answer)
	case err := <-b.failed:
		return err
	}
}
