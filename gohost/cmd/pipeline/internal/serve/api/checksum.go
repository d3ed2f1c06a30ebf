package api

import (
	"context"
	"strconv"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
)

type checksumInput struct {
	Target
	Expected string `query:"expected" required:"true" pattern:"^([0-9]{1,10}|0x[0-9a-fA-F]{1,8})$" example:"0xcbf43926" doc:"The expected CRC-32 of the body: decimal, or hexadecimal with the prefix 0x."`
}

type checksum struct {
	Valid bool `json:"valid" doc:"Whether the body has the expected checksum."`
}

type checksumOutput struct{ Body checksum }

func (s *Service) registerChecksum() {
	register(s, compute("checksum", "Whether a CRC-32 is right",
		"Compares the CRC-32 of the body (IEEE, the one of zlib and gzip) with the expected one. The body may have any content and media type."),
		s.checksum, bytesBody)
}

func (s *Service) checksum(ctx context.Context, in *checksumInput) (*checksumOutput, error) {
	expected, err := strconv.ParseUint(in.Expected, 0, 32)
	if err != nil {
		return nil, problem.InvalidParameter.New("expected is " + in.Expected + ", which does not fit in 32 bits")
	}
	p, err := s.Engines.Plugin(in.Plugin)
	if err != nil {
		return nil, err
	}
	data, err := in.bytes(ctx, 0)
	if err != nil {
		return nil, err
	}
	ok, err := p.Binding().ValidateChecksum(ctx, data, uint32(expected))
	if err != nil {
		return nil, err
	}
	if err := computed(ctx, 0); err != nil {
		return nil, err
	}
	return &checksumOutput{checksum{ok}}, nil
}
