module example.org/compute-pipeline/gohost/input/decoders

go 1.25.0

replace example.org/compute-pipeline => ../../..

require (
	example.org/compute-pipeline v0.0.0-00010101000000-000000000000
	github.com/klauspost/compress v1.20.3
	github.com/mikelolasagasti/xz v1.0.1
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/tetratelabs/wazero v1.12.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.44.0 // indirect
)
