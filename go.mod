module example.org/compute-pipeline

go 1.25.0

// npm's directories come and go while Go looks for packages.
ignore node_modules

require (
	github.com/stretchr/testify v1.12.1
	github.com/tetratelabs/wazero v1.12.0
	golang.org/x/sys v0.44.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect
