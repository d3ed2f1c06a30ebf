package wasi

// vectorPrice is the fuel for an entry of a list of buffers.
const vectorPrice = 10

// maxVectors is the max length of a list of buffers: IOV_MAX of Linux and the BSDs.
const maxVectors = 1024
