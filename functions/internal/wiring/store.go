package wiring

import "eventdrop/functions/internal/bucket"

// OpenStore returns the object store of the settings alone, for programs that need no database. It is nil where the
// settings name neither bucket nor endpoint.
func (c *Config) OpenStore() (*bucket.Store, error) { return c.store() }
