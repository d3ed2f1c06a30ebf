// Command page serves the page, in which a worker computes with the engine and JavaScript draws.
// With -print it opens the page in a headless Chromium, and prints the answer.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
)

// The policy of a strict site.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, args []string) error {
	flags := flag.NewFlagSet("page", flag.ContinueOnError)
	root := flags.String("root", ".", "the repository, with hosts/typescript built")
	headless := flags.Bool("print", false, "print the answer of a headless Chromium")
	rounds := flags.Int("rounds", 1, "with -print, the times of crossing boundaries too")
	if err := flags.Parse(args); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	query := url.Values{}
	if file := flags.Arg(0); file != "" {
		query.Set("data", "/data")
	}
	if *headless {
		query.Set("post", "")
	}
	if *rounds > 1 {
		query.Set("rounds", fmt.Sprint(*rounds))
	}
	page := fmt.Sprintf("http://%s/examples/matrix/page/page.html?%s", listener.Addr(), query.Encode())
	answers := make(chan []byte, 1)
	server := &http.Server{Handler: handler(*root, flags.Arg(0), answers)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if *headless {
		err = printAnswer(ctx, w, page, answers)
	} else {
		fmt.Fprintln(w, page)
		<-ctx.Done()
	}
	_ = server.Close() // of the listener, which nobody needs
	<-served
	return err
}

func handler(root, file string, answers chan<- []byte) http.Handler {
	mux := http.NewServeMux()
	files := http.FileServer(http.Dir(root))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Cache-Control", "no-store")
		files.ServeHTTP(w, r)
	})
	mux.HandleFunc("/data", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })
	mux.HandleFunc("POST /answer", func(w http.ResponseWriter, r *http.Request) {
		answer, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case answers <- answer:
		default: // one is enough
		}
	})
	return mux
}

// printAnswer opens the page, and writes what it posts.
func printAnswer(ctx context.Context, w io.Writer, page string, answers <-chan []byte) error {
	profile, err := os.MkdirTemp("", "compute-pipeline-page-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(profile)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir="+profile, page)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case answer := <-answers:
		cancel()
		<-ended
		var failed struct{ Error string }
		if err := json.Unmarshal(answer, &failed); err != nil {
			return fmt.Errorf("the page's answer: %w", err)
		}
		if failed.Error != "" {
			return errors.New(failed.Error)
		}
		_, err := fmt.Fprintf(w, "%s\n", answer)
		return err
	case err := <-ended:
		return fmt.Errorf("chromium ended: %v\n%s", err, stderr.Bytes())
	}
}
