//go:build !race

package main

// detector is by how much the race detector multiplies memory: it is not there.
const detector = 1
