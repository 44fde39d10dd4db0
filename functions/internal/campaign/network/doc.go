// Package network holds the drills that break what lies between the pipeline and its servers: a COMMIT
// whose answer is lost, a slow or broken connection, a full disk, a connection pooler. They are tests;
// nothing imports it.
package network
