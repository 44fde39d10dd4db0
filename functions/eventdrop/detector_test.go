//go:build race

package main

// detector is by how much the race detector multiplies memory, "5-10x" by its manual (go.dev/doc/articles/race_detector).
const detector = 5
