// Package embedded starts a real PostgreSQL and a real MinIO as child processes, for the
// commands demo and up and for the tests. Start reading at [StartPostgres] and [StartMinIO].
//
// The servers listen on 127.0.0.1 only, with generated passwords. Their binaries are found on
// this machine or else fetched once into a cache folder, see [CacheDir]. As root they run as user
// postgres, or nobody where there is no such user, because PostgreSQL refuses to run as root.
//
// A server never outlives the process that started it: a watchdog stops it, and removes its
// temporary folder, whichever way that process ends. Calling Stop is the orderly way, but a test
// binary may just exit. The folder of a process that was killed before it had a watchdog is removed by
// the next start of such a server.
package embedded
