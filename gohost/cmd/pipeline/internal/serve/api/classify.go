package api

import (
	"context"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/inference/classifier"
	"example.org/compute-pipeline/gohost/plugin"
)

type classifyInput struct {
	Target
	Top  uint32 `query:"top" minimum:"1" maximum:"1000" default:"1" doc:"How many labels to return, the likeliest first."`
	Ends int64  `query:"ends" minimum:"0" maximum:"1073741824" default:"0" doc:"Of a body of more than twice this, take only so many bytes of the beginning and of the end, for a model that looks at no more; 0 takes all."`
}

// label is a classifier.Label in JSON.
type label struct {
	Label       string  `json:"label" doc:"The name of the label."`
	Probability float32 `json:"probability" doc:"From 0 to 1."`
}

type classification struct {
	Labels []label `json:"labels" doc:"The likeliest labels, the likeliest first."`
}

type classifyOutput struct{ Body classification }

// Memory of a label and its text while they are written, beside the name; and of a byte of the
// name, which may become six.
const (
	inLabel     = 128
	inLabelByte = 8
)

func (s *Service) registerClassify() {
	op := modelOperation("classify", store.Classifier, "Say what the body is",
		"Returns the likeliest labels of the body, by a model that is a plugin of the world classifier. The body may have any content and media type.")
	register(s, op, s.classify, bytesBody, modelParam("Name of the classifier.", "magika"))
}

func (s *Service) classify(ctx context.Context, in *classifyInput) (*classifyOutput, error) {
	cut := in.Ends > 0 && in.body().Len() > 2*in.Ends
	besides := int64(0)
	if cut {
		besides = 2 * in.Ends
	}
	data, err := in.bytes(ctx, besides)
	if err != nil {
		return nil, err
	}
	if cut {
		ends := make([]byte, 0, 2*in.Ends)
		ends = append(ends, data[:in.Ends]...)
		data = append(ends, data[int64(len(data))-in.Ends:]...)
	}
	classify := func(ctx context.Context, model *classifier.Classifier) ([]label, error) {
		list, err := plugin.Judge(plugin.WithWork(ctx, workBytes, uint64(len(data))), func(ctx context.Context) ([]classifier.Label, error) {
			return model.Classify(ctx, data, in.Top)
		}, func(list []classifier.Label) error { return checkLabels(list, in.Top) })
		if err != nil {
			return nil, err
		}
		labels := make([]label, len(list))
		for i, l := range list {
			labels[i] = label{l.Name, l.Score}
		}
		return labels, nil
	}
	labels, err := ask(ctx, s, question[*classifier.Classifier, []label]{world: store.Classifier, models: s.Classifiers, name: in.Plugin, f: classify})
	if err != nil {
		return nil, err
	}
	size := inLabel * len(labels)
	for _, l := range labels {
		size += inLabelByte * len(l.Label)
	}
	if err := computed(ctx, size); err != nil {
		return nil, err
	}
	return &classifyOutput{classification{labels}}, nil
}

// checkLabels returns an error if a model breaks the contract.
func checkLabels(list []classifier.Label, top uint32) error {
	if uint64(len(list)) > uint64(top) {
		return contractBroken("the model returned %d labels; expected at most %d", len(list), top)
	}
	for _, l := range list {
		if err := checkScore(l.Score); err != nil {
			return err
		}
	}
	return nil
}
