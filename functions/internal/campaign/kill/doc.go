// Package kill carries out drills on the whole system at work: the program `eventdrop serve`, PostgreSQL and MinIO
// are killed under load, notices are lost, doubled and delayed, poison is dropped among good objects,
// and reconciles, replays and live traffic go on at once. It holds tests only.
//
// Start reading at runner_test.go.
package kill
