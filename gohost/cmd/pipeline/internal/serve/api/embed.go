package api

import (
	"context"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/inference/embedder"
	"example.org/compute-pipeline/gohost/plugin"
)

type embedInput struct{ Target }

type embedding struct {
	Vector []points.Float `json:"vector" doc:"The vector of the text, of 32-bit floats. Its length is the same for every text."`
}

type embedOutput struct{ Body embedding }

// inNumber is the memory of a number of a vector and its text.
const inNumber = 64

// textType is the media type of a text.
const textType = "text/plain"

func (s *Service) registerEmbed() {
	op := modelOperation("embed", store.Embedder, "Turn a text into a vector",
		"Returns the vector of the text in the body, which is UTF-8, by a model that is a plugin of the world embedder.")
	register(s, op, s.embed, plainBody, modelParam("Name of the embedder.", "minilm"))
}

func plainBody(_ huma.Registry, op *huma.Operation) {
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		textType: {Schema: &huma.Schema{Type: huma.TypeString}},
	}}
}

func (s *Service) embed(ctx context.Context, in *embedInput) (*embedOutput, error) {
	if _, err := points.ContentType(in.request.Header.Get("Content-Type"), []string{textType}); err != nil {
		return nil, err
	}
	data, err := in.bytes(ctx, in.body().Len()) // and its copy as a string
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(data) {
		return nil, problem.InvalidBody.New("the text is not UTF-8")
	}
	text := string(data)
	embed := func(ctx context.Context, model *embedder.Embedder) ([]float32, error) {
		return model.Embed(plugin.WithWork(ctx, workBytes, uint64(len(text))), text)
	}
	vector, err := ask(ctx, s, question[*embedder.Embedder, []float32]{world: store.Embedder, models: s.Embedders, name: in.Plugin, f: embed})
	if err != nil {
		return nil, err
	}
	if err := computed(ctx, inNumber*len(vector)); err != nil {
		return nil, err
	}
	out := embedding{make([]points.Float, len(vector))}
	for i, x := range vector {
		out.Vector[i] = points.Float(x)
	}
	return &embedOutput{out}, nil
}
